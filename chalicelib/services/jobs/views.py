"""What is told of jobs, runs, checkpoints and events, with times as text and without what only workers need."""

from typing import Any, Final, Literal

from pydantic import Field

from chalicelib.domain.document import Document
from chalicelib.domain.executions.leases import Lease
from chalicelib.domain.executions.records import (
    Checkpoint,
    CheckpointStatus,
    Event,
    Failure,
    Job,
    JobState,
    JobStatus,
)
from chalicelib.domain.executions.run_settings import RunSetting
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.times import from_milliseconds, timestamp

RunState = Literal["running", "completed", "failed"]

ENDINGS: Final[dict[str, RunState]] = {"completeRun": "completed", "stopRunByError": "failed"}
"""The events that end a run, and what has become of it then."""

DOCUMENTS: Final = "documents"
"""What a checkpoint keeps for whoever goes on from it, and for nobody else."""


class UnreadableRecord(Document):
    """An object that should be a record and is none."""

    key: str
    reason: str


class Damaged(Document):
    """An answer that may lack something: `unreadable` are the records that cannot be read."""

    unreadable: list[UnreadableRecord] | None = None


class JobError(Document):
    """Why the last attempt at a job failed; `isRetryable` says whether another attempt may succeed."""

    code: str | None = None
    name: str
    message: str
    is_retryable: bool
    stage: str | None = None


class JobProgress(Document):
    """The last that a run told: the number of that event, and how much of a long stage is done."""

    stage: str | None = None
    seq: int
    done: int | None = None
    total: int | None = None
    unit: str | None = None
    at: str


class JobLease(Document):
    """Which worker has a job, and until when unless it renews its lease."""

    worker: str
    until: str


class JobView(Damaged):
    """A job; asked for by its id, one that runs tells its stage of this moment, its `progress` and its `lease`."""

    id: str
    state: JobState
    status: JobStatus
    name: str | None = None
    version: str | None = None
    digest: str | None = None
    source: str | None = None
    publisher: Publisher | None = None
    tag: str | None = None
    stage: str | None = None
    attempts: int | None = None
    worker: str | None = None
    run_id: str | None = None
    replays: int | None = None
    replay_from: str | None = None
    started_at: str
    finished_at: str | None = None
    duration_ms: int | None = None
    error: JobError | None = None
    progress: JobProgress | None = None
    lease: JobLease | None = None


class JobList(Damaged):
    """A page of jobs, the newest first; `next` is the cursor of the page after it."""

    jobs: list[JobView]
    next: str | None = None


class RunView(Document):
    """One attempt at a job, begun at the stage `from`; `state` is absent where its events do not tell it."""

    id: str
    state: RunState | None = None
    worker: str | None = None
    begun_from: str | None = Field(default=None, alias="from")
    attempt: int | None = None
    started_at: str
    updated_at: str


class RunList(Damaged):
    """The runs of a job, the first one first."""

    runs: list[RunView]


class CheckpointView(Document):
    """A finished stage, and the facts it came to."""

    id: str
    run_id: str
    stage: str | None = None
    status: CheckpointStatus
    step_number: int
    worker: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    duration_ms: int | None = None
    input_digest: str | None = None
    replays: int | None = None
    outputs: dict[str, Any] | None = None


class CheckpointList(Damaged):
    """The checkpoints of a job, in the order of the stages."""

    checkpoints: list[CheckpointView]


class EventView(Document):
    """Something that happened in a run; `seq` is its place in the run's log."""

    seq: int
    at: str
    type: str
    stage: str | None = None
    payload: dict[str, Any]


class EventPage(Damaged):
    """What follows an event of a run; `next` is the one to ask after then, `end` says that the run has ended."""

    events: list[EventView]
    next: int
    end: bool


def job_view(job: Job) -> JobView:
    """Answer what a job's record tells."""
    took = None if job.finished_at is None else max(job.finished_at - job.started_at, 0)
    return JobView(
        id=job.id,
        state=job.state,
        status=job.status,
        name=job.name,
        version=job.version,
        digest=job.digest,
        source=job.source,
        publisher=job.publisher,
        tag=job.tag,
        stage=job.stage,
        attempts=job.attempts,
        worker=job.worker,
        run_id=job.run_id,
        replays=job.replays,
        replay_from=job.replay_from,
        started_at=_moment(job.started_at),
        finished_at=_moment_if_any(job.finished_at),
        duration_ms=took,
        error=_error(job.error) if job.error else None,
    )


def running_view(job: Job, lease: Lease | None, last: Event | None) -> JobView:
    """Answer a job that runs: what its lease and the last event of its run tell is newer than its record."""
    progress = _progress(last) if last else None
    return job_view(job).model_copy(
        update={
            "run_id": lease.run_id if lease else job.run_id,
            "stage": (progress.stage if progress else None) or job.stage,
            "progress": progress,
            "lease": _lease(lease) if lease and not lease.released else None,
        }
    )


def run_view(run: RunSetting, last: Event | None, job: Job) -> RunView:
    """Answer a run, of which `last` is the last event."""
    given, current = run.input or {}, job.run_id == run.run_id
    state = ENDINGS.get(last.type) if last else None
    return RunView(
        id=run.run_id,
        state="running" if state is None and current and job.state == "running" else state,
        worker=job.worker if current else None,
        begun_from=_text(given.get("from")),
        attempt=_number(given.get("attempt")),
        started_at=_moment(run.started_at),
        updated_at=_moment(run.updated_at),
    )


def checkpoint_view(checkpoint: Checkpoint) -> CheckpointView:
    """Answer a checkpoint without its documents."""
    outputs = checkpoint.outputs
    return CheckpointView(
        id=checkpoint.id,
        run_id=checkpoint.run_id,
        stage=checkpoint.stage,
        status=checkpoint.status,
        step_number=checkpoint.step_number,
        worker=checkpoint.worker,
        started_at=_moment_if_any(checkpoint.started_at),
        finished_at=_moment_if_any(checkpoint.finished_at),
        duration_ms=checkpoint.duration_ms,
        input_digest=checkpoint.input_digest,
        replays=checkpoint.replays,
        outputs=outputs and {name: fact for name, fact in outputs.items() if name != DOCUMENTS},
    )


def event_view(event: Event) -> EventView:
    """Answer a numbered event."""
    payload = event.payload or {}
    return EventView(
        seq=event.seq or 0,
        at=_moment(event.timestamp),
        type=event.type,
        stage=_text(payload.get("stage")),
        payload=payload,
    )


def _moment(milliseconds: int) -> str:
    return timestamp(from_milliseconds(milliseconds))


def _moment_if_any(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else _moment(milliseconds)


def _error(error: Failure) -> JobError:
    return JobError(
        code=error.code,
        name=error.name,
        message=error.message,
        is_retryable=error.is_retryable,
        stage=error.stage,
    )


def _lease(lease: Lease) -> JobLease:
    return JobLease(worker=lease.worker, until=_moment(lease.deadline))


def _progress(last: Event) -> JobProgress:
    payload = last.payload or {}
    # A stage that was finished names the one that has begun by it.
    stage = payload.get("next") or payload.get("stage")
    return JobProgress(
        stage=_text(stage),
        seq=last.seq or 0,
        done=_number(payload.get("done")),
        total=_number(payload.get("total")),
        unit=_text(payload.get("unit")),
        at=_moment(last.timestamp),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
