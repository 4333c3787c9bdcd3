"""Who still needs staged bytes: jobs that are not at their end, or that may be taken up again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.executions.records import Job
from chalicelib.domain.times import milliseconds
from chalicelib.services.publishing.wishes import jobs_of
from chalicelib.stores.executions import Executions
from chalicelib.stores.heads import Heads
from chalicelib.stores.manifests import Manifests
from chalicelib.stores.sweeping import Rooms

REPLAYABLE: Final = timedelta(days=7)
"""How long a failed job that a repeat may help keeps its bytes, counted from its end."""


class Needs:
    """Tells what may not be removed; a record that cannot be read raises, and nothing is known to be unneeded."""

    def __init__(
        self,
        rooms: Rooms,
        executions: Executions,
        manifests: Manifests,
        heads: Heads,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._rooms = rooms
        self._executions = executions
        self._manifests = manifests
        self._heads = heads
        self._now = now

    def bytes_of(self, sha256: str) -> bool:
        """Tell whether a job needs the staged bytes with a digest.

        Raises UnreadableRecords and UnreadableDocument. A job without a record has staged nothing yet.
        """
        return any(self._needs(job_id, sha256) for job_id in self._rooms.jobs(jobs_of(sha256)))

    def _needs(self, job_id: str, sha256: str) -> bool:
        job = self._executions.retrieve_job(job_id)
        if job is None:
            return False
        return job.is_open or self._is_replayable(job) or self._holds_claim(job, sha256)

    def _is_replayable(self, job: Job) -> bool:
        if not job.may_go_on:
            return False
        ended = job.started_at if job.finished_at is None else job.finished_at
        return ended > milliseconds(self._now() - REPLAYABLE)

    def _holds_claim(self, job: Job, sha256: str) -> bool:
        """Tell whether the job took a version's number for these bytes, and died before the version was visible."""
        if job.name is None or job.version is None:
            return False
        stored = self._manifests.get(job.name, job.version)
        if stored is None or stored.manifest.dist.sha256 != sha256:
            return False
        head = self._heads.get(job.name)
        return head is None or job.version not in {**head.view.versions, **head.view.unpublished}
