"""Jobs, their checkpoints and events, as the registry tells them."""

from typing import Any

from tests.cli.fake_registry import Reply

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
