"""Jobs: what is being published, how far that is, and what has become of it.

A caller sees the jobs of the packages they may see. A job whose package is not known, or whose record cannot be read,
is seen by those alone who may see every package.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.executions.errors import JobNotFound, JobUnreadable, UnreadableRecords
from chalicelib.domain.executions.identity import is_id
from chalicelib.domain.executions.names import JobPlace
from chalicelib.domain.executions.records import Job, JobState
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns
from chalicelib.domain.times import milliseconds
from chalicelib.services.jobs.log import Log
from chalicelib.services.jobs.reading import Reading
from chalicelib.services.jobs.views import (
    CheckpointList,
    EventPage,
    JobList,
    JobView,
    RunList,
    checkpoint_view,
    job_view,
    run_view,
    running_view,
)
from chalicelib.stores.executions import Executions, JobPage

__all__ = ["CheckpointList", "EventPage", "JobList", "JobView", "Jobs", "RunList", "job_view"]

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 1.0
"""Seconds between two looks for an event that is waited for, which grow from the first to the second."""
PAUSE_GROWTH: Final = 1.5


class Jobs:
    """Tells of jobs; `packages` are those that the caller may see."""

    def __init__(
        self,
        executions: Executions,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._executions = executions
        self._now = now
        self._sleep = sleep

    def page(
        self,
        *,
        limit: int = 20,
        cursor: str | None = None,
        state: JobState | None = None,
        package: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        packages: PackagePatterns = EVERY_PACKAGE,
    ) -> JobList:
        """Answer a page of jobs, started at `since` or later and before `until`, the newest first.

        Raises InvalidName, and InvalidQuery for a cursor that is none.
        """
        if package is not None and not packages.match(PackageName.parse(package)):
            return JobList(jobs=[])
        reading = Reading()
        page = reading(
            self._executions.page_jobs,
            limit,
            cursor,
            state=state,
            package=package,
            since=milliseconds(since) if since else None,
            until=milliseconds(until) if until else None,
            visible=lambda job: _sees(packages, job),
        )
        assert page is not None, "what can be read is answered as a page"
        sees_all = packages == EVERY_PACKAGE
        return JobList(
            jobs=[job_view(job) for job in page.jobs],
            next=page.next if sees_all or len(page.jobs) == limit else _nameless(page, cursor),
            unreadable=reading.told if sees_all else None,
        )

    def job(self, job_id: str, *, packages: PackagePatterns = EVERY_PACKAGE) -> JobView:
        """Answer a job, and where it is now if it runs; raises JobNotFound."""
        job = self._find(job_id, packages)
        return self._running(job) if job.state == "running" else job_view(job)

    def runs(self, job_id: str, *, packages: PackagePatterns = EVERY_PACKAGE) -> RunList:
        """Answer a job's runs, the first one first; raises JobNotFound."""
        job, reading = self._find(job_id, packages), Reading()
        settings = reading(self._executions.runs_of, job.id) or []
        runs = [
            run_view(run, reading(self._executions.last_event, job.id, run.run_id), job) for run in settings
        ]
        return RunList(runs=runs, unreadable=reading.told)

    def checkpoints(self, job_id: str, *, packages: PackagePatterns = EVERY_PACKAGE) -> CheckpointList:
        """Answer a job's checkpoints in the order of the stages; raises JobNotFound."""
        job, reading = self._find(job_id, packages), Reading()
        found = reading(self._executions.get_checkpoints_by_job_id, job.id) or []
        return CheckpointList(checkpoints=[checkpoint_view(kept) for kept in found], unreadable=reading.told)

    def events(
        self,
        job_id: str,
        run_id: str,
        *,
        after: int = 0,
        limit: int = 100,
        wait: float = 0,
        packages: PackagePatterns = EVERY_PACKAGE,
    ) -> EventPage:
        """Answer up to `limit` events of a run that follow the event `after`; raises JobNotFound and RunNotFound.

        If there are none, it waits up to `wait` seconds until there is one, or the run has ended.
        """
        log = Log(self._executions, self._find(job_id, packages).id, run_id)
        page = log.first_look(after, limit)
        deadline, pause = self._now() + timedelta(seconds=wait), FIRST_PAUSE
        while page.next == after and not page.end and (left := deadline - self._now()) > timedelta(0):
            self._sleep(min(pause, left.total_seconds()))
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE)
            page = log.look(after, limit) or page
        return page

    def _find(self, job_id: str, packages: PackagePatterns) -> Job:
        try:
            job = self._executions.retrieve_job(job_id) if is_id(job_id) else None
        except UnreadableRecords as error:
            if packages == EVERY_PACKAGE:
                raise JobUnreadable(job_id, error.unreadable[0].reason) from error
            job = None
        if job is None or not _sees(packages, job):
            raise JobNotFound(job_id)
        return job

    def _running(self, job: Job) -> JobView:
        reading = Reading()
        lease = reading(self._executions.current_lease, job.id)
        run_id = lease.run_id if lease else job.run_id
        last = reading(self._executions.last_event, job.id, run_id) if run_id else None
        return running_view(job, lease, last).model_copy(update={"unreadable": reading.told})


def _sees(packages: PackagePatterns, job: Job) -> bool:
    return packages == EVERY_PACKAGE if job.name is None else packages.match(job.name)


def _nameless(page: JobPage, cursor: str | None) -> str | None:
    """Answer a page's cursor without the id of the last job that was examined, which is not the caller's to know.

    What was started in that job's millisecond is examined again.
    """
    place = JobPlace.parse(page.next) if page.next else None
    if place is None:
        return None
    nameless = str(JobPlace(place.started_at, "0"))
    return nameless if nameless > (cursor or "") else page.next
