"""Executions survive death or failure at any storage call: nothing is lost, and a repeat succeeds."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectStore, StorageUnavailable
from chalicelib.storage.testing import Death, Fault, FaultyStore
from chalicelib.stores.executions import Executions
from chalicelib.stores.executions.leases import LEASE_MS
from tests.stores.executions.builders import (
    MARGIN_MS,
    NOON,
    Clock,
    checkpoint,
    event,
    executions,
    job,
    setting,
)

FAULTS = pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
Act = Callable[[Executions], object]


def struck(fault: Fault, prepare: Act, act: Act) -> Iterator[tuple[ObjectStore, bool]]:
    """Act on a new medium each time with the fault one call later, until it strikes no more; tell what finished."""
    for call in range(1, 40):
        medium = MemoryStore()
        prepare(executions(medium))
        faulty = FaultyStore(medium, fault, at=call)
        try:
            act(executions(faulty))
        except (Death, StorageUnavailable):
            yield medium, False
        else:
            yield medium, True
        if not faulty.struck:
            return
    pytest.fail("it never came to its end")


def nothing(work: Executions) -> None:
    """Prepare nothing."""


@FAULTS
def test_a_new_job_that_can_be_retrieved_is_in_every_listing(fault: Fault) -> None:
    given = job(name="widget", attempts=0)
    for medium, finished in struck(fault, nothing, lambda work: work.store_job(given)):
        work = executions(medium)
        there = [given] if work.retrieve_job("job-1") else []
        assert there == [given] or not finished
        assert work.get_all_jobs() == there
        assert work.page_jobs().jobs == there
        assert work.page_jobs(state="queued").jobs == there
        assert work.page_jobs(package="widget").jobs == there

        work.store_job(given)

        assert work.page_jobs(state="queued").jobs == work.page_jobs().jobs == [given]


@FAULTS
def test_a_job_is_found_in_the_state_it_is_in_wherever_its_change_breaks_off(fault: Fault) -> None:
    before, after = job(attempts=1), job(attempts=1, status="completed")

    for medium, finished in struck(
        fault, lambda work: work.store_job(before), lambda work: work.store_job(after)
    ):
        work = executions(medium)
        now = work.retrieve_job("job-1")
        assert now == after or (now == before and not finished)
        assert work.page_jobs().jobs == [now]
        assert work.page_jobs(state="running").jobs == [now] * (now == before)
        assert work.page_jobs(state="completed").jobs == [now] * (now == after)

        work.store_job(after)

        assert work.page_jobs(state="completed").jobs == [after]
        assert work.page_jobs(state="running").jobs == []


@FAULTS
def test_an_event_is_stored_once_however_often_it_is_tried(fault: Fault) -> None:
    for medium, _ in struck(
        fault, lambda work: work.store_event(event("first")), lambda work: work.store_event(event("second"))
    ):
        work = executions(medium)
        work.store_event(event("second"))

        assert [found.id for found in work.get_event_contents("job-1", "run-1")] == ["first", "second"]


@FAULTS
def test_a_numbered_event_is_written_once_however_often_it_is_tried(fault: Fault) -> None:
    def append(work: Executions) -> None:
        work.append_event("job-1", "run-1", 1, "stage", epoch=1, payload={"a": 1})

    for medium, _ in struck(fault, nothing, append):
        append(executions(medium))

        assert len(executions(medium).page_events("job-1", "run-1")) == 1


@FAULTS
def test_a_setting_is_the_first_one_or_the_first_one_used_again(fault: Fault) -> None:
    def again(work: Executions) -> None:
        work._clock = Clock(NOON + 5)
        work.store_run_setting(setting(model="second"))

    for medium, finished in struck(fault, lambda work: work.store_run_setting(setting()), again):
        [found] = executions(medium).get_all_runs()
        assert found in (setting(), setting(updated_at=NOON + 5))
        assert found.updated_at == NOON + 5 or not finished


@FAULTS
def test_a_checkpoint_is_whole_or_missing(fault: Fault) -> None:
    given = checkpoint(stage="read", outputs={"sha256": "0" * 64})

    for medium, finished in struck(fault, nothing, lambda work: work.store_checkpoint(given)):
        found = executions(medium).get_checkpoints_by_job_id("job-1")
        assert found == [given] or (found == [] and not finished)


@FAULTS
def test_a_claim_that_broke_off_holds_the_job_no_longer_than_its_lease(fault: Fault) -> None:
    for medium, finished in struck(fault, nothing, lambda work: work.claim_run("job-1", "first")):
        held = executions(medium).current_lease("job-1") is not None
        assert held or not finished
        later = executions(medium, Clock(NOON + (LEASE_MS + MARGIN_MS if held else 0)))

        claim = later.claim_run("job-1", "second")

        last = later.last_event("job-1", claim.lease.run_id)
        assert last is not None
        assert (last.seq, last.epoch) == (claim.seq, claim.lease.epoch)


@FAULTS
def test_a_claim_that_is_tried_again_is_the_same_claim(fault: Fault) -> None:
    for medium, _ in struck(fault, nothing, lambda work: work.claim_run("job-1", "worker")):
        claim = executions(medium).claim_run("job-1", "worker")

        assert (claim.lease.epoch, claim.lease.attempt, claim.seq) == (1, 1, 1)
        assert len(executions(medium).page_events("job-1", claim.lease.run_id)) == 1


@FAULTS
def test_a_renewal_or_release_that_is_tried_again_succeeds(fault: Fault) -> None:
    def renew_and_release(work: Executions) -> None:
        lease = work.claim_run("job-1", "worker").lease
        work.release_run(work.renew_run(lease))

    for medium, finished in struck(fault, lambda work: work.claim_run("job-1", "worker"), renew_and_release):
        work = executions(medium)
        newest = work.current_lease("job-1")
        assert newest is not None
        assert newest.released or not finished
        if not newest.released:
            work.release_run(work.renew_run(newest))

        assert work.claim_run("job-1", "other").lease.attempt == 2


@FAULTS
def test_a_lost_answer_to_a_renewal_is_no_loss_of_the_lease(fault: Fault) -> None:
    for verb in ("renew_run", "release_run"):
        medium = MemoryStore()
        lease = executions(medium).claim_run("job-1", "worker").lease
        with pytest.raises((Death, StorageUnavailable)):
            getattr(executions(FaultyStore(medium, fault, at=1)), verb)(lease)

        assert getattr(executions(medium), verb)(lease).number == 2
