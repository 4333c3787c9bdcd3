"""Leases over a store: of any number of workers who want a run, one has it."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from chalicelib import telemetry
from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.executions.errors import Overtaken, RunHeld, UnreadableRecords
from chalicelib.domain.executions.identity import check_id
from chalicelib.domain.executions.leases import Lease, RunClaim, next_lease, run_name
from chalicelib.domain.executions.names import (
    lease_name,
    numbered_name,
    parse_lease_name,
    parse_numbered_name,
)
from chalicelib.domain.executions.records import Event
from chalicelib.stores.executions.events import Events

LEASE_MS: Final = 60_000
"""How long a worker has a run before it must renew its lease, unless it says otherwise."""
Facts = Callable[[Lease], Mapping[str, Any]]

CLAIMED: Final = "claimRun"
"""The event by which a worker who takes a run over makes the next write of the one before it fail."""

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.executions")


class Leases(Events):
    """The leases of jobs."""

    def claim_run(
        self,
        job_id: str,
        worker: str,
        *,
        duration_ms: int = LEASE_MS,
        facts: Facts | None = None,
        is_new: bool = False,
    ) -> RunClaim:
        """Take up a job: begin a run, or take over the one whose worker has not renewed its lease in time.

        `worker` names one invocation; claiming again under the same name answers the claim that it has. `facts` are
        told by the event that begins the hold, and asked for once the lease is won. For a job that `is_new` the first
        lease is tried without a listing. Raises RunHeld while another worker holds the job. Who held it before is
        Overtaken at its next write, or a few writes later if it is writing at that moment; the log may then lack some
        numbers. A lease that cannot be read keeps nobody out.
        """
        while True:
            newest = None if is_new else self._newest(job_id)
            is_new, now = False, self._now()
            if newest is not None and not newest.ended(now):
                if newest.worker != worker:
                    raise RunHeld(job_id, newest.deadline)
                return self._entered(newest) or self._enter(newest, self._last_seq(newest), facts)
            lease = next_lease(job_id, newest, worker=worker, now=now, duration=duration_ms)
            if self._grant(lease):
                return self._enter(lease, self._last_seq(lease), facts)

    def renew_run(self, lease: Lease, *, duration_ms: int = LEASE_MS) -> Lease:
        """Keep a run for longer; raises Overtaken if another worker has it now."""
        return self._succeed(lease, lease.renewed(self._now(), duration_ms))

    def release_run(self, lease: Lease) -> Lease:
        """Give a job back, so that the next claim need not wait and begins a new run; raises Overtaken."""
        return self._succeed(lease, lease.given_back(self._now()))

    def current_lease(self, job_id: str) -> Lease | None:
        """Answer the newest lease of a job, or None; one listing and one read. Raises UnreadableRecords."""
        prefix = self._keys.leases(check_id(job_id, "job"))
        for name in self._names(prefix, limit=1):
            found = self._find(prefix + name, partial(_parse, job_id, name))
            return found.record if found else None
        return None

    def _newest(self, job_id: str) -> Lease | None:
        """Answer the newest lease of a job; in place of one that cannot be read, what it must have been, at its end."""
        try:
            return self.current_lease(job_id)
        except UnreadableRecords as error:
            _LOG.warning("a lease cannot be read, and counts as ended: %s", error)
            return self._surmised(job_id)

    def _surmised(self, job_id: str) -> Lease | None:
        """Answer what the newest lease must have been, given the last one that can be read."""
        prefix, newest, lease = self._keys.leases(job_id), 0, None
        for name in self._names(prefix):
            newest = newest or parse_lease_name(name) or 0
            try:
                found = self._find(prefix + name, partial(_parse, job_id, name))
            except UnreadableRecords:
                continue
            lease = found.record if found else None
            break
        for _ in range(lease.number if lease else 0, newest):
            lease = next_lease(job_id, lease, worker="", now=0, duration=0)
        return lease

    def _grant(self, lease: Lease) -> bool:
        return self._create(self._keys.leases(lease.job_id) + lease_name(lease.number), lease.to_bytes())

    def _succeed(self, lease: Lease, following: Lease) -> Lease:
        if self._grant(following):
            return following
        newest = self._newest(lease.job_id)
        # A write whose answer was lost, tried again.
        if newest is None or not newest.is_of(lease) or newest.released != following.released:
            raise Overtaken(lease.job_id, lease.run_id)
        return newest

    def _last_seq(self, lease: Lease) -> int:
        """Answer the number of the last event of a run that was just taken up, by the names in its log alone."""
        if lease.run_id == run_name(lease.epoch):
            return 0  # the run begins with this lease, so there is no log to list
        return max(map(_seq, self._names(self._log(lease.job_id, lease.run_id))), default=0)

    def _entered(self, lease: Lease) -> RunClaim | None:
        """Answer the claim of a worker who has written in the run under this lease, or None."""
        last = self.last_event(lease.job_id, lease.run_id)
        return RunClaim(lease, last.seq or 0) if last and last.epoch == lease.epoch else None

    def _enter(self, lease: Lease, last_seq: int, facts: Facts | None) -> RunClaim:
        """Write the event that makes the next write of the run's last worker fail."""
        told = {"worker": lease.worker, "attempt": lease.attempt, **(facts(lease) if facts else {})}
        seq, leap = 1 + last_seq, 1
        log = self._log(lease.job_id, lease.run_id)
        # Whoever had the run may be writing on, as fast as this does: one number at a time would never get ahead.
        while not self._create(log + numbered_name(seq), self._claimed(lease, seq, told).to_bytes()):
            seq, leap = seq + leap, leap * 2
        return RunClaim(lease, seq)

    def _claimed(self, lease: Lease, seq: int, told: Mapping[str, Any]) -> Event:
        return Event(
            id=f"{lease.run_id}-{seq:08d}",
            job_id=lease.job_id,
            run_id=lease.run_id,
            timestamp=self._now(),
            step_number=seq,
            type=CLAIMED,
            seq=seq,
            epoch=lease.epoch,
            payload=dict(told),
        )


def _seq(name: str) -> int:
    return parse_numbered_name(name) or 0


def _parse(job_id: str, name: str, data: bytes) -> Lease:
    lease = Lease.from_bytes(data)
    if lease.job_id != job_id or lease_name(lease.number) != name:
        raise UnreadableDocument("Lease", f"it says that it is number {lease.number} of `{lease.job_id}`")
    return lease
