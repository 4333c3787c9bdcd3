"""`prism job --follow`: how a job is followed to its end."""

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
from chalicelib.cli.transport import HttpRequest, HttpResponse, Unanswered, send
from tests.cli.conftest import Prism, text
from tests.cli.fake_registry import FakeRegistry, Reply, problem
from tests.cli.jobs.records import (
    COMPLETED,
    ID,
    JOB,
    NEXT_RUN,
    QUEUED,
    RUNNING,
    event,
    events_of,
    failed,
    finished,
    page,
)


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
