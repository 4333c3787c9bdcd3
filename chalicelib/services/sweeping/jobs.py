"""Jobs that nobody works on: those whose worker is silent, and those that wait for one."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.executions.errors import Overtaken, RunHeld, UnreadableRecords
from chalicelib.domain.executions.names import SUFFIX, JobPlace
from chalicelib.domain.executions.records import Job, JobState
from chalicelib.domain.sweeping import Position
from chalicelib.domain.times import milliseconds
from chalicelib.services.sweeping.tasks import Candidate
from chalicelib.stores.executions import Executions
from chalicelib.stores.sweeping import Lying, Rooms

STATES: Final[tuple[JobState, ...]] = ("running", "queued")
PATIENCE: Final = timedelta(minutes=1)
"""How long a job is left to whoever has queued or begun it, and a failed attempt is not repeated."""


class AbandonedJobs:
    """Takes up jobs that nobody works on; `work` does so with one, and answers it at its end."""

    name = "jobs"

    def __init__(
        self,
        rooms: Rooms,
        executions: Executions,
        work: Callable[[str], Job],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._rooms = rooms
        self._executions = executions
        self._work = work
        self._now = now

    def candidates(self, position: Position) -> Iterator[Candidate]:
        """Answer the jobs in the lists of those that run and of those that are queued."""
        state, _, last = (position.after or "").partition("/")
        begun = STATES.index(state) if state in STATES else 0
        for number, listed in enumerate(STATES[begun:]):
            for lying in self._rooms.places(listed, last if number == 0 else None):
                yield self._candidate(listed, lying)

    def _candidate(self, state: JobState, lying: Lying) -> Candidate:
        place = JobPlace.parse(lying.name.removesuffix(SUFFIX))
        waited = state == "running" or lying.modified < self._now() - PATIENCE
        subject = place.job_id if place else lying.name
        return Candidate(f"{state}/{lying.name}", subject, place is not None and waited, lying.modified)

    def treat(self, candidate: Candidate) -> str | None:
        """Take up a job, unless it is in another state by now or somebody is at it; raises what its attempt raises."""
        job = self._executions.retrieve_job(candidate.subject)
        if job is None or job.state != candidate.place.partition("/")[0] or not self._is_abandoned(job):
            return None
        try:
            ended = self._work(job.id)
        except (RunHeld, Overtaken):
            return None
        # Jobs of other kinds are left to their own workers, and answered as they are.
        return None if ended.is_open else f"{ended.id} {ended.state}"

    def _is_abandoned(self, job: Job) -> bool:
        if job.state == "queued":
            return True
        now = self._now()
        try:
            lease = self._executions.current_lease(job.id)
        except UnreadableRecords:
            # It counts as ended, so that no damaged record keeps a job from its end.
            return True
        if lease is not None:
            return lease.ended(milliseconds(now))
        return job.started_at < milliseconds(now - PATIENCE)
