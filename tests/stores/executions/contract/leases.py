"""Leases: one worker at a time."""

import pytest

from chalicelib.domain.executions.errors import Overtaken, RunHeld
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.executions import Executions
from chalicelib.stores.executions.leases import CLAIMED, LEASE_MS
from tests.stores.executions.builders import MARGIN_MS, NOON, Clock
from tests.stores.executions.contract.base import ContractBase, keys_of


class LeasesContract(ContractBase):
    """Leases: one worker at a time."""

    def test_the_first_claim_begins_a_run_and_its_log(self, work: Executions) -> None:
        claim = work.claim_run("job-1", "worker-1")

        assert (claim.lease.run_id, claim.lease.attempt, claim.seq) == ("run-00000001", 1, 1)
        assert claim.lease.deadline == NOON + LEASE_MS
        [begun] = work.page_events("job-1", claim.lease.run_id)
        assert (begun.type, begun.epoch, begun.payload) == (CLAIMED, 1, {"worker": "worker-1", "attempt": 1})

    def test_a_job_that_is_held_is_not_claimed(self, work: Executions) -> None:
        work.claim_run("job-1", "worker-1")

        with pytest.raises(RunHeld) as told:
            work.claim_run("job-1", "worker-2")
        assert told.value.facts == {"job_id": "job-1", "until": "2026-01-31T12:01:00.000Z"}
        assert work.claim_run("job-2", "worker-2").seq == 1

    def test_claiming_again_answers_the_claim_one_has(self, work: Executions, medium: ObjectStore) -> None:
        first = work.claim_run("job-1", "worker-1")
        before = keys_of(medium)

        assert work.claim_run("job-1", "worker-1") == first
        assert keys_of(medium) == before

    def test_a_run_is_taken_over_only_after_its_deadline_and_the_margin(
        self, work: Executions, clock: Clock
    ) -> None:
        first = work.claim_run("job-1", "worker-1")
        clock.milliseconds = first.lease.deadline + MARGIN_MS - 1
        with pytest.raises(RunHeld):
            work.claim_run("job-1", "worker-2")
        clock.milliseconds += 1

        second = work.claim_run("job-1", "worker-2")

        assert second.lease.run_id == first.lease.run_id
        assert (second.lease.attempt, second.seq) == (2, first.seq + 1)
        assert second.lease.epoch > first.lease.epoch

    def test_who_was_taken_over_hears_it_at_the_next_write(self, work: Executions, clock: Clock) -> None:
        lease = work.claim_run("job-1", "worker-1").lease
        work.append_event("job-1", lease.run_id, 2, "stage", epoch=lease.epoch)
        clock.milliseconds = lease.deadline + MARGIN_MS

        second = work.claim_run("job-1", "worker-2")

        assert second.seq == 3
        with pytest.raises(Overtaken):
            work.append_event("job-1", lease.run_id, 3, "stage", epoch=lease.epoch)
        with pytest.raises(Overtaken):
            work.renew_run(lease)
        with pytest.raises(Overtaken):
            work.release_run(lease)
        work.append_event("job-1", lease.run_id, 4, "stage", epoch=second.lease.epoch)

    def test_a_renewed_lease_keeps_others_away_and_its_epoch(self, work: Executions, clock: Clock) -> None:
        lease = work.claim_run("job-1", "worker-1").lease
        clock.milliseconds = lease.deadline - 1
        renewed = work.renew_run(lease)
        clock.milliseconds = lease.deadline + MARGIN_MS

        with pytest.raises(RunHeld):
            work.claim_run("job-1", "worker-2")
        assert (renewed.epoch, renewed.run_id) == (lease.epoch, lease.run_id)
        assert work.claim_run("job-1", "worker-1").lease == renewed

    def test_a_run_given_back_makes_room_for_a_new_one_at_once(self, work: Executions) -> None:
        lease = work.claim_run("job-1", "worker-1").lease
        work.release_run(lease)

        claim = work.claim_run("job-1", "worker-2")

        assert claim.lease.run_id != lease.run_id
        assert (claim.lease.attempt, claim.seq) == (2, 1)
        assert len(work.page_events("job-1", lease.run_id)) == 1
        with pytest.raises(Overtaken):
            work.renew_run(lease)
