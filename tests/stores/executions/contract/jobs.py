"""Jobs and their listings."""

import pytest

from chalicelib.domain.errors import InvalidQuery
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import NOON, job
from tests.stores.executions.contract.base import ContractBase, keys_of, stored


class JobsContract(ContractBase):
    """Jobs and their listings."""

    def test_a_job_is_answered_as_it_was_stored(self, work: Executions, medium: ObjectStore) -> None:
        given = job(
            coordinator_expert_key="expert",
            usage={"totalTokens": 3},
            name="@acme/widget",
            version="1.0.0",
            digest="0" * 64,
            source="cli",
            publisher={"name": "Alice"},
            laterField=[1],
        )

        work.store_job(given)

        assert work.retrieve_job("job-1") == given
        assert b'"startedAt": 1769860800000' in stored(medium, "prism/jobs/job-1/job.json")

    def test_a_missing_job_is_none(self, work: Executions) -> None:
        assert work.retrieve_job("job-1") is None

    def test_a_job_stored_again_replaces_the_first(self, work: Executions) -> None:
        work.store_job(job(total_steps=1))
        work.store_job(job(total_steps=2))

        assert work.retrieve_job("job-1") == job(total_steps=2)
        assert [found.total_steps for found in work.page_jobs().jobs] == [2]

    def test_all_jobs_come_newest_first(self, work: Executions) -> None:
        for number, started in enumerate([5, 100, 20]):
            work.store_job(job(f"job-{number}", started_at=started))

        assert [found.started_at for found in work.get_all_jobs()] == [100, 20, 5]
        assert [found.started_at for found in work.page_jobs().jobs] == [100, 20, 5]

    def test_there_are_no_jobs_at_first(self, work: Executions) -> None:
        assert work.get_all_jobs() == []
        assert work.page_jobs().jobs == []
        assert work.get_all_runs() == []

    def test_pages_of_jobs_follow_each_other_without_gap_or_repetition(self, work: Executions) -> None:
        for number in range(7):
            work.store_job(job(f"job-{number}", started_at=NOON + number // 2))
        seen, cursor, sizes = [], None, []
        while True:
            page = work.page_jobs(3, cursor)
            seen += [found.id for found in page.jobs]
            sizes.append(len(page.jobs))
            cursor = page.next
            if cursor is None:
                break

        assert seen == [found.id for found in work.get_all_jobs()]
        assert sizes == [3, 3, 1]

    def test_a_page_that_ends_where_the_list_does_has_no_cursor(self, work: Executions) -> None:
        for number in range(4):
            work.store_job(job(f"job-{number}"))

        assert work.page_jobs(4).next is None
        second = work.page_jobs(2, work.page_jobs(2).next)
        assert (len(second.jobs), second.next) == (2, None)

    def test_jobs_are_found_by_the_state_they_are_in_now(self, work: Executions) -> None:
        work.store_job(job("done", attempts=0))
        work.store_job(job("waits", attempts=0))
        work.store_job(job("fails", attempts=1))
        work.store_job(job("done", attempts=1))
        work.store_job(job("done", attempts=1, status="completed", finished_at=NOON + 1))
        work.store_job(job("fails", attempts=1, status="stoppedByError"))
        work.store_job(job("stops", status="stoppedByMaxSteps"))

        states = ["queued", "running", "completed", "failed", "stopped"]
        found = {state: [one.id for one in work.page_jobs(state=state).jobs] for state in states}  # type: ignore[arg-type]  # each is one
        assert found == {
            "queued": ["waits"],
            "running": [],
            "completed": ["done"],
            "failed": ["fails"],
            "stopped": ["stops"],
        }

    def test_a_job_that_returns_to_a_state_is_found_there_once(self, work: Executions) -> None:
        for attempts in (0, 1, 0, 1, 0):
            work.store_job(job(attempts=attempts))

        assert len(work.page_jobs(state="queued").jobs) == 1
        assert work.page_jobs(state="running").jobs == []
        assert len(work.page_jobs().jobs) == 1

    def test_places_of_states_that_are_past_are_removed(self, work: Executions, medium: ObjectStore) -> None:
        work.store_job(job(attempts=0))
        work.store_job(job(attempts=1))
        work.store_job(job(attempts=1, status="completed"))

        assert len(keys_of(medium, "prism/index/jobs/state/")) == 1

    def test_jobs_are_found_by_package_and_state(self, work: Executions) -> None:
        work.store_job(job("a", name="widget", started_at=1))
        work.store_job(job("b", name="@acme/widget", started_at=2))
        work.store_job(job("c", name="widget", status="completed", started_at=3))
        work.store_job(job("d", started_at=4))
        work.store_job(job("d", name="widget", started_at=4))

        assert [found.id for found in work.page_jobs(package="widget").jobs] == ["d", "c", "a"]
        assert [found.id for found in work.page_jobs(package="@acme/widget").jobs] == ["b"]
        assert [found.id for found in work.page_jobs(package="widget", state="completed").jobs] == ["c"]
        assert [found.id for found in work.page_jobs(1, package="widget", state="running").jobs] == ["d"]

    def test_jobs_are_found_by_when_they_were_started(self, work: Executions) -> None:
        for started in (10, 20, 30):
            work.store_job(job(f"job-{started}", started_at=started))

        page = work.page_jobs(2, since=20)
        assert ([found.id for found in page.jobs], page.next) == (["job-30", "job-20"], None)
        assert work.page_jobs(since=31).jobs == []

    def test_jobs_are_found_by_when_they_were_started_at_the_latest(self, work: Executions) -> None:
        for started in (0, 10, 20, 20, 30):
            work.store_job(job(f"job-{started}", started_at=started, status="completed"))
        work.store_job(job("other", started_at=20))

        listed = {
            until: [one.started_at for one in work.page_jobs(until=until).jobs] for until in (31, 20, 0)
        }
        assert listed == {31: [30, 20, 20, 10, 0], 20: [10, 0], 0: []}
        assert [one.started_at for one in work.page_jobs(since=10, until=30).jobs] == [20, 20, 10]
        assert [one.id for one in work.page_jobs(state="running", until=21).jobs] == ["other"]

    def test_pages_of_jobs_before_a_moment_follow_each_other(self, work: Executions) -> None:
        for number in range(7):
            work.store_job(job(f"job-{number}", started_at=NOON + number))

        first = work.page_jobs(2, until=NOON + 5)
        second = work.page_jobs(2, first.next, until=NOON + 5)

        assert [found.id for found in (*first.jobs, *second.jobs)] == ["job-4", "job-3", "job-2", "job-1"]

    def test_jobs_that_are_not_visible_are_passed_over(self, work: Executions) -> None:
        for number in range(9):
            work.store_job(job(f"job-{number}", started_at=NOON + number))

        page = work.page_jobs(2, visible=lambda found: found.started_at % 3 == NOON % 3)

        assert [found.id for found in page.jobs] == ["job-6", "job-3"]
        assert page.next is not None
        assert page.next.endswith("job-3")

    def test_a_job_whose_start_is_corrected_is_listed_once(self, work: Executions) -> None:
        work.store_job(job(started_at=10))
        work.store_job(job(started_at=20))

        assert [found.started_at for found in work.page_jobs().jobs] == [20]
        assert [found.started_at for found in work.page_jobs(state="running").jobs] == [20]

    def test_the_listings_can_be_made_again(self, work: Executions, medium: ObjectStore) -> None:
        work.store_job(job("a", attempts=0))
        work.store_job(job("b", name="widget", status="completed"))
        before = keys_of(medium)
        for key in keys_of(medium, "prism/index/"):
            medium.delete(key)

        assert work.index_jobs() == 2

        assert keys_of(medium) == before

    def test_jobs_that_others_have_written_are_listed_once_they_are_indexed(
        self, work: Executions, medium: ObjectStore
    ) -> None:
        medium.put(
            "prism/jobs/foreign/job.json", b'{"id":"foreign","status":"running","totalSteps":0,"startedAt":5}'
        )
        assert [found.id for found in work.get_all_jobs()] == ["foreign"]

        work.index_jobs()

        assert [found.id for found in work.page_jobs(state="running").jobs] == ["foreign"]

    @pytest.mark.parametrize("cursor", ["", "x", "../a", "0" * 15, f"{'0' * 15}-A", f"{'0' * 15}-a.1"])
    def test_a_cursor_that_is_none_is_refused(self, work: Executions, cursor: str) -> None:
        with pytest.raises(InvalidQuery):
            work.page_jobs(cursor=cursor)
