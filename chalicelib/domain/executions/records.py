"""The records of executions, in the shapes of Perstack, and with what publishing needs beside.

A job is something to be done; runs work on it; a checkpoint is a finished step of a run and what is needed to go on
after it; an event is something that happened in a run. Fields that only one kind of execution has are optional: a
language model's (messages, usage, experts) are absent from the publishing of a package, and the other way round.
Unknown fields are kept. Times are milliseconds since 1970.
"""

from typing import Any, Literal, Self

from chalicelib.domain.document import Document
from chalicelib.domain.executions.identity import EventType, Id, Milliseconds, Number, Package, Step
from chalicelib.domain.manifest import Publisher

JobStatus = Literal["running", "completed", "stoppedByMaxSteps", "stoppedByInteractiveTool", "stoppedByError"]
JobState = Literal["queued", "running", "completed", "stopped", "failed"]
CheckpointStatus = Literal[
    "init",
    "proceeding",
    "completed",
    "stoppedByInteractiveTool",
    "stoppedByDelegate",
    "stoppedByExceededMaxSteps",
    "stoppedByError",
]

_STATES: dict[str, JobState] = {
    "running": "running",
    "completed": "completed",
    "stoppedByError": "failed",
    "stoppedByMaxSteps": "stopped",
    "stoppedByInteractiveTool": "stopped",
}


class Record(Document):
    """What all records have in common."""

    def checked(self) -> Self:
        """Answer the record if it is valid, as one copied without validation may not be; raises ValidationError."""
        return self.changed()

    def changed(self, **fields: Any) -> Self:
        """Answer the record with other fields, checked as new ones are."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return self.model_validate({**values, **(self.model_extra or {}), **fields})


class Failure(Record):
    """Why something failed: its stable code, whether a repeat may help, and in which stage of publishing it was."""

    name: str
    message: str
    code: str | None = None
    is_retryable: bool = False
    status_code: int | None = None
    stage: str | None = None


class Usage(Record):
    """What a language model has used, in tokens."""

    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    total_tokens: int = 0
    cached_input_tokens: int = 0


class Job(Record):
    """Something to be done.

    What is published is `name`, `version`, `digest` and `size`, as far as they are known; `source` and `publisher` say
    whence, `tag` is the dist-tag that was asked for, and `attested` says that an attestation came with it. `attempts`
    counts the workers who have taken the job up since it was last queued, `worker` is the one that has it now, `run_id`
    the last run, `stage` the last one begun when the job was stored, and `error` why the last attempt failed, until
    the next. `replays` counts how often the job was done again after its end, the last time from the stage
    `replay_from`. The fields from `coordinator_expert_key` to `usage` are a language model's.
    """

    id: Id
    type: str | None = None
    status: JobStatus = "running"
    started_at: Milliseconds
    finished_at: Milliseconds | None = None
    name: Package | None = None
    version: str | None = None
    digest: str | None = None
    size: int | None = None
    source: str | None = None
    publisher: Publisher | None = None
    tag: str | None = None
    attested: bool | None = None
    stage: str | None = None
    attempts: int | None = None
    worker: str | None = None
    run_id: Id | None = None
    replays: int | None = None
    replay_from: str | None = None
    error: Failure | None = None
    coordinator_expert_key: str | None = None
    total_steps: int = 0
    max_steps: int | None = None
    usage: Usage | None = None

    @property
    def state(self) -> JobState:
        """What listings tell jobs apart by: the status in short, and `queued` before an attempt and between two."""
        if self.status == "running" and (self.attempts == 0 or self.error is not None):
            return "queued"
        return _STATES[self.status]

    @property
    def is_open(self) -> bool:
        """Whether the job is still to be done: it waits for a worker, or has one."""
        return self.state in {"queued", "running"}

    @property
    def may_go_on(self) -> bool:
        """Whether a worker may take the job up, now or when it is asked for again: it is open, or a repeat may help."""
        return self.is_open or (self.state == "failed" and self.error is not None and self.error.is_retryable)


class Checkpoint(Record):
    """A step of a run, and what is needed to go on after it.

    A finished stage of publishing has its `stage`, the digest of what went in, its outputs, the worker, when and how
    long it ran, and how often the job had been replayed by then. The fields from `expert` to `partial_tool_results`
    are a language model's.
    """

    id: Id
    job_id: Id
    run_id: Id
    status: CheckpointStatus
    step_number: Step
    stage: str | None = None
    input_digest: str | None = None
    outputs: dict[str, Any] | None = None
    worker: str | None = None
    started_at: Milliseconds | None = None
    finished_at: Milliseconds | None = None
    duration_ms: int | None = None
    replays: int | None = None
    error: Failure | None = None
    retry_count: int | None = None
    metadata: dict[str, Any] | None = None
    expert: dict[str, Any] | None = None
    messages: list[dict[str, Any]] | None = None
    usage: Usage | None = None
    context_window: int | None = None
    context_window_usage: float | None = None
    delegate_to: list[dict[str, Any]] | None = None
    delegated_by: dict[str, Any] | None = None
    pending_tool_calls: list[dict[str, Any]] | None = None
    partial_tool_results: list[dict[str, Any]] | None = None


class Event(Record):
    """Something that happened in a run.

    A numbered event has its place `seq` in the run's log, from 1, the `epoch` of the lease it was written under, and
    its facts in `payload`. `expert_key` is a language model's.
    """

    id: str
    job_id: Id
    run_id: Id
    timestamp: Milliseconds
    step_number: Step
    type: EventType
    expert_key: str | None = None
    seq: Number | None = None
    epoch: Number | None = None
    payload: dict[str, Any] | None = None


class EventMeta(Record):
    """What an event's key tells of it.

    `number` tells apart events of one moment, step and type, from 1 for the second one; `seq` is the place of a
    numbered event in its run's log.
    """

    timestamp: Milliseconds
    step_number: Step
    type: EventType
    number: Number | None = None
    seq: Number | None = None
