"""A worker's hold on a run: it writes the log, keeps the lease while the work goes on, and tells how far it is."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from chalicelib.domain.executions.errors import Overtaken
from chalicelib.domain.executions.leases import Lease, RunClaim
from chalicelib.domain.executions.records import Job
from chalicelib.domain.times import milliseconds
from chalicelib.stores.executions import Executions

PROGRESS_SECONDS: Final = 1.0
"""How much time passes between two events that tell how far a stage is; what is over sooner tells nothing."""


class Hold:
    """Writes under one lease; everything it writes raises Overtaken once another worker has the run."""

    def __init__(
        self, executions: Executions, claim: RunClaim, *, lease_ms: int, now: Callable[[], datetime]
    ) -> None:
        self._executions = executions
        self._lease = claim.lease
        self._seq = claim.seq
        self._lease_ms = lease_ms
        self._now = now

    @property
    def lease(self) -> Lease:
        """The lease as it was granted or renewed last."""
        return self._lease

    def now(self) -> int:
        """Answer the time in milliseconds since 1970."""
        return milliseconds(self._now())

    def tell(self, kind: str, step: int | None = None, **payload: Any) -> None:
        """Write the next event of the run."""
        told = {name: fact for name, fact in payload.items() if fact is not None}
        try:
            self._append(kind, step, told)
        except Overtaken:
            if not self._is_ours(self._seq + 1):
                raise
            # The last event was written, and only the answer was lost.
            self._seq += 1
            self._append(kind, step, told)

    def _append(self, kind: str, step: int | None, told: dict[str, Any]) -> None:
        lease = self._lease
        self._executions.append_event(
            lease.job_id, lease.run_id, self._seq + 1, kind, epoch=lease.epoch, payload=told, step=step
        )
        self._seq += 1

    def _is_ours(self, seq: int) -> bool:
        there = self._executions.page_events(self._lease.job_id, self._lease.run_id, after=seq - 1, limit=1)
        return bool(there) and (there[0].seq, there[0].epoch) == (seq, self._lease.epoch)

    def store(self, job: Job) -> None:
        """Write the job, unless somebody who has taken it over has done so."""
        self.replace(job)()

    def replace(self, job: Job) -> Callable[[], None]:
        """Write the job like `store`; answers what removes the places in listings that it has left."""
        return self._executions.replace_job(job, check=self._check)

    def _check(self) -> None:
        newest = self._executions.current_lease(self._lease.job_id)
        if newest is None or not newest.is_of(self._lease):
            raise Overtaken(self._lease.job_id, self._lease.run_id)

    def keep(self) -> None:
        """Renew the lease once half of its time is over."""
        if self.now() > self._lease.deadline - self._lease_ms // 2:
            self._lease = self._executions.renew_run(self._lease, duration_ms=self._lease_ms)

    def release(self) -> None:
        """Give the job back."""
        self._lease = self._executions.release_run(self._lease)


class Watch:
    """What a stage says of itself while it lasts, which also keeps its worker's lease."""

    def __init__(
        self, hold: Hold, stage: str, step: int, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._hold = hold
        self._stage = stage
        self._step = step
        self._monotonic = monotonic
        self._told = monotonic()

    def tell(self, done: int, total: int, unit: str, detail: str | None = None) -> None:
        """Say how much of a stage is done; cheap enough to be called for every piece of it."""
        self._hold.keep()
        now = self._monotonic()
        if now - self._told < PROGRESS_SECONDS:
            return
        self._told = now
        self._hold.tell(
            "progress", self._step, stage=self._stage, done=done, total=total, unit=unit, detail=detail
        )

    def bytes(self, chunks: Iterable[bytes], total: int) -> Iterator[bytes]:
        """Pass bytes on, and say how many have gone by."""
        done = 0
        for chunk in chunks:
            yield chunk
            done += len(chunk)
            self.tell(done, total, "bytes")
