"""`jobs` and `job`: what they show, how a job is followed to its end, and how they end."""

import io
import json
from itertools import count
from typing import Any

import pytest

from chalicelib.cli.client import Registry
from chalicelib.cli.environment import Clock, Environment
from chalicelib.cli.errors import RegistryRefused, Unreachable
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.following import Follower
from chalicelib.cli.stages import age, took
from chalicelib.cli.transport import HttpRequest, HttpResponse, Unanswered, send
from tests.cli.conftest import NEW_YEAR, Prism, text
from tests.cli.fake_registry import FakeRegistry, Reply, problem

ID, RUN, NEXT_RUN = "publish-0c5e-1a2b", "run-00000001", "run-00000002"
JOB = f"GET /v1/jobs/{ID}"
CHECKPOINTS = f"{JOB}/checkpoints"
COMPLETED: dict[str, Any] = {
    "id": ID,
    "state": "completed",
    "status": "completed",
    "name": "widget",
    "version": "1.0.0",
    "runId": RUN,
    "startedAt": "2025-12-31T23:58:00.000Z",
    "finishedAt": "2025-12-31T23:58:01.234Z",
    "durationMs": 1234,
}
OPEN = {name: fact for name, fact in COMPLETED.items() if name not in {"finishedAt", "durationMs"}}
RUNNING = OPEN | {"state": "running", "status": "running", "stage": "read", "attempts": 1}
QUEUED = OPEN | {"state": "queued", "status": "running"}
ANALYZERS = [
    {"name": "sizes", "version": "1", "status": "ok", "durationMs": 12, "verdict": "1.5 MiB", "bytes": 0},
    {
        "name": "signals",
        "version": "1",
        "status": "failed",
        "durationMs": 1.5,
        "verdict": "failed",
        "bytes": 2_000_000,
    },
]
FACTS: dict[str, dict[str, Any]] = {
    "read": {
        "name": "widget",
        "version": "1.0.0",
        "files": 1204,
        "unpackedSize": 96_000_000,
        "size": 30_000_000,
    },
    "analyze": {"analyzers": ANALYZERS},
    "claim": {"name": "widget", "version": "1.0.0"},
    "settle": {"objects": 3, "size": 30_000_000},
    "commit": {"seq": 7, "created": True},
    "derive": {"seq": 7},
}
STAGES = list(FACTS)


def failed(code: str, *, retryable: bool = False) -> dict[str, Any]:
    error = {
        "code": code,
        "name": "Error",
        "message": "it says why",
        "isRetryable": retryable,
        "stage": "claim",
    }
    return COMPLETED | {"state": "failed", "status": "stoppedByError", "error": error}


def kept(stage: str, **fields: Any) -> dict[str, Any]:
    """Answer the checkpoint of a stage."""
    number = STAGES.index(stage)
    given = {
        "id": f"00000001-{stage}",
        "runId": RUN,
        "stage": stage,
        "status": "completed",
        "stepNumber": number,
    }
    return given | {"durationMs": 10**number, "outputs": FACTS[stage]} | fields


def event(seq: int, kind: str, **payload: Any) -> dict[str, Any]:
    """Answer an event as the registry tells it."""
    told = {"seq": seq, "at": "2025-12-31T23:58:00.000Z", "type": kind, "payload": payload}
    return told | ({"stage": payload["stage"]} if "stage" in payload else {})


def finished(seq: int, stage: str, milliseconds: int = 1200, **fields: Any) -> dict[str, Any]:
    return event(seq, "finishStage", stage=stage, durationMs=milliseconds, facts=FACTS[stage], **fields)


def events_of(run: str = RUN, after: int = 0) -> str:
    return f"{JOB}/runs/{run}/events?after={after}&wait=20&limit=500"


def page(*events: dict[str, Any], after: int = 0, end: bool = False) -> Reply:
    """Answer a page of events."""
    return Reply({"events": list(events), "next": events[-1]["seq"] if events else after, "end": end})


