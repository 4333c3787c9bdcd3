"""Staged bytes are removed when nothing needs them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chalicelib.domain.executions.errors import RunHeld
from chalicelib.domain.executions.records import Failure, Job
from chalicelib.services.publishing import Publishing
from chalicelib.services.publishing.wishes import job_id
from chalicelib.storage.port import ObjectStore
from chalicelib.storage.wrappers.passing import PassingStore
from tests.services.sweeping.swept import NAME, SHA256, Answer, Registry, calls, task
from tests.worlds import package, publish

RETRYABLE = Failure(name="StorageUnavailable", message="no answer", is_retryable=True)
REFUSED = Failure(name="VersionExists", message="taken")
KEPT = [
    pytest.param({"attempts": 0}, id="queued"),
    pytest.param({"attempts": 1}, id="running"),
    pytest.param({"attempts": 1, "error": RETRYABLE}, id="queued again"),
    pytest.param({"status": "stoppedByError", "error": RETRYABLE}, id="failed and worth a repeat"),
]
REMOVED = [
    pytest.param({"status": "completed"}, id="completed"),
    pytest.param({"status": "stoppedByError", "error": REFUSED}, id="refused"),
    pytest.param({"status": "stoppedByError", "error": RETRYABLE, "finished_at": 1}, id="failed long ago"),
]


class TestStaged:
    """Staged bytes are removed when nothing needs them, and never otherwise."""

    @pytest.fixture
    def registry(self, monkeypatch: pytest.MonkeyPatch) -> Registry:
        """Answer a registry with staged bytes, in which no job gets anywhere."""

        def work(_: object, wanted: str) -> Job:
            raise RunHeld(wanted, 0)

        monkeypatch.setattr(Publishing, "work", work)
        registry = Registry()
        registry.put(f"staged/{SHA256}.tgz", package())
        registry.put(f"staged/{SHA256}.pack", b"pack")
        return registry

    @pytest.fixture
    def attested(self, registry: Registry) -> Registry:
        """Answer the same with the attestation that a publisher has sent."""
        keys = registry.process().keys
        registry.put(keys.staged_bundle(SHA256, "Alice").removeprefix(keys.prefix), b"{}")
        return registry

    def test_an_attestation_without_a_job_goes_as_its_bytes_do(self, attested: Registry) -> None:
        assert len(attested.lying("staged/")) == 3
        attested.clock.forward(days=8)

        attested.sweep_to_the_end()

        assert attested.lying("staged/") == []

    def test_an_attestation_stays_as_long_as_a_job_needs_its_bytes(self, attested: Registry) -> None:
        attested.job(attempts=1)

        attested.sweep_to_the_end()

        assert len(self.remaining(attested)) == 3

    def remaining(self, registry: Registry) -> list[str]:
        return [key for key in registry.lying("staged/") if not key.startswith("aside/")]

    def test_bytes_without_a_job_are_set_aside_after_an_hour_and_removed_after_another(
        self, registry: Registry
    ) -> None:
        registry.clock.forward(minutes=59)
        assert task(registry.sweep(), "staged").done == 0
        registry.clock.forward(minutes=2)

        aside = task(registry.sweep(), "staged")

        assert aside.named == [f"{SHA256}.pack set aside", f"{SHA256}.tgz set aside"]
        assert (len(registry.lying("staged/aside/")), self.remaining(registry)) == (2, [])
        registry.clock.forward(minutes=59)
        assert task(registry.sweep(), "staged").done == 0
        registry.clock.forward(minutes=2)
        removed = task(registry.sweep(), "staged")
        assert sorted(removed.named) == [f"{SHA256}.pack removed", f"{SHA256}.tgz removed"]
        assert registry.lying("staged/") == []

    @pytest.mark.parametrize("fields", KEPT)
    def test_bytes_of_a_job_that_may_go_on_are_kept(self, registry: Registry, fields: dict[str, Any]) -> None:
        registry.job(**fields)

        registry.sweep_to_the_end()

        assert len(self.remaining(registry)) == 2

    @pytest.mark.parametrize("fields", REMOVED)
    def test_bytes_of_a_job_at_its_end_are_removed(self, registry: Registry, fields: dict[str, Any]) -> None:
        registry.clock.forward(days=8)
        registry.job(**fields)

        registry.sweep_to_the_end()

        assert registry.lying("staged/") == []

    def test_bytes_of_a_job_that_failed_are_kept_for_a_week(self, registry: Registry) -> None:
        registry.job(
            status="stoppedByError", error=RETRYABLE, attempts=5, finished_at=registry.clock.milliseconds
        )
        registry.clock.forward(days=6)
        registry.sweep_to_the_end()
        assert len(self.remaining(registry)) == 2
        registry.clock.forward(days=1)

        registry.sweep_to_the_end()

        assert registry.lying("staged/") == []

    def test_any_job_of_the_same_bytes_keeps_them(self, registry: Registry) -> None:
        registry.job(status="completed")
        registry.job(id=job_id(SHA256, "Bob"))

        registry.sweep_to_the_end()

        assert len(self.remaining(registry)) == 2

    def claimed(self, registry: Registry, sha256: str = SHA256) -> None:
        """Take the number 1.0.0 for some bytes, without making it visible."""
        publish(registry.process())
        process = registry.process()
        stored = process.manifests.get("demo", "1.0.0")
        assert stored is not None
        dist = stored.manifest.dist.model_copy(update={"sha256": sha256})
        manifest = stored.manifest.model_copy(update={"dist": dist})
        registry.store.put(process.keys.manifest("demo", "1.0.0"), manifest.to_bytes())
        registry.medium.delete(process.keys.head(NAME))
        registry.forget("index/")
        registry.put(f"staged/{SHA256}.tgz", package())

    def test_bytes_that_hold_a_claim_are_kept_until_their_version_is_visible(
        self, registry: Registry
    ) -> None:
        self.claimed(registry)
        registry.job(status="stoppedByError", error=REFUSED, name="demo", version="1.0.0")

        registry.sweep_to_the_end()

        assert self.remaining(registry) == [f"{SHA256}.tgz"]

    def test_a_claim_of_other_bytes_keeps_none(self, registry: Registry) -> None:
        self.claimed(registry, sha256="0" * 64)
        registry.job(status="stoppedByError", error=REFUSED, name="demo", version="1.0.0")

        registry.sweep_to_the_end()

        assert registry.lying("staged/") == []

    def broken_job(self, registry: Registry) -> None:
        job = registry.job(status="completed")
        registry.store.put(registry.process().keys.job(job.id), b"{")

    def broken_manifest(self, registry: Registry) -> None:
        registry.job(status="completed", name="demo", version="1.0.0")
        registry.put("manifests/demo/1.0.0.json", b"{")

    def broken_head(self, registry: Registry) -> None:
        self.claimed(registry)
        registry.job(status="completed", name="demo", version="1.0.0")
        registry.put("heads/demo.json", b"{")

    @pytest.mark.parametrize("broken", ["job", "manifest", "head"])
    def test_nothing_is_removed_because_a_record_cannot_be_read(
        self, registry: Registry, broken: str
    ) -> None:
        getattr(self, f"broken_{broken}")(registry)
        registry.clock.forward(hours=2)

        for _ in range(3):
            told = task(registry.sweep(), "staged")
            assert (told.done, told.failed > 0) == (0, True)
            registry.clock.forward(hours=2)

        assert f"{SHA256}.tgz" in self.remaining(registry)

    @pytest.mark.parametrize("name", ["notes.txt", "0123.tgz", f"{'g' * 64}.tgz", f"aside/x/{SHA256}.tgz"])
    def test_what_no_publish_has_staged_is_left_alone(self, registry: Registry, name: str) -> None:
        registry.put(f"staged/{name}")

        registry.sweep_to_the_end()

        assert registry.lying("staged/") == [name]

    def test_looking_at_young_bytes_costs_one_listing(self, registry: Registry) -> None:
        registry.sweep()
        registry.store.reset()

        registry.sweep()

        assert [call for call in calls(registry) if "staged" in call] == ["list staged/"]

    @pytest.mark.parametrize("at", range(1, 40))
    def test_a_job_that_is_begun_at_any_moment_of_the_removal_has_its_bytes_in_the_end(
        self, registry: Registry, at: int
    ) -> None:
        registry.clock.forward(hours=2)
        meeting = Meeting(registry.store, at, lambda: registry.job(started_at=registry.clock.milliseconds))

        registry.sweep(meeting)
        if meeting.waiting:
            meeting.happen()
        registry.clock.forward(minutes=5)
        registry.sweep()

        assert self.remaining(registry) == [f"{SHA256}.pack", f"{SHA256}.tgz"]
        found = registry.medium.get(registry.process().keys.staged(SHA256))
        assert found.data == package()  # type: ignore[union-attr]  # without a condition it is an object

    @hypothesis_settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_two_sweeps_and_a_new_job_in_any_order_leave_the_bytes(self, data: st.DataObject) -> None:
        registry = Registry()
        registry.put(f"staged/{SHA256}.tgz", package())
        registry.clock.forward(hours=2)
        second = data.draw(st.integers(1, 30), label="the second sweep begins at the call")
        begun = data.draw(st.integers(1, 60), label="the job is begun at the call")
        meeting = Meeting(registry.store, begun, lambda: registry.job(started_at=registry.clock.milliseconds))
        first = Meeting(meeting, second, lambda: registry.sweep(meeting))

        registry.sweep(first)
        if meeting.waiting:
            meeting.happen()
        registry.clock.forward(seconds=30)
        registry.sweep()

        assert f"{SHA256}.tgz" in self.remaining(registry)


class Meeting(PassingStore):
    """A store at whose `at`-th call something else happens first."""

    def __init__(self, inner: ObjectStore, at: int, what: Callable[[], object]) -> None:
        super().__init__(inner)
        self.waiting = True
        self._left = at
        self._what = what

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        self._left -= 1
        if self._left == 0 and self.waiting:
            self.happen()
        return call()

    def happen(self) -> None:
        """Let it happen."""
        self.waiting = False
        self._what()
