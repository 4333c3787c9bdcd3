"""`prism job`: what it shows, and how it ends."""

import json
from typing import Any

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism, text
from tests.cli.fake_registry import FakeRegistry, Reply, problem
from tests.cli.jobs.records import (
    CHECKPOINTS,
    COMPLETED,
    ID,
    JOB,
    RUN,
    RUNNING,
    STAGES,
    event,
    events_of,
    failed,
    kept,
    page,
)


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
