"""Derived data that is overdue follows its head."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.domain.head import Head
from chalicelib.domain.names import PackageName
from chalicelib.npm.packuments import FORMS, Packument
from chalicelib.storage.port import ObjectStore
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from chalicelib.storage.wrappers.passing import PassingStore
from tests.services.sweeping.swept import Registry, calls, task
from tests.worlds import publish

DEMO = PackageName("demo")


class DyingStore(PassingStore):
    """A medium whose process dies before it writes a packument of one form."""

    def __init__(self, inner: ObjectStore, form: str) -> None:
        super().__init__(inner)
        self._form = form

    def _call(self, verb: str, key: str, call: Callable[[], Any]) -> Any:
        if verb == "put" and key.endswith(f"/{self._form}.json.gz"):
            raise Death
        return call()


def seqs(registry: Registry) -> dict[str, int]:
    """Answer the event that each packument of the package shows last."""
    found = {form: registry.process().packuments.get(DEMO, form) for form in FORMS}
    return {
        form: Packument.from_bytes(stored.data).seq for form, stored in found.items() if stored is not None
    }


class TestDerived:
    """What is derived follows heads."""

    def test_a_package_that_nobody_could_find_is_found(self, registry: Registry) -> None:
        publish(registry.process())
        publish(registry.process(), name="@acme/widget")
        registry.forget("index/")

        told = task(registry.sweep(), "derived")

        assert told.named == ["@acme/widget", "demo"]
        assert registry.listed() == [("@acme/widget", "1.0.0"), ("demo", "1.0.0")]

    def test_an_entry_older_than_its_head_is_brought_up_to_date(self, registry: Registry) -> None:
        publish(registry.process())
        registry.process().index.fold()
        publish(registry.process(), "2.0.0")
        registry.forget("index/tail/")
        assert registry.listed() == [("demo", "1.0.0")]

        assert task(registry.sweep(), "derived").done == 1
        assert registry.listed() == [("demo", "2.0.0")]

    def test_only_heads_that_changed_since_the_last_round_are_read(self, registry: Registry) -> None:
        for number in range(3):
            publish(registry.process(), name=f"demo-{number}")
        registry.clock.forward(hours=1)
        registry.sweep()
        publish(registry.process(), "2.0.0", name="demo-1")
        registry.forget("index/tail/")
        registry.store.reset()

        told = task(registry.sweep(), "derived")

        assert (told.examined, told.named) == (3, ["demo-1"])
        read = {call for call in calls(registry) if call.startswith("get heads")}
        assert read == {"get heads/demo-1.json"}

    def test_a_head_that_changed_shortly_before_the_last_round_is_read_as_clocks_differ(
        self, registry: Registry
    ) -> None:
        publish(registry.process())
        registry.clock.forward(minutes=14)
        registry.sweep()
        registry.forget("index/")

        assert task(registry.sweep(), "derived").done == 1

    @pytest.mark.parametrize("count", [1, 999, 1000, 2001])
    def test_heads_that_have_not_changed_cost_one_listing_a_thousand_and_no_reads(
        self, registry: Registry, count: int
    ) -> None:
        requests = self.fill(registry, count)
        registry.sweep()
        registry.clock.forward(hours=1)
        registry.sweep()
        registry.store.reset()
        requests.clear()

        told = task(registry.sweep(), "derived")

        assert told.examined == count
        assert len(requests) == -(-count // 1000)
        assert [call for call in calls(registry) if not call.startswith("list")] == []

    def fill(self, registry: Registry, count: int) -> list[str]:
        """Write heads without versions; answers where the listings of heads are noted, a thousand keys at a time."""
        requests: list[str] = []
        inner = registry.store.list

        def counted(prefix: str, **options: Any) -> Iterator[Any]:
            for number, entry in enumerate(inner(prefix, **options)):
                if number % 1000 == 0 and prefix.endswith("heads/"):
                    requests.append(prefix)
                yield entry

        registry.store.list = counted  # type: ignore[method-assign]  # for this one registry
        process = registry.process()
        for number in range(count):
            name = PackageName(f"demo-{number:05d}")
            registry.store.put(process.keys.head(name), Head(name=name, seq=1).to_bytes())
        return requests

    def test_a_round_over_a_thousand_heads_goes_on_where_a_dead_sweep_stopped(
        self, registry: Registry
    ) -> None:
        self.fill(registry, 1000)
        with suppress(Death):
            registry.sweep(FaultyStore(registry.store, Fault.DEATH_BEFORE, at=4000))
        derived = len(registry.lying("index/tail/")) + len(registry.lying("index/shards/"))
        registry.store.reset()

        told = task(registry.sweep(), "derived")

        assert derived
        assert told.left is None
        assert 0 < told.examined <= 800
        index = registry.process().index
        assert all(index.entry(f"demo-{number:05d}") for number in range(1000))

    def test_a_head_that_cannot_be_read_is_told_every_round_and_stops_nothing(
        self, registry: Registry
    ) -> None:
        publish(registry.process(), name="zebra")
        registry.put("heads/broken.json", b"{")
        registry.forget("index/")

        for done in (1, 0, 0):
            told = task(registry.sweep(), "derived")
            assert (told.done, [failure.subject for failure in told.failures]) == (done, ["broken"])
            registry.clock.forward(hours=1)
        assert registry.listed() == [("zebra", "1.0.0")]

    def test_a_head_that_could_not_be_derived_is_derived_in_the_next_round(self, registry: Registry) -> None:
        publish(registry.process())
        registry.clock.forward(hours=1)
        manifest = registry.process().keys.manifest("demo", "1.0.0")
        found = registry.medium.get(manifest)
        registry.medium.put(manifest, b"{")
        registry.forget("index/")
        assert task(registry.sweep(), "derived").failed == 1
        registry.clock.forward(hours=1)
        registry.medium.put(manifest, found.data)  # type: ignore[union-attr]  # without a condition it is an object

        assert task(registry.sweep(), "derived").named == ["demo"]
        assert registry.listed() == [("demo", "1.0.0")]

    @pytest.mark.parametrize("packument", ["full", "abbreviated"])
    def test_packuments_of_a_publisher_who_died_after_the_commit_are_rendered(
        self, registry: Registry, packument: str
    ) -> None:
        publish(registry.process())
        with suppress(Death):
            registry.process(DyingStore(registry.store, packument)).curating.tag(
                DEMO, "next", "1.0.0", actor="Alice"
            )

        assert task(registry.sweep(), "derived").named == ["demo"]
        assert seqs(registry) == {"full": 2, "abbreviated": 2}

    @pytest.mark.parametrize("later", [False, True], ids=["at-once", "after-another-change"])
    @pytest.mark.parametrize("at", range(1, 12))
    def test_what_was_unpublished_is_erased_wherever_the_one_who_did_it_has_died(
        self, registry: Registry, at: int, later: bool
    ) -> None:
        publish(registry.process())
        publish(registry.process(), "2.0.0")
        process = registry.process(FaultyStore(registry.store, Fault.DEATH_AFTER, at=at))
        document: dict[str, Any] = {"versions": {"2.0.0": {}}}
        with suppress(Death):
            process.npm_writing.keep(DEMO, "2", document, actor="Alice")
        if later:
            registry.process().curating.tag(DEMO, "next", "2.0.0", actor="Alice")

        registry.sweep()

        unpublished = "1.0.0" in registry.process().heads.get(DEMO).view.unpublished  # type: ignore[union-attr]  # there
        rooms = ("tarballs/demo/1", "files/demo/1", "npm/demo/versions/1")
        left = [name for room in rooms for name in registry.lying(room)]
        assert bool(left) != unpublished
        entry = registry.process().index.entry("demo")
        assert entry is not None
        assert set(seqs(registry).values()) == {entry.seq}

    @pytest.mark.parametrize("key", ["heads/UPPER.json", "heads/demo", "heads/@acme.json"])
    def test_what_is_no_head_is_left_alone(self, registry: Registry, key: str) -> None:
        registry.put(key)

        told = task(registry.sweep(), "derived")

        assert (told.examined, told.done, told.failed) == (1, 0, 0)
