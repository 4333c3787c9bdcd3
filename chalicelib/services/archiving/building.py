"""Building: the kind of jobs that makes archives."""

from collections.abc import Callable
from datetime import datetime

from chalicelib.domain.archives.errors import ArchiveNotFound
from chalicelib.domain.errors import PrismError, Unavailable
from chalicelib.domain.executions.records import Job
from chalicelib.services.archiving import ARCHIVE, build
from chalicelib.services.archiving.buckets import ArchivedBuckets
from chalicelib.services.archiving.build import Work
from chalicelib.services.executing import Executor, Limits, Queued
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
            return self._executor.run(job_id, Queued(job_id, ARCHIVE, self._begun)).job
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

    def _check(self, job: Job) -> None:
        if job.digest is None or self._archives.description(job.digest) is None:
            raise ArchiveNotFound(job.digest or job.id)

    def _begun(self, job: Job) -> Work:
        return Work(job.digest or "", self._archives, self._artifacts, self._buckets)
