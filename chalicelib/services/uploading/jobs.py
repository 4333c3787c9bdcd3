"""Jobs that finish what is too large for a request to finish: one for each upload, named by it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.executions.errors import JobNotFound, UnreadableRecords
from chalicelib.domain.executions.records import Job
from chalicelib.domain.names import PackageName
from chalicelib.domain.times import milliseconds
from chalicelib.domain.uploads.errors import NoSuchUpload
from chalicelib.domain.uploads.ids import JOBS, Fid
from chalicelib.services.executing import Executor, Finished, Limits, Queued, Watch
from chalicelib.services.uploading.finishing import Finishing
from chalicelib.stores.executions import Executions
from chalicelib.stores.uploads import State, Uploads


@dataclass
class Work:
    """An upload to be finished."""

    uploads: Uploads
    finishing: Finishing
    fid: Fid


class Finish:
    """The only stage."""

    name = "finish"

    def given(self, work: Work) -> Any:
        """Answer the upload's id: its bytes never change."""
        return {"upload": str(work.fid)}

    def execute(self, work: Work, watch: Watch) -> Finished:
        """Finish the upload; what another worker has done of it is not done again."""
        state = work.finishing.finish_whole(work.uploads.info(work.fid), watch)
        told = state.done.job_id if state.done else None
        return Finished({"size": state.size, **({"job": told} if told else {})})

    def restore(self, work: Work, outputs: Mapping[str, Any]) -> bool:
        """Look again, which costs little."""
        return False


class UploadJobs:
    """Queues these jobs, and works on them; `announce` tells a worker of one that waits."""

    def __init__(
        self,
        uploads: Uploads,
        finishing: Callable[[], Finishing],
        executions: Executions,
        *,
        now: Callable[[], datetime],
        limits: Limits | None = None,
        announce: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._uploads = uploads
        self._finishing = finishing
        self._executions = executions
        self._executor: Executor[Work] = Executor(executions, (Finish(),), now=now, limits=limits)
        self._now = now
        self._announce = announce

    def queue(self, state: State, package: PackageName | None = None) -> None:
        """See to it that an upload is finished by a job; one that there is stays as it is."""
        job_id = state.fid.job_id
        try:
            if self._executions.retrieve_job(job_id) is not None:
                return
        except UnreadableRecords:
            pass
        self._executions.store_job(
            Job(
                id=job_id,
                type=JOBS,
                started_at=milliseconds(self._now()),
                name=package,
                size=state.size,
                attempts=0,
            )
        )
        self._announce(job_id)

    def work(self, job_id: str) -> Job:
        """Bring a job to its end; raises JobNotFound, RunHeld, and what makes the attempt fail."""
        wish = Queued(job_id, JOBS, lambda job: Work(self._uploads, self._finishing(), _fid(job.id)))
        return self._executor.run(job_id, wish).job

    def replay(self, job_id: str, from_stage: str | None = None, *, by: str | None = None) -> Job:
        """Queue a job again that has ended; raises JobNotFound, JobUnfinished, or InvalidQuery for an unknown stage."""
        replayed = self._executor.replay(job_id, from_stage)
        self._announce(job_id)
        return replayed


def _fid(job_id: str) -> Fid:
    """Answer the upload that a job finishes; raises JobNotFound."""
    sid, _, uuid = job_id.removeprefix(f"{JOBS}-").partition("-")
    try:
        return Fid.of(sid, uuid)
    except NoSuchUpload:
        raise JobNotFound(job_id) from None
