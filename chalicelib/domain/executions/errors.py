"""What can go wrong with executions, beyond an id that is none.

NotFound
└── CheckpointNotFound  JobNotFound  RunNotFound  BytesGone
Conflict
├── JobUnfinished         a job that is queued or running is not replayed
└── JobKindUnknown        nor is one that this registry does not know how to do
Unavailable
├── RunHeld               another worker holds the job's lease
└── Overtaken             another worker has taken the run over; whoever hears of it stops
UnreadableRecords         records that are no records; carries everything that could be read
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import Conflict, NotFound, Unavailable
from chalicelib.domain.times import from_milliseconds, timestamp


class CheckpointNotFound(NotFound):
    """The job has no such checkpoint."""

    code = "checkpoint_not_found"
    title = "No such checkpoint"

    def __init__(self, job_id: str, checkpoint_id: str) -> None:
        super().__init__(f"checkpoint not found: {checkpoint_id}", job_id=job_id, checkpoint_id=checkpoint_id)


class JobNotFound(NotFound):
    """No job has this id, or the caller may not see its package."""

    code = "job_not_found"
    title = "No such job"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"no job `{job_id}` is known here; `/v1/jobs` lists them", job_id=job_id)


class JobUnreadable(JobNotFound):
    """The record of the job is there and is none."""

    def __init__(self, job_id: str, reason: str) -> None:
        NotFound.__init__(
            self,
            f"the record of the job `{job_id}` cannot be read; publish the package again, which writes it anew",
            job_id=job_id,
            reason=reason,
        )


class RunNotFound(NotFound):
    """The job has no such run."""

    code = "run_not_found"
    title = "No such run"

    def __init__(self, job_id: str, run_id: str) -> None:
        super().__init__(
            f"the job `{job_id}` has no run `{run_id}`; `/v1/jobs/{job_id}/runs` lists them",
            job_id=job_id,
            run_id=run_id,
        )


class BytesGone(NotFound):
    """What a job was about is kept no longer."""

    code = "bytes_gone"
    title = "The bytes are gone"

    def __init__(self, job_id: str) -> None:
        super().__init__(
            f"the tarball that the job `{job_id}` was about is kept no longer; publish it again",
            job_id=job_id,
        )


class JobUnfinished(Conflict):
    """The job is still to be done, so there is nothing to replay."""

    code = "job_unfinished"
    title = "The job is not finished"

    def __init__(self, job_id: str, state: str) -> None:
        super().__init__(
            f"the job `{job_id}` is {state}; wait for its end, and replay it then", job_id=job_id, state=state
        )


class JobKindUnknown(Conflict):
    """The job is of a kind that this registry keeps and does not work on."""

    code = "job_kind_unknown"
    title = "The job is of a kind that is not known here"

    def __init__(self, job_id: str) -> None:
        super().__init__(
            f"the job `{job_id}` is of a kind that this registry does not know; leave it to the workers who do",
            job_id=job_id,
        )


class RunHeld(Unavailable):
    """Another worker is at work on the job; it may be taken over once its lease has ended."""

    code = "run_held"
    title = "Another worker is at work"

    def __init__(self, job_id: str, deadline: int) -> None:
        until = timestamp(from_milliseconds(deadline))
        super().__init__(f"the job `{job_id}` is being worked on until `{until}`", job_id=job_id, until=until)


class Overtaken(Unavailable):
    """Another worker has taken the run over; nothing was written, and this worker is to stop."""

    code = "overtaken"
    title = "Another worker has taken over"

    def __init__(self, job_id: str, run_id: str) -> None:
        super().__init__(
            f"another worker has taken over the run `{run_id}` of the job `{job_id}`",
            job_id=job_id,
            run_id=run_id,
        )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object that should be a record and is none, and why."""

    key: str
    reason: str


class UnreadableRecords(Exception):
    """Some records cannot be read; `found` is what the call would have answered without them.

    Raised once everything else was read, so a caller that can do with less takes `found` and says so.
    """

    def __init__(self, unreadable: Sequence[Unreadable], found: Any = None) -> None:
        self.unreadable = tuple(unreadable)
        self.found = found
        first = self.unreadable[0]
        more = f", and {len(self.unreadable) - 1} more" if len(self.unreadable) > 1 else ""
        super().__init__(f"`{first.key}` cannot be read{more}: {first.reason}")
