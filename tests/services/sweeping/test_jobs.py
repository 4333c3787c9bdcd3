"""Jobs that nobody works on are taken up."""

import hashlib

import pytest

from chalicelib.domain.executions.errors import Overtaken, RunHeld
from chalicelib.domain.executions.names import JobPlace
from chalicelib.domain.executions.records import Job, JobState
from chalicelib.domain.sweeping import Position
from chalicelib.services.publishing import Publishing
from chalicelib.services.publishing.wishes import job_id
from chalicelib.services.sweeping.jobs import AbandonedJobs
from chalicelib.storage.port import ObjectInfo
from chalicelib.stores.sweeping import Rooms
from tests.services.sweeping.swept import SHA256, Registry, calls, task
from tests.worlds import ALICE, package, publish


class TestJobs:
    """Jobs that nobody works on are taken up."""

    def test_the_publish_of_a_worker_that_died_is_finished_once_its_lease_has_ended(
        self, registry: Registry
    ) -> None:
        assert registry.die_publishing(at=12)
        registry.clock.forward(seconds=30)
        assert task(registry.sweep(), "jobs").done == 0
        registry.clock.forward(seconds=60)

        told = task(registry.sweep(), "jobs")

        assert told.named == [f"{job_id(SHA256, ALICE.name)} completed"]
        assert registry.listed() == [("demo", "1.0.0")]

    def test_a_job_whose_lease_cannot_be_read_is_finished(self, registry: Registry) -> None:
        assert registry.die_publishing(at=12)
        keys = registry.process().keys
        leases = list(registry.medium.list(keys.leases(job_id(SHA256, ALICE.name))))
        for lease in leases:
            assert isinstance(lease, ObjectInfo)
            registry.medium.put(lease.key, b"{")
        registry.clock.forward(seconds=90)

        assert task(registry.sweep(), "jobs").done == 1
        assert leases
        assert registry.listed() == [("demo", "1.0.0")]

    def test_a_queued_job_is_taken_up_after_a_minute(self, registry: Registry) -> None:
        registry.process().artifacts.stage(SHA256, package())
        registry.job()
        assert task(registry.sweep(), "jobs").done == 0
        registry.clock.forward(seconds=61)

        assert task(registry.sweep(), "jobs").done == 1
        assert registry.listed() == [("demo", "1.0.0")]

    def test_a_job_that_was_marked_as_running_and_never_leased_is_taken_up_after_a_minute(
        self, registry: Registry
    ) -> None:
        registry.process().artifacts.stage(SHA256, package())
        registry.job(attempts=1)
        assert task(registry.sweep(), "jobs").done == 0
        registry.clock.forward(seconds=61)

        assert task(registry.sweep(), "jobs").done == 1

    def test_an_attempt_that_fails_is_told_and_repeated_until_the_job_has_failed(
        self, registry: Registry
    ) -> None:
        job = registry.job()  # whose bytes were never staged

        outcomes = []
        for _ in range(7):
            registry.clock.forward(minutes=2)
            outcomes.append(task(registry.sweep(), "jobs"))

        assert [told.failed for told in outcomes] == [1, 1, 1, 1, 1, 0, 0]
        assert outcomes[0].failures[0].subject == job.id
        ended = registry.process().executions.retrieve_job(job.id)
        assert ended is not None
        assert ended.state == "failed"

    def test_a_refusal_ends_the_job_and_is_no_failure_of_the_sweep(self, registry: Registry) -> None:
        data = package("one")
        sha256 = hashlib.sha256(data).hexdigest()
        registry.process().artifacts.stage(sha256, data)
        registry.job(id=job_id(sha256, ALICE.name), digest=sha256)
        registry.clock.forward(minutes=2)

        told = task(registry.sweep(), "jobs")

        assert (told.failed, told.named) == (0, [f"{job_id(sha256, ALICE.name)} failed"])

    @pytest.mark.parametrize("error", [RunHeld, Overtaken], ids=lambda error: error.code)
    def test_a_job_that_another_worker_has_is_passed_over(
        self, registry: Registry, error: type[RunHeld | Overtaken], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registry.job()
        registry.clock.forward(minutes=2)

        def work(_: object, wanted: str) -> Job:
            raise error(wanted, "") if error is Overtaken else RunHeld(wanted, registry.clock.milliseconds)

        monkeypatch.setattr(Publishing, "work", work)

        told = task(registry.sweep(), "jobs")

        assert (told.examined, told.done, told.failed) == (1, 0, 0)

    @pytest.mark.parametrize("state", ["running", "queued"])
    def test_a_place_that_the_job_has_left_or_never_taken_is_passed_over(
        self, registry: Registry, state: JobState
    ) -> None:
        job = registry.job(status="completed")
        room = registry.process().keys.job_places(f"state/{state}")
        for job_id_ in (job.id, "publish-never-written"):
            registry.store.put(f"{room}{JobPlace(job.started_at, job_id_, 1)}.json", b"{}")
        registry.store.put(f"{room}no-place", b"{}")
        registry.clock.forward(minutes=2)

        told = task(registry.sweep(), "jobs")

        assert (told.examined, told.done, told.failed) == (3, 0, 0)

    def test_a_round_goes_on_after_the_last_job_that_was_looked_at(self, registry: Registry) -> None:
        jobs = [registry.job(id=f"publish-{number}", attempts=number % 2) for number in range(6)]
        registry.clock.forward(minutes=2)
        keys = registry.process().keys
        abandoned = AbandonedJobs(
            Rooms(registry.store, keys, registry.store, keys),
            registry.process().executions,
            lambda wanted: jobs[0].changed(id=wanted),
            now=registry.clock,
        )
        places = [candidate.place for candidate in abandoned.candidates(Position())]

        assert len(places) == 6
        for number, place in enumerate(places):
            rest = [candidate.place for candidate in abandoned.candidates(Position(after=place))]
            assert rest == places[number + 1 :]

    def test_a_job_of_another_kind_is_left_to_its_own_workers(self, registry: Registry) -> None:
        registry.job(type=None)
        registry.clock.forward(minutes=2)

        told = task(registry.sweep(), "jobs")

        assert (told.examined, told.done, told.failed) == (1, 0, 0)

    def test_a_job_that_cannot_be_read_is_told_and_the_others_are_taken_up(self, registry: Registry) -> None:
        registry.process().artifacts.stage(SHA256, package())
        registry.job()
        registry.clock.forward(seconds=1)
        broken = registry.job(id="publish-broken", started_at=registry.clock.milliseconds)
        registry.store.put(registry.process().keys.job(broken.id), b"{")
        registry.clock.forward(minutes=2)

        told = task(registry.sweep(), "jobs")

        assert (told.done, [failure.subject for failure in told.failures]) == (1, ["publish-broken"])

    def test_a_registry_without_open_jobs_costs_two_listings(self, registry: Registry) -> None:
        publish(registry.process())
        registry.sweep()
        registry.store.reset()

        registry.sweep()

        assert [call for call in calls(registry) if "jobs" in call] == ["list index/jobs"] * 2
