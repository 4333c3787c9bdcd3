"""Records of executions have Perstack's shapes, and what publishing needs beside."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.domain.executions.records import Checkpoint, Event, Failure, Job

PERSTACK: dict[type, dict[str, Any]] = {
    Job: {
        "id": "job-1",
        "status": "stoppedByMaxSteps",
        "coordinatorExpertKey": "@acme/expert@1.0.0",
        "totalSteps": 3,
        "maxSteps": 3,
        "usage": {
            "inputTokens": 1,
            "outputTokens": 2,
            "reasoningTokens": 0,
            "totalTokens": 3,
            "cachedInputTokens": 0,
        },
        "startedAt": 1_700_000_000_000,
        "finishedAt": 1_700_000_000_001,
    },
    Checkpoint: {
        "id": "c1",
        "jobId": "job-1",
        "runId": "run-1",
        "status": "stoppedByDelegate",
        "stepNumber": 2,
        "messages": [
            {"type": "user", "id": "m", "contents": [{"type": "text", "text": "hi"}], "cache": True}
        ],
        "expert": {"key": "e@1", "name": "e", "version": "1"},
        "delegateTo": [{"expert": {"key": "f"}, "toolCallId": "t", "toolName": "f", "query": "q"}],
        "delegatedBy": {"expert": {"key": "g"}, "toolCallId": "t", "checkpointId": "c0", "runId": "run-0"},
        "contextWindow": 1000,
        "contextWindowUsage": 0.25,
        "pendingToolCalls": [{"id": "t", "skillName": "s", "toolName": "n", "args": {"a": None}}],
        "partialToolResults": [{"id": "t", "result": []}],
        "metadata": {"runtime": "docker", "anything": [1]},
        "error": {"name": "E", "message": "m", "statusCode": 429, "isRetryable": True},
        "retryCount": 1,
    },
    Event: {
        "id": "e1",
        "expertKey": "e",
        "timestamp": 1_700_000_000_000,
        "jobId": "job-1",
        "runId": "run-1",
        "stepNumber": 0,
        "type": "stopRunByExceededMaxSteps",
        "checkpoint": {"id": "c1"},
    },
}


FAILURE = {"name": "Failed", "message": "it failed"}


@pytest.mark.parametrize("kind", PERSTACK, ids=lambda kind: kind.__name__)
def test_a_record_of_perstacks_comes_back_as_it_was(kind: Any) -> None:
    given = PERSTACK[kind]

    assert json.loads(kind.from_bytes(json.dumps(given).encode()).to_bytes()) == given


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "running"}, "running"),
        ({"status": "running", "attempts": 0}, "queued"),
        ({"status": "running", "attempts": 1}, "running"),
        ({"status": "completed", "attempts": 0}, "completed"),
        ({"status": "stoppedByError"}, "failed"),
        ({"status": "stoppedByMaxSteps"}, "stopped"),
        ({"status": "stoppedByInteractiveTool"}, "stopped"),
    ],
)
def test_the_state_of_a_job_follows_from_its_status(fields: dict[str, Any], state: str) -> None:
    assert Job.model_validate({"id": "job-1", "startedAt": 1, **fields}).state == state


@pytest.mark.parametrize(
    ("fields", "is_open", "may_go_on"),
    [
        pytest.param({"attempts": 0}, True, True, id="queued"),
        pytest.param({"attempts": 1}, True, True, id="running"),
        pytest.param({"attempts": 1, "error": FAILURE}, True, True, id="between-two-attempts"),
        pytest.param({"status": "stoppedByError", "error": FAILURE}, False, False, id="refused"),
        pytest.param(
            {"status": "stoppedByError", "error": {**FAILURE, "isRetryable": True}},
            False,
            True,
            id="given-up",
        ),
        pytest.param({"status": "stoppedByError"}, False, False, id="failed-for-no-known-reason"),
        pytest.param({"status": "stoppedByMaxSteps"}, False, False, id="stopped"),
        pytest.param({"status": "completed"}, False, False, id="completed"),
    ],
)
def test_an_open_job_may_go_on_and_one_that_failed_where_a_repeat_may_help(
    fields: dict[str, Any], is_open: bool, may_go_on: bool
) -> None:
    job = Job.model_validate({"id": "job-1", "startedAt": 1, **fields})

    assert (job.is_open, job.may_go_on) == (is_open, may_go_on)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"id": "../x"}, id="id-that-climbs"),
        pytest.param({"startedAt": -1}, id="time-before-1970"),
        pytest.param({"startedAt": 10**15}, id="time-too-long-for-a-key"),
        pytest.param({"startedAt": 1.5}, id="part-of-a-millisecond"),
        pytest.param({"name": "../x"}, id="package-that-climbs"),
        pytest.param({"name": "Widget"}, id="package-not-in-its-normal-form"),
        pytest.param({"status": "lost"}, id="unknown-status"),
    ],
)
def test_a_job_that_could_have_no_key_is_none(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Job.model_validate({"id": "job-1", "startedAt": 1, **fields})


@pytest.mark.parametrize("type", ["", "a.b", "a/b", "-a", "a b", "\u00e4", "a\n", "x" * 65])
def test_a_type_that_could_have_no_key_is_none(type: str) -> None:
    with pytest.raises(ValidationError):
        Event.model_validate({**PERSTACK[Event], "type": type})


def test_a_record_is_changed_as_a_new_one_is_made() -> None:
    before = Job.model_validate({"id": "job-1", "startedAt": 1, "later": True})

    after = before.changed(status="stoppedByError", error={"name": "E", "message": "m", "isRetryable": True})

    assert after.error == Failure(name="E", message="m", is_retryable=True)
    assert after.model_extra == {"later": True}
    with pytest.raises(ValidationError):
        before.changed(status="lost")
