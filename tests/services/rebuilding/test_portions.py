"""A rebuild is done in portions, and others may write meanwhile."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import deflating
from chalicelib.domain.errors import InvalidQuery
from chalicelib.domain.rebuilding import MOST_FINDINGS, RebuildFinding
from chalicelib.storage.port import ObjectStore, StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from chalicelib.storage.wrappers.passing import PassingStore
from tests.services.rebuilding.rebuilt import (
    DEMO,
    Objects,
    bytes_of,
    derived,
    filled,
    findings,
    keys_in,
    outcomes,
    rebuild,
    superseded,
)
from tests.worlds import World, memory_world, publish, world


class TestPortions:
    """A rebuild goes in portions, by many processes, and may stop anywhere."""

    def test_portions_see_everything_once(self, registry: World) -> None:
        [whole] = rebuild(registry.fresh(), check=True)

        portions = [registry.fresh().rebuilding.portion(check=True, seconds=0)]
        while (cursor := portions[-1].next) is not None:
            portions.append(registry.fresh().rebuilding.portion(check=True, after=cursor, seconds=0))

        assert all(portion.versions + portion.packages <= 1 for portion in portions)
        for number in ("examined", "packages", "versions", "jobs"):
            assert sum(getattr(portion, number) for portion in portions) == getattr(whole, number)
        assert outcomes(portions) == outcomes([whole])

    def test_the_cursor_of_a_package_that_is_gone_tells_of_it_and_goes_on(self, registry: World) -> None:
        registry.medium.delete("prism/heads/demo.json")

        portion = registry.fresh().rebuilding.portion(check=True, after="packages demo 1.0.0")

        assert findings([portion]) == {"prism/heads/demo.json": "lost"}
        assert portion.jobs == 4

    def test_the_cursor_of_a_version_that_is_gone_goes_on_after_it(self, registry: World) -> None:
        portion = registry.fresh().rebuilding.portion(check=True, after="packages demo 1.0.9")

        assert (portion.versions, portion.packages) == (2, 1)

    @pytest.mark.parametrize(
        "cursor",
        ["x", "packages", "packages ", "packages a b", "packages A?", "jobs A", "index x", "other demo", " "],
    )
    def test_a_cursor_that_no_portion_has_named_is_refused(self, registry: World, cursor: str) -> None:
        with pytest.raises(InvalidQuery):
            registry.container.rebuilding.portion(check=True, after=cursor)

    def test_of_many_findings_the_first_are_told_and_the_others_counted(self) -> None:
        made = world(replace(memory_world().settings, files="objects"))
        publish(made.container, files={f"file{number}.js": "1\n" for number in range(MOST_FINDINGS + 50)})
        Objects.of(made).remove({key for key in keys_in(made.medium) if key.startswith("prism/packages/")})

        [portion] = rebuild(made.fresh(), check=True)

        assert (len(portion.findings), portion.more) == (MOST_FINDINGS, 51)
        assert portion.counts["file"] == {"missing": MOST_FINDINGS + 51}

    def test_a_rebuild_of_everything_reads_each_tarball_once(self, registry: World) -> None:
        Objects.of(registry).remove(derived(registry, set(keys_in(registry.medium))))
        registry.store.reset()

        rebuild(registry.fresh())

        read = Counter(call.key for call in registry.store.calls if "/tarballs/" in call.key)
        assert set(read.values()) == {1}
        assert len(read) == 4

    def test_what_is_published_meanwhile_is_no_finding(self, registry: World) -> None:
        tail = registry.container.keys.index_entries(DEMO)
        store = Meanwhile(registry.medium, "list", tail, lambda: publish(registry.fresh(), "3.0.0"))

        found = findings(rebuild(registry.fresh(store)))

        assert store.happened
        assert found == {}

    def test_a_job_that_goes_on_meanwhile_is_no_finding(self, registry: World) -> None:
        work = registry.container.executions
        [done, *_] = work.get_all_jobs()
        work.store_job(done.changed(status="running", attempts=1, finished_at=None))
        place = registry.container.keys.job_places("state/running")
        store = Meanwhile(registry.medium, "head", place, lambda: registry.fresh().executions.store_job(done))

        found = findings(rebuild(registry.fresh(store)))

        assert store.happened
        assert found == {}

    def test_two_rebuilds_at_once_are_harmless(self, empty: World) -> None:
        objects = Objects.of(filled(empty))
        before = objects.read()
        removed = derived(empty, set(before))
        expected = {key: before[key] for key in before.keys() - superseded(empty, removed)}
        objects.remove(removed)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: rebuild(empty.fresh()), range(2)))

        assert objects.read() == expected

    def test_a_pack_that_another_rebuild_writes_meanwhile_is_the_one_that_is_described(
        self, registry: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pack, metadata = "prism/files/demo/1.0.0.pack", "prism/metadata/demo/1.0.0.json"
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(deflating, "LEVEL", 3)
            others = bytes_of(filled(memory_world()).medium, pack)
        ours = bytes_of(registry.medium, pack)
        assert others != ours
        described = bytes_of(registry.medium, metadata)
        Objects.of(registry).remove({pack, metadata})
        store = Meanwhile(registry.medium, "put_stream", pack, lambda: registry.medium.put(pack, others))

        rebuild(registry.fresh(store))

        assert store.happened
        assert bytes_of(registry.medium, pack) == others
        assert bytes_of(registry.medium, metadata) != described
        assert findings(rebuild(registry.fresh(), check=True)) == {}

    @pytest.mark.parametrize(
        "fault", [Fault.DEATH_BEFORE, Fault.DEATH_AFTER, Fault.UNAVAILABLE, Fault.LOST_RESPONSE]
    )
    def test_a_fault_at_any_storage_call_is_made_good_by_the_next_rebuild(self, fault: Fault) -> None:
        made = memory_world()
        publish(made.container, "1.0.0")
        publish(made.container, "1.1.0")
        objects = Objects.of(made)
        before = objects.read()
        removed = derived(made, set(before))
        expected = {key: before[key] for key in before.keys() - superseded(made, removed)}
        for call in range(1, 200):
            objects.remove(removed)
            faulty = FaultyStore(made.medium, fault, at=call)
            try:
                rebuild(made.fresh(faulty))
            except (Death, StorageUnavailable):
                rebuild(made.fresh())
            assert objects.read() == expected
            if not faulty.struck:
                return
        pytest.fail("the rebuild never came to its end")


class Meanwhile(PassingStore):
    """Lets something happen just before the first call of a verb for a key that begins so."""

    def __init__(self, inner: ObjectStore, verb: str, prefix: str, act: Callable[[], object]) -> None:
        super().__init__(inner)
        self.happened = False
        self._wanted = (verb, prefix)
        self._act = act

    def _call(self, verb: str, key: str, call: Callable[[], Any]) -> Any:
        if not self.happened and verb == self._wanted[0] and key.startswith(self._wanted[1]):
            self.happened = True
            self._act()
        return call()


def test_findings_name_their_kind() -> None:
    finding = RebuildFinding(kind="pack", key="k", outcome="kept")

    assert finding.to_json_value() == {"kind": "pack", "key": "k", "outcome": "kept"}
