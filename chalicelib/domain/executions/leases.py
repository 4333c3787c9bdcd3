"""Leases: who works on a job, and until when.

Leases of a job are numbered from 1, and each is written once: taking a run over and keeping it both mean to create the
lease with the next number, which one worker can. The newest lease is the one that counts. The number with which a
worker's hold began is its epoch, and goes into every event that is written under it.
"""

from dataclasses import dataclass
from typing import Final

from chalicelib.domain.executions.identity import Id, Milliseconds, Number
from chalicelib.domain.executions.records import Record

MARGIN: Final = 12
"""The part of a lease's time, a twelfth, that is added to its end, since the clocks of two workers differ."""


class Lease(Record):
    """A worker's right to a run until `deadline`, by the worker's clock, in milliseconds since 1970.

    `attempt` counts the workers who took the job up; `released` says that its holder gave it back, and that whoever
    comes next begins a new run.
    """

    job_id: Id
    run_id: Id
    number: Number
    epoch: Number
    attempt: int
    worker: str
    granted_at: Milliseconds
    deadline: Milliseconds
    released: bool = False

    def ended(self, now: int) -> bool:
        """Tell whether somebody else may take over: after the deadline, and as much later as clocks may differ."""
        return self.released or now >= self.deadline + (self.deadline - self.granted_at) // MARGIN

    def renewed(self, now: int, duration: int) -> "Lease":
        """Answer the lease by which the same worker goes on."""
        return self.changed(number=self.number + 1, granted_at=now, deadline=now + duration)

    def given_back(self, now: int) -> "Lease":
        """Answer the lease that ends the run for others."""
        return self.changed(number=self.number + 1, granted_at=now, deadline=now, released=True)

    def is_of(self, other: "Lease") -> bool:
        """Tell whether both are of one worker's hold on one run."""
        return (self.job_id, self.epoch) == (other.job_id, other.epoch)


@dataclass(frozen=True, slots=True)
class RunClaim:
    """A run that was won: the lease, and the number of the last event in the run's log, the one that tells of it."""

    lease: Lease
    seq: int


def next_lease(job_id: str, previous: Lease | None, *, worker: str, now: int, duration: int) -> Lease:
    """Answer the lease of a worker who takes a job up; what its last holder did not give back is the same run.

    A new run is named after the epoch in which it begins, so no two runs of a job have one name.
    """
    number = previous.number + 1 if previous else 1
    return Lease(
        job_id=job_id,
        run_id=previous.run_id if previous and not previous.released else run_name(number),
        number=number,
        epoch=number,
        attempt=previous.attempt + 1 if previous else 1,
        worker=worker,
        granted_at=now,
        deadline=now + duration,
    )


def run_name(epoch: int) -> str:
    """Answer the id of the run that begins with an epoch."""
    return f"run-{epoch:08d}"
