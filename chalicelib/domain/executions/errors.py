"""What can go wrong with executions, beyond an id that is none.

NotFound
└── CheckpointNotFound
Unavailable
├── RunHeld               another worker holds the job's lease
└── Overtaken             another worker has taken the run over; whoever hears of it stops
UnreadableRecords         records that are no records; carries everything that could be read
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.times import timestamp


class CheckpointNotFound(NotFound):
    """The job has no such checkpoint."""

    code = "checkpoint_not_found"
    title = "No such checkpoint"

    def __init__(self, job_id: str, checkpoint_id: str) -> None:
        super().__init__(f"checkpoint not found: {checkpoint_id}", job_id=job_id, checkpoint_id=checkpoint_id)


class RunHeld(Unavailable):
    """Another worker is at work on the job; it may be taken over once its lease has ended."""

    code = "run_held"
    title = "Another worker is at work"

    def __init__(self, job_id: str, deadline: int) -> None:
        until = timestamp(datetime.fromtimestamp(deadline / 1000, UTC))
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
