"""What holds when sixteen threads do the same thing at the same moment."""

from chalicelib.domain.executions.errors import Overtaken, RunHeld
from chalicelib.domain.executions.leases import RunClaim
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import KEYS, MARGIN_MS, NOON, Clock, event, executions, job, setting
from tests.stores.executions.contract.base import ContractBase, keys_of, together


class RacesContract(ContractBase):
    """What holds when sixteen threads do the same thing at the same moment."""

    def test_of_sixteen_workers_one_claims(self, medium: ObjectStore) -> None:
        claims = together(self.workers, lambda number: self._claim(medium, Clock(), number))

        winners = [claim for claim in claims if claim]
        assert len(winners) == 1 or (not self.races and winners)
        assert len(keys_of(medium, KEYS.leases("job-1"))) == 1

    def test_of_sixteen_workers_one_takes_over_from_a_worker_who_goes_on(self, medium: ObjectStore) -> None:
        clock = Clock()
        first = executions(medium, clock).claim_run("job-1", "worker")
        late = Clock(first.lease.deadline + MARGIN_MS)

        def action(number: int) -> RunClaim | int | None:
            if number:
                return self._claim(medium, late, number)
            return self._append_until_overtaken(executions(medium, clock), first)

        written, *claims = together(self.workers, action)
        winners = [claim for claim in claims if isinstance(claim, RunClaim)]

        assert len(winners) == 1 or (not self.races and winners)
        assert isinstance(written, int)
        log = executions(medium).page_events("job-1", first.lease.run_id, limit=1000)
        assert [found.seq for found in log if found.epoch == first.lease.epoch] == list(range(1, written + 1))
        if self.races:
            assert [found.seq for found in log if found.epoch != first.lease.epoch] == [winners[0].seq]
            assert winners[0].seq == written + 1

    def test_a_renewal_and_sixteen_claims_have_one_winner(self, medium: ObjectStore) -> None:
        lease = executions(medium).claim_run("job-1", "worker").lease
        late = Clock(lease.deadline + MARGIN_MS)

        def action(number: int) -> object:
            if number:
                return self._claim(medium, late, number)
            try:
                return executions(medium, late).renew_run(lease)
            except Overtaken:
                return None

        winners = [outcome for outcome in together(self.workers, action) if outcome]
        assert len(winners) == 1 or (not self.races and winners)

    def test_sixteen_writers_of_one_moment_lose_no_event(self, medium: ObjectStore) -> None:
        together(
            self.workers, lambda number: executions(medium).store_event(event(f"e{number}", delta=number))
        )

        found = executions(medium).get_event_contents("job-1", "run-1")
        assert {one.id for one in found} == {f"e{number}" for number in range(self.workers)} or not self.races
        assert len(found) <= self.workers

    def test_of_sixteen_writers_of_one_number_one_writes(self, medium: ObjectStore) -> None:
        def action(number: int) -> bool:
            try:
                executions(medium).append_event("job-1", "run-1", 1, "stage", epoch=number + 1)
            except Overtaken:
                return False
            return True

        won = together(self.workers, action)

        [found] = executions(medium).page_events("job-1", "run-1")
        assert won[(found.epoch or 0) - 1]
        assert sum(won) == 1 or not self.races

    def test_sixteen_writers_of_one_setting_agree_on_the_first_and_keep_the_last_use(
        self, medium: ObjectStore
    ) -> None:
        def action(number: int) -> None:
            given = setting(model=f"model-{number}", updated_at=NOON)
            executions(medium, Clock(NOON + number)).store_run_setting(given)

        together(self.workers, action)

        [found] = executions(medium).get_all_runs()
        first = int((found.model or "").removeprefix("model-"))
        assert first in range(self.workers)
        if self.races:
            assert found.updated_at == NOON + max(number for number in range(self.workers) if number != first)

    def test_sixteen_writers_of_one_job_leave_it_in_one_state(self, medium: ObjectStore) -> None:
        def action(number: int) -> None:
            writer = executions(medium)
            for turn in range(3):
                writer.store_job(job(attempts=(number + turn) % 2, total_steps=number))

        together(self.workers, action)

        reader = executions(medium)
        found = reader.retrieve_job("job-1")
        assert found is not None
        assert reader.page_jobs().jobs == [found]
        if self.races:
            assert reader.page_jobs(state=found.state).jobs == [found]
            other = "queued" if found.state == "running" else "running"
            assert reader.page_jobs(state=other).jobs == []  # type: ignore[arg-type]  # one of two

    def _claim(self, medium: ObjectStore, clock: Clock, number: int) -> RunClaim | None:
        try:
            return executions(medium, clock).claim_run("job-1", f"worker-{number}")
        except RunHeld:
            return None

    def _append_until_overtaken(self, writer: Executions, claim: RunClaim) -> int:
        """Write events until that fails; answers the number of the last one that was written."""
        for seq in range(claim.seq + 1, 500):
            try:
                writer.append_event("job-1", claim.lease.run_id, seq, "stage", epoch=claim.lease.epoch)
            except Overtaken:
                return seq - 1
        raise AssertionError("nobody took over")
