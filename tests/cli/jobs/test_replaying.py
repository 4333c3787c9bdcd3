"""`prism job replay`: a job is done again."""

import json

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism
from tests.cli.fake_registry import FakeRegistry, Reply, problem
from tests.cli.jobs.records import COMPLETED, ID, JOB, NEXT_RUN, QUEUED, RUNNING, event, events_of, page


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
