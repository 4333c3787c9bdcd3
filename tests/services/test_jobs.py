"""What is told of jobs: to whom, how far they are, and how their events are waited for."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidName, InvalidQuery
from chalicelib.domain.executions.errors import JobNotFound, JobUnreadable, RunNotFound
from chalicelib.domain.executions.leases import Lease
from chalicelib.domain.executions.names import numbered_name
from chalicelib.domain.patterns import PackagePatterns
from chalicelib.services.jobs import Jobs
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.testing import CountingStore
from tests.stores.executions.builders import KEYS, NOON, Clock, checkpoint, event, executions, job, setting

ACME = PackagePatterns(("@acme/*",))
MANY = 10_000
RUN = "run-00000001"

Act = Callable[[], object]


class Rig:
    """Jobs over a memory, with a clock that only `sleep` moves and what is to happen meanwhile."""

    def __init__(self, medium: MemoryStore | None = None) -> None:
        self.store = CountingStore(medium or MemoryStore())
        self.clock = Clock()
        self.work = executions(self.store, self.clock)
        self.jobs = Jobs(self.work, now=self.clock, sleep=self.sleep)
        self.pauses: list[float] = []
        self.meanwhile: dict[int, Act] = {}

    def sleep(self, seconds: float) -> None:
        """Let time pass, and what is to happen in that pause, counted from 1."""
        self.pauses.append(seconds)
        self.clock.milliseconds += round(seconds * 1000)
        self.meanwhile.pop(len(self.pauses), lambda: None)()

    def begin(self, job_id: str = "job-1", **fields: Any) -> Lease:
        """Begin a job, as a worker does, up to its first event."""
        lease = self.work.claim_run(job_id, "worker-1", facts=lambda _: {"stage": "stage"}).lease
        self.work.store_job(
            job(job_id, attempts=1, stage="stage", worker="worker-1", run_id=lease.run_id, **fields)
        )
        self.work.store_run_setting(
            setting(lease.run_id, job_id, input={"from": "stage", "attempt": 1}, model=None)
        )
        return lease

    def tell(self, seq: int, kind: str, job_id: str = "job-1", run_id: str = RUN, **payload: Any) -> None:
        """Append an event."""
        self.work.append_event(job_id, run_id, seq, kind, epoch=1, payload=payload)

    def calls(self) -> dict[str, int]:
        """Answer how often each verb of the store was called, and forget it."""
        counted = Counter(call.verb for call in self.store.calls)
        self.store.reset()
        return dict(counted)


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture(scope="module")
def many_jobs() -> MemoryStore:
    """Give ten thousand jobs, of which one in ten is of the scope `@acme`."""
    medium = MemoryStore()
    for number in range(MANY):
        name = "@acme/widget" if number % 10 == 0 else "other"
        executions(medium).store_job(
            job(f"job-{number}", started_at=NOON + number, status="completed", name=name)
        )
    return medium


@pytest.fixture(scope="module")
def many_events() -> MemoryStore:
    """Give a run whose log has ten thousand events, the last of which ends it."""
    rig = Rig()
    rig.begin()
    given = event(run_id=RUN, seq=1, epoch=1, payload={"stage": "read"}, type="progress")
    for seq in range(2, MANY + 1):
        kind = "completeRun" if seq == MANY else "progress"
        told = given.model_copy(update={"seq": seq, "step_number": seq, "type": kind})
        rig.store.put(KEYS.run_log("job-1", RUN) + numbered_name(seq), told.to_bytes())
    assert isinstance(rig.store.inner, MemoryStore)
    return rig.store.inner


class TestOneJob:
    """A job as it is told."""

    def test_a_job_is_told_with_its_times_as_text(self, rig: Rig) -> None:
        failure = {"name": "Busy", "code": "busy", "message": "m", "isRetryable": True, "stage": "commit"}
        given: dict[str, Any] = {
            "name": "@acme/widget",
            "version": "1.0.0",
            "digest": "0" * 64,
            "source": "cli",
            "publisher": {"name": "Alice"},
            "tag": "next",
            "stage": "commit",
            "attempts": 5,
            "runId": "run-00000009",
            "replays": 1,
            "replayFrom": "read",
        }
        rig.work.store_job(
            job(status="stoppedByError", finished_at=NOON + 1234, error=failure, secret="hidden", **given)
        )

        assert rig.jobs.job("job-1").to_json_value() == given | {
            "id": "job-1",
            "state": "failed",
            "status": "stoppedByError",
            "startedAt": "2026-01-31T12:00:00.000Z",
            "finishedAt": "2026-01-31T12:00:01.234Z",
            "durationMs": 1234,
            "error": failure,
        }

    def test_a_running_job_tells_the_stage_its_last_event_is_of_and_who_has_it(self, rig: Rig) -> None:
        rig.begin(name="widget")
        rig.tell(2, "finishStage", stage="stage", durationMs=1, next="read")
        rig.clock.milliseconds += 500
        rig.tell(3, "progress", stage="read", done=10, total=40, unit="bytes")

        told = rig.jobs.job("job-1").to_json_value()

        assert (told["state"], told["stage"], told["runId"]) == ("running", "read", RUN)
        assert told["progress"] == {
            "stage": "read",
            "seq": 3,
            "done": 10,
            "total": 40,
            "unit": "bytes",
            "at": "2026-01-31T12:00:00.500Z",
        }
        assert told["lease"] == {"worker": "worker-1", "until": "2026-01-31T12:01:00.000Z"}

    def test_a_lease_that_was_given_back_is_nobodys(self, rig: Rig) -> None:
        rig.work.release_run(rig.begin())

        assert rig.jobs.job("job-1").lease is None

    def test_a_stage_that_was_finished_tells_the_next_one(self, rig: Rig) -> None:
        rig.begin()
        rig.tell(2, "finishStage", stage="stage", durationMs=1, next="read")

        told = rig.jobs.job("job-1")

        assert (told.stage, told.progress and told.progress.seq) == ("read", 2)

    def test_a_running_job_costs_a_few_calls_and_any_other_one(self, rig: Rig) -> None:
        rig.begin()
        rig.calls()

        rig.jobs.job("job-1")
        assert rig.calls() == {"get": 3, "list": 2}

        rig.work.store_job(job("job-1", status="completed"))
        rig.calls()
        rig.jobs.job("job-1")
        assert rig.calls() == {"get": 1}

    def test_a_job_whose_lease_and_events_cannot_be_read_is_told_without_them(self, rig: Rig) -> None:
        rig.begin()
        rig.store.put(KEYS.leases("job-1") + "99999998.json", b"{")
        rig.store.put(KEYS.run_log("job-1", RUN) + "00000001.json", b"{")

        told = rig.jobs.job("job-1")

        assert (told.stage, told.lease, told.progress) == ("stage", None, None)
        assert [one.key.rpartition("/")[2] for one in told.unreadable or ()] == [
            "99999998.json",
            "00000001.json",
        ]

    @pytest.mark.parametrize("job_id", ["job-2", "", "../job-1", "Job-1", "x" * 200])
    def test_a_job_that_is_not_there_is_not_found(self, rig: Rig, job_id: str) -> None:
        rig.work.store_job(job())

        with pytest.raises(JobNotFound):
            rig.jobs.job(job_id)

    def test_a_job_that_cannot_be_read_is_not_found_and_why_is_told_to_those_who_see_all(
        self, rig: Rig
    ) -> None:
        rig.store.put(KEYS.job("job-1"), b"{")

        with pytest.raises(JobUnreadable) as told:
            rig.jobs.job("job-1")
        with pytest.raises(JobNotFound) as hidden:
            rig.jobs.job("job-1", packages=ACME)

        assert "cannot be read" in str(told.value.facts["reason"])
        assert not isinstance(hidden.value, JobUnreadable)

    def test_a_moment_beyond_the_calendar_is_told_as_its_last(self, rig: Rig) -> None:
        rig.work.store_job(job(started_at=10**15 - 1))

        assert rig.jobs.job("job-1").started_at == "9999-12-31T23:59:59.999Z"


class TestWhoSeesWhat:
    """A job is there for those alone who may see its package."""

    @pytest.mark.parametrize(
        "name", [pytest.param("other", id="other-package"), pytest.param(None, id="nameless")]
    )
    def test_a_job_of_others_is_not_there(self, rig: Rig, name: str | None) -> None:
        rig.begin(name=name)
        asked: list[Act] = [
            lambda: rig.jobs.job("job-1", packages=ACME),
            lambda: rig.jobs.runs("job-1", packages=ACME),
            lambda: rig.jobs.checkpoints("job-1", packages=ACME),
            lambda: rig.jobs.events("job-1", RUN, packages=ACME),
        ]

        for ask in asked:
            with pytest.raises(JobNotFound):
                ask()
        assert rig.jobs.job("job-1").id == "job-1"

    def test_lists_hold_only_what_is_seen(self, rig: Rig) -> None:
        for number, name in enumerate(["@acme/a", None, "other", "@acme/b"]):
            rig.work.store_job(job(f"job-{number}", name=name, started_at=NOON + number))

        assert [one.id for one in rig.jobs.page(packages=ACME).jobs] == ["job-3", "job-0"]
        assert [one.id for one in rig.jobs.page().jobs] == ["job-3", "job-2", "job-1", "job-0"]

    def test_the_list_of_a_package_of_others_is_as_that_of_none(self, rig: Rig) -> None:
        for number in range(3):
            rig.work.store_job(job(f"job-{number}", name="other"))
        rig.calls()

        for name in ("other", "never"):
            assert rig.jobs.page(limit=1, package=name, packages=ACME).to_json_value() == {"jobs": []}
        assert rig.calls() == {}

    def test_pages_of_a_few_among_many_are_whole_and_lead_to_the_end(self, many_jobs: MemoryStore) -> None:
        rig, seen, cursor = Rig(many_jobs), [], None
        for _ in range(100):
            page = rig.jobs.page(limit=100, cursor=cursor, packages=ACME)
            seen += [one.id for one in page.jobs]
            cursor = page.next
            if cursor is None:
                break

        assert seen == [f"job-{number}" for number in range(MANY - 10, -1, -10)]

    def test_a_page_without_any_goes_on_and_names_no_job_of_others(self, many_jobs: MemoryStore) -> None:
        rig, cursor, pages = Rig(many_jobs), None, 0
        while pages == 0 or cursor:
            page = rig.jobs.page(cursor=cursor, packages=PackagePatterns(("@nobody/*",)))
            cursor, pages = page.next, pages + 1
            assert page.jobs == []
            assert "job" not in (cursor or "")

        assert 5 < pages < 12

    def test_many_jobs_of_others_in_one_millisecond_stop_nobody(self, rig: Rig) -> None:
        for number in range(1100):
            rig.work.store_job(job(f"job-{number:04d}", name="other"))
        rig.work.store_job(job("old", name="@acme/a", started_at=NOON - 1))

        pages = [first := rig.jobs.page(packages=ACME)]
        for _ in range(2):
            pages.append(first := rig.jobs.page(cursor=first.next, packages=ACME))

        assert [[one.id for one in page.jobs] for page in pages] == [[], [], ["old"]]

    def test_what_cannot_be_read_is_listed_for_those_who_see_all(self, rig: Rig) -> None:
        rig.work.store_job(job("job-1", name="@acme/a"))
        rig.work.store_job(job("job-2", name="@acme/a"))
        rig.store.put(KEYS.job("job-2"), b"{")

        every, acme = rig.jobs.page(), rig.jobs.page(packages=ACME)

        assert [one.id for one in every.jobs] == [one.id for one in acme.jobs] == ["job-1"]
        assert [one.key for one in every.unreadable or ()] == [KEYS.job("job-2")]
        assert acme.unreadable is None


class TestLists:
    """Pages of jobs."""

    def test_jobs_are_found_by_state_package_and_time(self, rig: Rig) -> None:
        rig.work.store_job(job("a", name="widget", started_at=NOON, status="completed"))
        rig.work.store_job(job("b", name="widget", started_at=NOON + 1000, attempts=1))
        rig.work.store_job(job("c", name="gadget", started_at=NOON + 2000, attempts=1))
        noon = datetime(2026, 1, 31, 12, tzinfo=UTC)

        found = [
            rig.jobs.page(state="running"),
            rig.jobs.page(package="Widget"),
            rig.jobs.page(since=noon + timedelta(seconds=1)),
            rig.jobs.page(until=noon + timedelta(seconds=1)),
            rig.jobs.page(until=datetime(1969, 1, 1, tzinfo=UTC)),
        ]

        assert [[one.id for one in page.jobs] for page in found] == [
            ["c", "b"],
            ["b", "a"],
            ["c", "b"],
            ["a"],
            [],
        ]

    def test_a_page_of_ten_thousand_jobs_costs_one_listing_and_its_jobs(self, many_jobs: MemoryStore) -> None:
        rig = Rig(many_jobs)

        first = rig.jobs.page(limit=20)
        assert rig.calls() == {"list": 1, "get": 20}
        rig.jobs.page(limit=20, cursor=first.next, until=datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC))
        assert rig.calls() == {"list": 1, "get": 20}

    def test_what_cannot_be_asked_for_is_refused(self, rig: Rig) -> None:
        with pytest.raises(InvalidName):
            rig.jobs.page(package="..")
        with pytest.raises(InvalidQuery):
            rig.jobs.page(cursor="x")


class TestRunsAndCheckpoints:
    """What is kept of attempts and of finished stages."""

    def test_runs_tell_where_they_began_and_how_they_ended(self, rig: Rig) -> None:
        first = rig.begin()
        rig.tell(2, "stopRunByError", stage="stage", code="busy")
        rig.work.release_run(first)
        rig.clock.milliseconds += 1000
        second = rig.begin()

        runs = [run.to_json_value() for run in rig.jobs.runs("job-1").runs]

        assert [(run["id"], run["state"]) for run in runs] == [(RUN, "failed"), (second.run_id, "running")]
        assert runs[1] | {"from": "stage", "attempt": 1, "worker": "worker-1"} == runs[1]
        assert runs[0]["startedAt"] == "2026-01-31T12:00:00.000Z"

    def test_a_completed_run_says_so(self, rig: Rig) -> None:
        rig.begin()
        rig.tell(2, "completeRun", durationMs=1)
        rig.work.store_job(job(status="completed", run_id=RUN))

        [run] = rig.jobs.runs("job-1").runs

        assert (run.state, run.worker) == ("completed", None)

    def test_the_runs_of_other_jobs_are_neither_told_nor_read(self, rig: Rig) -> None:
        for number in range(1, 6):
            rig.begin(f"job-{number}")
        rig.calls()

        assert len(rig.jobs.runs("job-1").runs) == 1
        assert rig.calls() == {"get": 3, "list": 2}

    def test_a_run_that_cannot_be_read_is_told(self, rig: Rig) -> None:
        rig.begin()
        rig.store.put(KEYS.run_setting("job-1", RUN), b"{")

        told = rig.jobs.runs("job-1")

        assert (told.runs, [one.key for one in told.unreadable or ()]) == (
            [],
            [KEYS.run_setting("job-1", RUN)],
        )

    def test_checkpoints_are_told_without_their_documents(self, rig: Rig) -> None:
        rig.work.store_job(job())
        kept: dict[str, Any] = {
            "stage": "analyze",
            "outputs": {"analyzers": [{"name": "sizes"}], "documents": {"metadata": "…"}},
        }
        rig.work.store_checkpoint(checkpoint("c2", step_number=3, started_at=NOON, duration_ms=7, **kept))
        rig.work.store_checkpoint(checkpoint("c1", step_number=2, stage="read"))

        first, second = (one.to_json_value() for one in rig.jobs.checkpoints("job-1").checkpoints)

        assert first == {
            "id": "c1",
            "runId": "run-1",
            "stage": "read",
            "status": "proceeding",
            "stepNumber": 2,
        }
        assert second["outputs"] == {"analyzers": [{"name": "sizes"}]}
        assert (second["startedAt"], second["durationMs"]) == ("2026-01-31T12:00:00.000Z", 7)

    def test_a_checkpoint_that_cannot_be_read_is_told(self, rig: Rig) -> None:
        rig.work.store_job(job())
        rig.store.put(KEYS.checkpoint("job-1", "c1"), b"{")

        told = rig.jobs.checkpoints("job-1")

        assert (told.checkpoints, len(told.unreadable or ())) == ([], 1)


class TestEvents:
    """The events of a run, and how they are waited for."""

    def test_events_are_told_from_any_of_them_on(self, rig: Rig) -> None:
        rig.begin()
        rig.tell(2, "finishStage", stage="stage", durationMs=3, next="read", facts={"size": 5})

        whole, rest = rig.jobs.events("job-1", RUN), rig.jobs.events("job-1", RUN, after=1)

        assert [one.seq for one in whole.events] == [1, 2]
        assert rest.to_json_value() == {
            "events": [
                {
                    "seq": 2,
                    "at": "2026-01-31T12:00:00.000Z",
                    "type": "finishStage",
                    "stage": "stage",
                    "payload": {"stage": "stage", "durationMs": 3, "next": "read", "facts": {"size": 5}},
                }
            ],
            "next": 2,
            "end": False,
        }

    @pytest.mark.parametrize("kind", ["completeRun", "stopRunByError"])
    @pytest.mark.parametrize("after", [0, 1, 2, 50])
    def test_a_run_that_has_ended_says_so_and_keeps_nobody_waiting(
        self, rig: Rig, kind: str, after: int
    ) -> None:
        rig.begin()
        rig.tell(2, kind)

        page = rig.jobs.events("job-1", RUN, after=after, wait=20)

        assert (page.end, page.next, rig.pauses) == (True, max(2, after), [])

    def test_the_end_is_told_with_the_last_events_and_not_before(self, rig: Rig) -> None:
        rig.begin()
        for seq in range(2, 6):
            rig.tell(seq, "completeRun" if seq == 5 else "progress")

        pages = [page := rig.jobs.events("job-1", RUN, limit=2)]
        while not page.end:
            pages.append(page := rig.jobs.events("job-1", RUN, after=page.next, limit=2))

        assert [[one.seq for one in page.events] for page in pages] == [[1, 2], [3, 4], [5]]

    def test_a_run_that_was_taken_over_after_its_end_has_not_ended(self, rig: Rig) -> None:
        rig.begin()
        rig.tell(2, "completeRun")
        rig.tell(3, "claimRun", worker="worker-2")

        assert not rig.jobs.events("job-1", RUN, after=2).end
        assert not rig.jobs.events("job-1", RUN, limit=2).end

    def test_numbers_that_were_never_used_are_passed_over(self, rig: Rig) -> None:
        rig.begin()
        rig.tell(5, "claimRun", worker="worker-2")
        rig.tell(9, "progress")

        pages = [rig.jobs.events("job-1", RUN, after=after, limit=2) for after in (0, 5, 3)]

        assert [([one.seq for one in page.events], page.next) for page in pages] == [
            ([1, 5], 5),
            ([9], 9),
            ([5, 9], 9),
        ]

    def test_waiting_ends_with_the_first_event(self, rig: Rig) -> None:
        rig.begin()
        rig.meanwhile[3] = lambda: rig.tell(2, "progress", stage="stage")

        page = rig.jobs.events("job-1", RUN, after=1, wait=20)

        assert ([one.seq for one in page.events], page.next) == ([2], 2)
        assert rig.pauses == pytest.approx([0.2, 0.3, 0.45])

    def test_waiting_ends_when_the_time_is_up_and_grows_patient_on_the_way(self, rig: Rig) -> None:
        rig.begin()

        page = rig.jobs.events("job-1", RUN, after=1, wait=4)

        assert (page.events, page.next, page.end) == ([], 1, False)
        assert sum(rig.pauses) == pytest.approx(4, abs=0.01)
        assert rig.pauses[:3] == pytest.approx([0.2, 0.3, 0.45])
        assert max(rig.pauses) == 1.0

    def test_the_first_event_of_a_run_can_be_waited_for(self, rig: Rig) -> None:
        rig.begin()
        rig.store.delete(KEYS.run_log("job-1", RUN) + numbered_name(1))
        rig.store.delete(KEYS.run_setting("job-1", RUN))
        rig.meanwhile[1] = lambda: rig.tell(1, "claimRun", worker="w")

        assert [one.type for one in rig.jobs.events("job-1", RUN, wait=5).events] == ["claimRun"]

    def test_without_a_wait_the_answer_is_given_at_once(self, rig: Rig) -> None:
        rig.begin()

        rig.jobs.events("job-1", RUN, after=1)

        assert rig.pauses == []

    @pytest.mark.parametrize("run_id", ["run-00000002", "..", "RUN", ""])
    @pytest.mark.parametrize("after", [0, 7])
    def test_a_run_that_is_not_there_is_not_found(self, rig: Rig, run_id: str, after: int) -> None:
        rig.begin()

        with pytest.raises(RunNotFound):
            rig.jobs.events("job-1", run_id, after=after, wait=20)
        assert rig.pauses == []

    def test_an_event_that_cannot_be_read_is_told_once_and_passed(self, rig: Rig) -> None:
        rig.begin()
        rig.tell(2, "progress")
        rig.tell(3, "progress")
        for seq in (2, 3):
            rig.store.put(KEYS.run_log("job-1", RUN) + numbered_name(seq), b"{")

        first = rig.jobs.events("job-1", RUN, limit=2, wait=20)
        second = rig.jobs.events("job-1", RUN, after=first.next, wait=20)
        third = rig.jobs.events("job-1", RUN, after=second.next)

        assert [
            (len(page.events), page.next, len(page.unreadable or ())) for page in (first, second, third)
        ] == [
            (1, 2, 1),
            (0, 3, 1),
            (0, 3, 0),
        ]
        assert rig.pauses == []

    def test_a_page_of_ten_thousand_events_costs_one_listing_and_its_events(
        self, many_events: MemoryStore
    ) -> None:
        rig = Rig(many_events)

        page = rig.jobs.events("job-1", RUN, after=9_000, limit=50)

        assert [one.seq for one in page.events] == list(range(9_001, 9_051))
        assert rig.calls() == {"list": 1, "get": 52}

    def test_ten_thousand_events_are_paged_to_their_end(self, many_events: MemoryStore) -> None:
        rig = Rig(many_events)
        page = rig.jobs.events("job-1", RUN, limit=1000)
        count = len(page.events)
        while not page.end:
            page = rig.jobs.events("job-1", RUN, after=page.next, limit=1000)
            count += len(page.events)

        assert (count, page.next) == (MANY, MANY)