class TestJobs:
    """`prism jobs`."""

    def test_each_job_is_a_line(self, prism: Prism, registry: FakeRegistry) -> None:
        waiting = {"id": "b", "state": "queued", "startedAt": "2025-12-31T21:00:00.000Z"}
        at_work = RUNNING | {"id": "c", "name": "@acme/widget", "startedAt": "2025-12-31T23:59:48.000Z"}
        registry.answer("GET /v1/jobs", {"jobs": [at_work, failed("not_gzip"), waiting], "next": "place"})

        result = prism("jobs")

        assert result.out == text("""
            ID                 PACKAGE             STATE    STARTED    TOOK    ERROR
            c                  @acme/widget@1.0.0  running  12 s ago   12.0 s
            publish-0c5e-1a2b  widget@1.0.0        failed   2 min ago  1.2 s   not_gzip
            b                  -                   queued   3 h ago    -
        """)
        assert (result.status, result.err) == (ExitStatus.OK, "there are more: add --cursor place\n")

    def test_what_is_asked_for_is_sent(self, prism: Prism, registry: FakeRegistry) -> None:
        asked = ["--state", "failed", "--package", "@acme/widget", "--limit", "5", "--cursor", "place"]

        prism("jobs", *asked)
        prism("jobs", "--since", "2h")
        prism("jobs", "--since", "2026-01-31T12:00:00Z")

        assert registry.requests == [
            "GET /v1/jobs?state=failed&package=%40acme%2Fwidget&limit=5&cursor=place",
            "GET /v1/jobs?since=2025-12-31T22%3A00%3A00.000Z",
            "GET /v1/jobs?since=2026-01-31T12%3A00%3A00Z",
        ]

    def test_where_there_are_none_it_is_said(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer("GET /v1/jobs", {"jobs": []})

        result = prism("jobs")

        assert (result.status, result.out, result.err) == (ExitStatus.OK, "", "there are no such jobs\n")

    def test_records_that_cannot_be_read_are_noted(self, prism: Prism, registry: FakeRegistry) -> None:
        record = {"key": "jobs/x/job.json", "reason": "two\nlines"}
        registry.answer("GET /v1/jobs", {"jobs": [COMPLETED], "unreadable": [record]})

        assert prism("jobs").err == "note: `jobs/x/job.json` cannot be read: two lines\n"

    def test_json_is_the_answer_as_it_came(self, prism: Prism, registry: FakeRegistry) -> None:
        came = json.dumps({"jobs": [COMPLETED]}, indent=3)
        registry.answer("GET /v1/jobs", Reply(came))

        assert prism("jobs", "--json").out == f"{came}\n"

    @pytest.mark.parametrize(
        "colours", [pytest.param({}, id="coloured"), pytest.param({"NO_COLOR": "1"}, id="plain")]
    )
    def test_the_heading_stands_out_on_a_terminal(
        self, prism: Prism, registry: FakeRegistry, colours: dict[str, str]
    ) -> None:
        registry.answer("GET /v1/jobs", {"jobs": [COMPLETED]})

        assert ("\x1b[1mID" in prism("jobs", tty=True, **colours).out) == (not colours)


class TestShowing:
    """`prism job` without --follow."""

    def test_a_job_is_shown_with_its_finished_stages(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer(JOB, COMPLETED | {"publisher": {"name": "Alice"}, "source": "cli", "attempts": 2})
        registry.answer(CHECKPOINTS, {"checkpoints": [kept(stage) for stage in STAGES]})

        result = prism("job", ID)

        assert result.out == text("""
            Job        publish-0c5e-1a2b
            Package    widget@1.0.0
            State      completed
            Attempts   2
            Publisher  Alice
            Source     cli
            Started    2025-12-31T23:58:00.000Z (2 min ago)
            Took       1.2 s

            read      1 ms        1,204 files, 96.0 MB unpacked
            analyze   10 ms       2 analyzers, 1 failed
              sizes    12 ms  ok              1.5 MiB
              signals   2 ms  failed  2.0 MB  failed
            claim     100 ms      widget@1.0.0
            settle    1.0 s       3 objects, 30.0 MB
            commit    10.0 s      visible
            derive    1 min 40 s
        """)
        assert (result.status, result.err) == (ExitStatus.OK, "")

    def test_without_an_id_it_is_the_newest_one(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer("GET /v1/jobs?limit=1", {"jobs": [], "next": "place"})
        registry.answer("GET /v1/jobs?limit=1&cursor=place", {"jobs": [COMPLETED]})
        registry.answer(JOB, COMPLETED)
        registry.answer(CHECKPOINTS, {"checkpoints": []})

        assert f"Job      {ID}" in prism("job").out

    def test_where_there_is_none_it_is_said(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer("GET /v1/jobs?limit=1", {"jobs": []})

        result = prism("job")

        assert result.status is ExitStatus.NOT_FOUND
        assert result.err == "error: there are no jobs yet\nhint: `prism publish` makes one\n"

    def test_a_running_job_is_shown_with_where_it_is(self, prism: Prism, registry: FakeRegistry) -> None:
        progress = {"stage": "read", "seq": 3, "done": 24_000_000, "total": 96_000_000, "unit": "bytes"}
        lease = {"worker": "host-1", "until": "2026-01-01T00:01:00.000Z"}
        registry.answer(JOB, RUNNING | {"progress": progress, "lease": lease})
        registry.answer(CHECKPOINTS, {"checkpoints": []})

        result = prism("job", ID)

        assert "Progress  24.0 MB of 96.0 MB\n" in result.out
        assert "Worker    host-1, until 2026-01-01T00:01:00.000Z\n" in result.out
        assert (result.status, result.err) == (
            ExitStatus.UNREACHABLE,
            "add --follow to see what happens until its end\n",
        )

    @pytest.mark.parametrize(
        ("code", "retryable", "status"),
        [
            pytest.param("not_gzip", False, ExitStatus.UNUSABLE_PACKAGE, id="bad-tarball"),
            pytest.param("version_exists", False, ExitStatus.CONFLICT, id="taken"),
            pytest.param("publisher_not_allowed", False, ExitStatus.DENIED, id="not-allowed"),
            pytest.param("upload_too_large", False, ExitStatus.FAILURE, id="too-large"),
            pytest.param("storage_unavailable", True, ExitStatus.UNREACHABLE, id="of-our-own"),
        ],
    )
    def test_a_failed_job_ends_as_its_verdict_would(
        self, prism: Prism, registry: FakeRegistry, code: str, retryable: bool, status: ExitStatus
    ) -> None:
        registry.answer(JOB, failed(code, retryable=retryable))
        registry.answer(CHECKPOINTS, {"checkpoints": []})
        registry.answer(events_of(), page(event(1, "stopRunByError", again=False), end=True))

        shown, told, followed = prism("job", ID), prism("job", ID, "--json"), prism("job", ID, "--follow")

        assert [shown.status, told.status, followed.status] == [status] * 3
        again = "may succeed" if retryable else "would fail too"
        assert f"Error    in claim: it says why ({code}); another attempt {again}\n" in shown.out
        assert "error: it says why\n" in followed.err

    def test_what_to_do_about_a_failure_is_hinted(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer(JOB, failed("version_exists"), failed("busy", retryable=True))
        registry.answer(CHECKPOINTS, {"checkpoints": []})

        assert "hint: raise `version`" in prism("job", ID).err
        assert f"hint: `prism job replay {ID}` does it again\n" in prism("job", ID).err

    def test_of_stages_that_are_done_again_the_new_outcome_counts(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        registry.answer(JOB, RUNNING | {"replays": 1, "replayFrom": "analyze"})
        checkpoints = [
            kept("read"),
            kept("analyze"),
            kept("analyze", replays=1, durationMs=77),
            kept("claim"),
        ]
        registry.answer(CHECKPOINTS, {"checkpoints": checkpoints})

        shown = prism("job", ID).out

        assert "Replays   1, the last one from analyze\n" in shown
        assert "read      1 ms " in shown
        assert "analyze   77 ms " in shown
        assert "analyze   10 ms " not in shown
        assert "\nclaim" not in shown

    def test_a_stage_that_is_still_to_be_done_again_is_not_shown_as_finished(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        registry.answer(JOB, RUNNING | {"replays": 1, "replayFrom": "analyze"})
        registry.answer(CHECKPOINTS, {"checkpoints": [kept("read"), kept("analyze")]})

        shown = prism("job", ID).out

        assert "\nread " in shown
        assert "\nanalyze " not in shown

    @pytest.mark.parametrize("outputs", [None, {}, {"files": "many"}, {"analyzers": [{}]}])
    def test_facts_of_another_version_of_the_registry_do_no_harm(
        self, prism: Prism, registry: FakeRegistry, outputs: Any
    ) -> None:
        registry.answer(JOB, COMPLETED)
        unknown = {"id": "x", "runId": RUN, "stage": "bake", "status": "completed", "stepNumber": 9}
        registry.answer(
            CHECKPOINTS, {"checkpoints": [kept(stage, outputs=outputs) for stage in STAGES] + [unknown]}
        )

        result = prism("job", ID)

        assert result.status is ExitStatus.OK
        assert "bake      0 ms\n" in result.out

    def test_json_is_the_job_as_it_came(self, prism: Prism, registry: FakeRegistry) -> None:
        came = json.dumps(RUNNING, indent=3)
        registry.answer(JOB, Reply(came))

        result = prism("job", ID, "--json")

        assert (result.status, result.out, result.err) == (ExitStatus.UNREACHABLE, f"{came}\n", "")

    def test_a_job_nobody_knows_is_told_with_where_they_are(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        registry.answer(JOB, problem(404, "job_not_found", "no such job"))

        result = prism("job", ID)

        assert result.status is ExitStatus.NOT_FOUND
        assert "hint: `prism jobs` lists the jobs" in result.err

    @pytest.mark.parametrize("argv", ["a b", "replay", "replay a b", "--from read", "a --from read"])
    def test_what_does_not_go_together_is_wrong_usage(
        self, prism: Prism, registry: FakeRegistry, argv: str
    ) -> None:
        result = prism("job", *argv.split())

        assert (result.status, registry.asked) == (ExitStatus.USAGE, [])
        assert "hint: " in result.err

    def test_a_text_of_the_registry_cannot_steer_the_terminal(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        bad = "a\x1b[31mb\rc"
        error = failed("not_gzip")["error"] | {"message": bad}
        registry.answer(JOB, failed("not_gzip") | {"error": error, "name": bad})
        registry.answer(CHECKPOINTS, {"checkpoints": [kept("claim", outputs={"name": bad, "version": bad})]})
        registry.answer("GET /v1/jobs", {"jobs": [COMPLETED | {"name": bad}]})
        told = [
            event(1, "claimRun", stage=bad, skipped=[bad]),
            event(2, "finishStage", stage=bad, durationMs=1, facts={}, next=bad),
            event(3, "progress", stage=bad, done=1, total=2, unit=bad),
            event(4, "stopRunByError", stage=bad, code=bad, message=bad, again=True),
        ]
        registry.answer(events_of(), page(*told, end=True))

        for argv in (["job", ID], ["job", ID, "--follow"], ["jobs"]):
            result = prism(*argv)
            assert "\x1b" not in result.out + result.err
            assert "\r" not in result.out + result.err


class TestFollowing:
    """`prism job --follow`."""

    def test_stages_are_shown_as_they_finish_until_the_job_has_ended(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        registry.answer(JOB, RUNNING, COMPLETED)
        claim = event(1, "claimRun", stage="read", attempt=1, staged={"size": 30_000_000, "durationMs": 44})
        registry.answer(events_of(), page(claim, finished(2, "read", next="analyze")))
        registry.answer(events_of(after=2), page(finished(3, "analyze", 3400, next="claim")))
        registry.answer(events_of(after=3), page(event(4, "completeRun", durationMs=5), end=True))

        result = prism("job", ID, "--follow")

        assert result.out == text("""
            stage     44 ms       30.0 MB
            read      1.2 s       1,204 files, 96.0 MB unpacked
            analyze   3.4 s       2 analyzers, 1 failed
            Published widget@1.0.0 in 1.2 s
        """)
        assert (result.status, result.err) == (ExitStatus.OK, f"{ID} (widget@1.0.0) is running\n")
        assert prism.waits == []

    @pytest.mark.parametrize(
        ("before", "waits"),
        [
            pytest.param([[RUNNING]], 0, id="the newest is open"),
            pytest.param([[], [], [RUNNING]], 2, id="there is none yet"),
            pytest.param([[COMPLETED | {"id": "old"}], [RUNNING]], 1, id="the newest has ended"),
            pytest.param(
                [[COMPLETED | {"startedAt": "2025-12-31T21:00:00.000Z"}], [COMPLETED]],
                1,
                id="one has begun and ended between two looks",
            ),
        ],
    )
    def test_without_an_id_it_is_the_job_at_work_or_the_next_one(
        self, prism: Prism, registry: FakeRegistry, before: list[list[dict[str, Any]]], waits: int
    ) -> None:
        registry.answer("GET /v1/jobs?limit=1", *({"jobs": jobs} for jobs in before))
        registry.answer(JOB, COMPLETED)
        registry.answer(events_of(), page(finished(1, "read"), event(2, "completeRun"), end=True))

        result = prism("job", "--follow")

        assert result.out.endswith("Published widget@1.0.0 in 1.2 s\n")
        assert ("waiting for the next job to begin; Ctrl-C stops\n" in result.err) == (waits > 0)
        assert prism.waits == [0.5] * waits

    def test_a_job_that_has_ended_is_shown_from_its_beginning(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        registry.answer(JOB, COMPLETED)
        registry.answer(events_of(), page(finished(1, "read"), event(2, "completeRun"), end=True))

        result = prism("job", ID, "--follow")

        assert (result.status, len(result.out.splitlines())) == (ExitStatus.OK, 2)

    def test_a_failed_attempt_is_told_and_the_next_one_followed(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        registry.answer(
            JOB,
            RUNNING,
            QUEUED,
            QUEUED,
            QUEUED | {"state": "running", "runId": NEXT_RUN},
            COMPLETED | {"runId": NEXT_RUN},
        )
        stop = event(2, "stopRunByError", stage="read", code="busy", message="m", attempt=1, again=True)
        registry.answer(events_of(), page(event(1, "claimRun", stage="read"), stop, end=True))
        registry.answer(events_of(after=2), page(after=2, end=True))
        claim = event(1, "claimRun", stage="analyze", skipped=["read"], attempt=2)
        registry.answer(events_of(NEXT_RUN), page(claim, finished(2, "analyze"), end=True))

        result = prism("job", ID, "--follow")

        assert result.status is ExitStatus.OK
        assert result.err == text(f"""
            {ID} (widget@1.0.0) is running
            attempt 1 failed in read: m (busy); it will be tried again
            going on at analyze; done before: read
        """)
        assert prism.waits == [0.5, 1.0]

    def test_a_job_that_waits_is_waited_for_with_growing_patience(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        waiting = {name: fact for name, fact in QUEUED.items() if name != "runId"}
        registry.answer(JOB, *[Reply(waiting)] * 7, Reply(COMPLETED))
        registry.answer(events_of(), page(event(1, "completeRun"), end=True))

        assert prism("job", ID, "--follow").status is ExitStatus.OK
        assert prism.waits == [0.5, 1, 2, 4, 5, 5, 5]

    def test_a_job_between_two_attempts_is_followed_from_the_next(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        registry.answer(JOB, QUEUED, COMPLETED | {"runId": NEXT_RUN})
        registry.answer(events_of(NEXT_RUN), page(event(1, "completeRun"), end=True))

        assert prism("job", ID, "--follow").status is ExitStatus.OK
        assert events_of() not in registry.requests

    def test_a_worker_that_takes_over_is_told(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer(JOB, COMPLETED)
        over = event(9, "claimRun", stage="analyze", skipped=["read"], attempt=2)
        registry.answer(events_of(), page(event(1, "claimRun", stage="read"), over, end=True))

        assert "another worker has taken over, at analyze\n" in prism("job", ID, "--follow").err

    def test_a_run_that_never_told_its_end_is_left_with_the_job(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        registry.answer(JOB, RUNNING, RUNNING, COMPLETED)
        registry.answer(events_of(), page(), page(), page(finished(1, "read")))

        result = prism("job", ID, "--follow")

        assert result.status is ExitStatus.OK
        assert "read " in result.out

    def test_elsewhere_progress_is_told_in_a_few_lines(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer(JOB, COMPLETED)
        advancing = [
            event(seq, "progress", stage="read", done=seq * 1_000_000, total=20_000_000, unit="bytes")
            for seq in range(1, 21)
        ]
        analyzing = event(
            21, "progress", stage="analyze", done=3, total=10, unit="analyzers", detail="exports"
        )
        registry.answer(events_of(), page(*advancing, analyzing, end=True))

        assert prism("job", ID, "--follow").err == text(f"""
            {ID} (widget@1.0.0) is completed
            read: 5%, 1.0 MB of 20.0 MB
            read: 25%, 5.0 MB of 20.0 MB
            read: 50%, 10.0 MB of 20.0 MB
            read: 75%, 15.0 MB of 20.0 MB
            read: 100%, 20.0 MB of 20.0 MB
            analyze: 30%, 3 of 10 analyzers
        """)

    def test_a_terminal_gets_a_bar_that_makes_room_for_every_line(
        self, prism: Prism, registry: FakeRegistry
    ) -> None:
        registry.answer(JOB, COMPLETED)
        half = event(2, "progress", stage="read", done=1000, total=2000, unit="bytes")
        registry.answer(
            events_of(),
            page(event(1, "claimRun", stage="read"), half, finished(3, "read", next="analyze"), end=True),
        )

        drawn = prism("job", ID, "--follow", tty=True).err.split("\r")

        assert drawn[1:] == [
            "read …\x1b[K",
            "read      ████████████░░░░░░░░░░░░  50%  1.0 kB of 2.0 kB\x1b[K",
            "\x1b[K",
            "analyze …\x1b[K",
            "\x1b[K",
        ]

    def test_json_is_an_event_a_line(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer(JOB, RUNNING, failed("not_gzip"))
        told = [event(1, "claimRun", stage="read", worker="Zoë"), event(2, "stopRunByError", again=False)]
        registry.answer(events_of(), page(*told, end=True))

        result = prism("job", ID, "--follow", "--json")

        assert [json.loads(line) for line in result.out.splitlines()] == told
        assert (result.status, result.err) == (ExitStatus.UNUSABLE_PACKAGE, "")


class TestPatience:
    """A registry that does not answer every time."""

    @pytest.fixture(autouse=True)
    def job(self, registry: FakeRegistry) -> None:
        registry.answer(JOB, COMPLETED)
        registry.answer(events_of(), page(event(1, "claimRun", stage="read")))
        registry.answer(events_of(after=1), page(finished(2, "read")))
        registry.answer(events_of(after=2), page(event(3, "completeRun"), end=True))

    def follow(self, registry: FakeRegistry, lost: set[int]) -> tuple[list[int], str]:
        """Follow the job over a network that loses requests, counted from 1; answers what was told and said."""
        told: list[int] = []
        numbers = count(1)

        def transport(request: HttpRequest) -> HttpResponse:
            if next(numbers) in lost:
                raise Unanswered("no answer in time")
            return send(request)

        env = Environment(stderr=io.StringIO(), transport=transport, clock=Clock(wait=lambda _: None))
        follower = Follower(Registry(registry.url, env), env, lambda event: told.append(event["seq"]))
        assert follower.follow(RUNNING) == COMPLETED
        assert isinstance(env.stderr, io.StringIO)
        return told, env.stderr.getvalue()

    @pytest.mark.parametrize("lost", [{1}, {2}, {3}, {4}, {1, 3, 5}, {2, 3, 4}, {1, 2, 3, 5, 6, 7}])
    def test_a_request_that_is_not_answered_is_sent_again_and_nothing_is_told_twice(
        self, registry: FakeRegistry, lost: set[int]
    ) -> None:
        told, said = self.follow(registry, lost)

        assert told == [1, 2, 3]
        assert said.count("no answer in time; asking again in ") == len(lost)

    def test_four_in_a_row_are_the_end(self, registry: FakeRegistry) -> None:
        with pytest.raises(Unreachable):
            self.follow(registry, {2, 3, 4, 5})

    def test_a_refusal_is_the_end_at_once(self, registry: FakeRegistry) -> None:
        registry.answer(events_of(after=1), problem(403, "forbidden", "no"))

        with pytest.raises(RegistryRefused):
            self.follow(registry, set())


class TestReplaying:
    """`prism job replay`."""

    def test_a_job_is_queued_again(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer(
            f"POST /v1/jobs/{ID}/replay?from=analyze", Reply(QUEUED | {"replayFrom": "analyze"}, 202)
        )

        result = prism("job", "replay", ID, "--from", "analyze")

        assert (result.status, result.out) == (ExitStatus.OK, f"Queued {ID} again, from analyze\n")
        assert result.err == f"`prism job {ID} --follow` shows what happens\n"

    def test_it_says_who_asks(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer(f"POST /v1/jobs/{ID}/replay", Reply(QUEUED | {"replayFrom": "read"}, 202))

        prism("job", "replay", ID, "--publisher-name", "Ada")

        assert registry.asked[0].headers["x-prism-publisher-name"] == "Ada"

    def test_the_new_run_alone_is_followed(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer(f"POST /v1/jobs/{ID}/replay", Reply(QUEUED | {"replayFrom": "read"}, 202))
        registry.answer(JOB, QUEUED, RUNNING | {"runId": NEXT_RUN}, COMPLETED | {"runId": NEXT_RUN})
        registry.answer(events_of(NEXT_RUN), page(event(1, "claimRun", stage="read", attempt=2), end=True))

        result = prism("job", "replay", ID, "--follow")

        assert (result.status, result.out) == (ExitStatus.OK, "Published widget@1.0.0 in 1.2 s\n")
        assert "taken up again, at read\n" in result.err

    def test_json_is_the_answer_as_it_came(self, prism: Prism, registry: FakeRegistry) -> None:
        came = json.dumps(QUEUED, indent=3)
        registry.answer(f"POST /v1/jobs/{ID}/replay", Reply(came, 202))

        result = prism("job", "replay", ID, "--json")

        assert (result.status, result.out, result.err) == (ExitStatus.OK, f"{came}\n", "")

    @pytest.mark.parametrize(
        ("status", "code", "ends", "hint"),
        [
            (404, "job_not_found", ExitStatus.NOT_FOUND, "`prism jobs` lists"),
            (404, "bytes_gone", ExitStatus.NOT_FOUND, "publish the package again"),
            (409, "job_unfinished", ExitStatus.CONFLICT, "--follow waits"),
        ],
    )
    def test_what_cannot_be_done_again_is_told_with_what_to_do(
        self, prism: Prism, registry: FakeRegistry, status: int, code: str, ends: ExitStatus, hint: str
    ) -> None:
        registry.answer(f"POST /v1/jobs/{ID}/replay", problem(status, code, "it cannot be done"))

        result = prism("job", "replay", ID)

        assert result.status is ends
        assert hint in result.err


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0 ms"),
        (999.4, "999 ms"),
        (999.5, "1.0 s"),
        (59_900, "59.9 s"),
        (59_960, "1 min 0 s"),
        (3_725_000, "1 h 2 min"),
    ],
)
def test_durations_are_in_the_unit_that_fits(milliseconds: float, shown: str) -> None:
    assert took(milliseconds) == shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        pytest.param("2026-01-01T00:00:05.000Z", "0 s ago", id="of-a-clock-that-is-ahead"),
        pytest.param("2025-12-31T23:59:01.000Z", "59 s ago", id="seconds"),
        pytest.param("2025-12-31T23:59:00.000Z", "1 min ago", id="minutes"),
        pytest.param("2025-12-31T22:59:00.000Z", "1 h ago", id="hours"),
        pytest.param("2025-12-22T00:00:00.000Z", "10 d ago", id="days"),
    ],
)
def test_ages_are_in_the_unit_that_fits(moment: str, shown: str) -> None:
    assert age(moment, NEW_YEAR) == shown
