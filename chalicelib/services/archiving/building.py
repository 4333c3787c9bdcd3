"""Building: the kind of jobs that makes archives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.archives.errors import ArchiveNotFound
from chalicelib.domain.errors import PrismError, Unavailable
from chalicelib.domain.executions.errors import JobNotFound
from chalicelib.domain.executions.records import Job
from chalicelib.services.archiving import ARCHIVE, build
from chalicelib.services.archiving.buckets import ArchivedBuckets
from chalicelib.services.archiving.build import Work
from chalicelib.services.executing import Executor, Limits
from chalicelib.stores.archives import Archives
from chalicelib.stores.artifacts import Artifacts
from chalicelib.stores.executions import Executions


class ArchiveBuilding:
    """Makes archives; `announce` tells of a job that waits for a worker."""

    def __init__(
        self,
        archives: Archives,
        artifacts: Artifacts,
        buckets: ArchivedBuckets,
        executions: Executions,
        *,
        limits: Limits,
        announce: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._archives = archives
        self._artifacts = artifacts
        self._buckets = buckets
        self._executions = executions
        self._executor = Executor(executions, [build], now=now, limits=limits)
        self._announce = announce

    def work(self, job_id: str) -> Job:
        """Bring a job to its end that somebody has queued or begun; answers it as it is then.

        Raises JobNotFound, RunHeld while another worker is at it, and what makes the attempt fail if that may help.
        """
        try:
            return self._executor.run(job_id, Order(self, job_id)).job
        except Unavailable:
            raise
        except PrismError:
            refused = self._executions.retrieve_job(job_id)
            if refused is None or refused.state != "failed":
                raise
            return refused

    def replay(self, job_id: str, from_stage: str | None = None, *, by: str | None = None) -> Job:
        """Queue a finished job again, which makes the archive if it is not there.

        Raises JobNotFound, JobUnfinished, ArchiveNotFound where nobody knows any more what is to be in it, or
        InvalidQuery for an unknown stage.
        """
        replayed = self._executor.replay(job_id, from_stage, self._check)
        self._announce(job_id)
        return replayed

    def begun(self, job: Job) -> Work:
        """Answer the work before its first stage."""
        return Work(job.digest or "", self._archives, self._artifacts, self._buckets)

    def _check(self, job: Job) -> None:
        if job.digest is None or self._archives.description(job.digest) is None:
            raise ArchiveNotFound(job.digest or job.id)


@dataclass
class Order:
    """A wish that a queued archive is made."""

    building: ArchiveBuilding
    job_id: str

    def job(self, stored: Job | None) -> Job | None:
        """Answer the job while it is not finished, and is one of archives; raises JobNotFound."""
        if stored is None:
            raise JobNotFound(self.job_id)
        return stored if stored.type == ARCHIVE and stored.is_open else None

    def work(self, job: Job) -> Work:
        """Answer the work before its first stage."""
        return self.building.begun(job)

    def check(self, work: Work) -> None:
        """Let the work go on."""

    def described(self, job: Job, work: Work) -> Job:
        """Answer the job as it is: all is known of it from its beginning."""
        return job

    def finished(self, work: Work) -> None:
        """Let go of nothing: an archive holds no more than itself."""

    def facts(self) -> Mapping[str, Any]:
        """Answer nothing."""
        return {}
