"""Records that are none are told, and never dropped."""

from collections.abc import Callable

import pytest

from chalicelib.domain.executions.errors import Overtaken, UnreadableRecords
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import KEYS, NOON, Clock, checkpoint, event, job, setting
from tests.stores.executions.contract.base import ContractBase, stored

Read = Callable[[], object]


class DamageContract(ContractBase):
    """Records that are none are told, and never dropped."""

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"id":"other"}', b"\xff"])
    def test_a_corrupt_record_is_told_with_everything_else(
        self, work: Executions, medium: ObjectStore, data: bytes
    ) -> None:
        for name in ("job-1", "job-2"):
            work.store_job(job(name))
            work.store_checkpoint(checkpoint(f"c-{name}"))
            work.store_event(event(f"e-{name}", timestamp=NOON + int(name[-1])))
            work.store_run_setting(setting(f"run-{name}"))
        claim = work.claim_run("job-1", "worker-1")
        corrupt: dict[str, list[Read]] = {
            KEYS.job("job-2"): [work.get_all_jobs, lambda: work.page_jobs().jobs, work.index_jobs],
            KEYS.checkpoint("job-1", "c-job-2"): [lambda: work.get_checkpoints_by_job_id("job-1")],
            KEYS.run("job-1", "run-1") + f"event-00{NOON + 2}-00000001-callTools.json": [
                lambda: work.get_event_contents("job-1", "run-1")
            ],
            KEYS.run_setting("job-1", "run-job-2"): [
                work.get_all_runs,
                lambda: work.runs_of("job-1"),
            ],
            KEYS.run_log("job-1", claim.lease.run_id) + "00000001.json": [
                lambda: work.page_events("job-1", claim.lease.run_id),
                lambda: work.get_events_by_run("job-1", claim.lease.run_id),
            ],
        }
        for key, reads in corrupt.items():
            stored(medium, key)
            medium.put(key, data)
            for read in reads:
                with pytest.raises(UnreadableRecords) as told:
                    read()
                assert [one.key for one in told.value.unreadable] == [key]

    def test_what_can_be_read_is_told_beside_what_cannot(self, work: Executions, medium: ObjectStore) -> None:
        for number in range(4):
            work.store_job(job(f"job-{number}", started_at=number))
        medium.put(KEYS.job("job-2"), b"{")

        with pytest.raises(UnreadableRecords) as every:
            work.get_all_jobs()
        with pytest.raises(UnreadableRecords) as page:
            work.page_jobs(2)

        assert [found.id for found in every.value.found] == ["job-3", "job-1", "job-0"]
        assert [found.id for found in page.value.found.jobs] == ["job-3", "job-1"]
        assert [found.id for found in work.page_jobs(2, page.value.found.next).jobs] == ["job-0"]

    def test_one_corrupt_record_asked_for_is_told(self, work: Executions, medium: ObjectStore) -> None:
        lease = work.claim_run("job-1", "worker-1").lease
        reads: dict[str, Read] = {
            KEYS.job("job-1"): lambda: work.retrieve_job("job-1"),
            KEYS.checkpoint("job-1", "c1"): lambda: work.retrieve_checkpoint("job-1", "c1"),
            KEYS.run_setting("job-1", "run-1"): lambda: work.store_run_setting(setting()),
            KEYS.leases("job-1") + "99999998.json": lambda: work.current_lease("job-1"),
        }
        assert lease.number == 1
        for key, read in reads.items():
            medium.put(key, b"{}")
            with pytest.raises(UnreadableRecords) as told:
                read()
            assert [one.key for one in told.value.unreadable] == [key]

    @pytest.mark.parametrize("released", [False, True], ids=["held", "released"])
    @pytest.mark.parametrize("corrupt", [[2], [1, 2]], ids=["the-newest", "all"])
    def test_a_lease_that_cannot_be_read_is_succeeded_in_the_run_it_must_have_been_of(
        self, work: Executions, medium: ObjectStore, corrupt: list[int], released: bool
    ) -> None:
        lease = work.claim_run("job-1", "worker-1").lease
        _ = work.release_run(lease) if released else work.renew_run(lease)
        for number in corrupt:
            medium.put(KEYS.leases("job-1") + f"{99_999_999 - number}.json", b"{")

        taken = work.claim_run("job-1", "worker-2")

        assert (taken.lease.number, taken.lease.run_id, taken.seq) == (3, lease.run_id, 2)
        with pytest.raises(Overtaken):
            work.append_event("job-1", lease.run_id, 2, "progress", epoch=1)
        with pytest.raises(Overtaken):
            work.renew_run(lease)

    def test_a_worker_whose_lease_has_become_unreadable_is_not_the_one_who_has_it(
        self, work: Executions, medium: ObjectStore
    ) -> None:
        lease = work.claim_run("job-1", "worker-1").lease
        medium.put(KEYS.leases("job-1") + "99999997.json", b"{")

        with pytest.raises(Overtaken):
            work.renew_run(lease)

    def test_a_run_whose_last_event_cannot_be_read_is_taken_over(
        self, work: Executions, medium: ObjectStore, clock: Clock
    ) -> None:
        lease = work.claim_run("job-1", "worker-1").lease
        medium.put(KEYS.run_log("job-1", lease.run_id) + "00000001.json", b"{")
        clock.milliseconds += 120_000

        assert work.claim_run("job-1", "worker-2").seq == 2

    def test_a_record_in_the_place_of_another_is_told(self, work: Executions, medium: ObjectStore) -> None:
        work.store_job(job("job-1"))
        work.store_checkpoint(checkpoint("c1"))
        work.store_event(event())
        work.store_run_setting(setting())
        work.claim_run("job-1", "worker-1")
        begun = KEYS.run_log("job-1", "run-00000001") + "00000001.json"
        moved: list[tuple[str, str, Read]] = [
            (KEYS.job("job-1"), KEYS.job("job-2"), lambda: work.retrieve_job("job-2")),
            (
                KEYS.checkpoint("job-1", "c1"),
                KEYS.checkpoint("job-2", "c1"),
                lambda: work.get_checkpoints_by_job_id("job-2"),
            ),
            (
                KEYS.run("job-1", "run-1") + "event-001769860800000-00000001-callTools.json",
                KEYS.run("job-1", "run-1") + "event-001769860800000-00000002-callTools.json",
                lambda: work.get_event_contents("job-1", "run-1"),
            ),
            (begun, begun.replace("1.json", "2.json"), lambda: work.page_events("job-1", "run-00000001")),
            (KEYS.run_setting("job-1", "run-1"), KEYS.run_setting("job-1", "run-2"), work.get_all_runs),
            (
                KEYS.leases("job-1") + "99999998.json",
                KEYS.leases("job-3") + "99999998.json",
                lambda: work.current_lease("job-3"),
            ),
        ]
        for source, target, read in moved:
            medium.copy(source, target)
            with pytest.raises(UnreadableRecords) as told:
                read()
            assert [one.key for one in told.value.unreadable] == [target]

    def test_a_name_that_no_record_has_is_told(self, work: Executions, medium: ObjectStore) -> None:
        odd: dict[str, Read] = {
            "prism/jobs/Job/job.json": work.get_all_jobs,
            "prism/jobs/job-1/runs/run.1/run-setting.json": work.get_all_runs,
            "prism/jobs/job-1/checkpoints/A.json": lambda: work.get_checkpoints_by_job_id("job-1"),
            "prism/jobs/job-1/runs/run-1/event-x-1-a.json": lambda: work.get_events_by_run("job-1", "run-1"),
            "prism/index/jobs/all/x.json": work.page_jobs,
        }
        for key, read in odd.items():
            medium.put(key, b"{}")
            with pytest.raises(UnreadableRecords) as told:
                read()
            assert key.startswith(told.value.unreadable[0].key)
            medium.delete(key)

    def test_what_is_no_record_is_passed_over(self, work: Executions, medium: ObjectStore) -> None:
        work.store_event(event())
        work.store_checkpoint(checkpoint())
        for key in ("jobs/notes", "jobs/job-1/checkpoints/notes", "jobs/job-1/runs/run-1/notes.json"):
            medium.put(f"prism/{key}", b"{")

        assert len(work.get_event_contents("job-1", "run-1")) == 1
        assert len(work.get_checkpoints_by_job_id("job-1")) == 1
        assert work.get_all_jobs() == []

    def test_a_corrupt_job_can_be_replaced(self, work: Executions, medium: ObjectStore) -> None:
        work.store_job(job())
        medium.put(KEYS.job("job-1"), b"{")

        work.store_job(job(status="completed"))

        assert work.retrieve_job("job-1") == job(status="completed")
        assert len(work.page_jobs(state="completed").jobs) == 1
