"""Jobs that finish what is too large for a request to finish: one for each upload, named by it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.domain.errors import InvalidQuery
from chalicelib.domain.executions.errors import JobNotFound, JobUnfinished, UnreadableRecords
from chalicelib.domain.executions.records import Job
from chalicelib.domain.names import PackageName
from chalicelib.domain.times import milliseconds
from chalicelib.domain.uploads.errors import NoSuchUpload
from chalicelib.domain.uploads.ids import JOBS, Fid
from chalicelib.services.executing import Executor, Finished, Limits, Watch
from chalicelib.stores.executions import Executions
from chalicelib.stores.uploads import State, Uploads


class Finisher(Protocol):
    """Who finishes uploads of any size."""

    def finish_whole(self, state: State, watch: Watch) -> State:
        """Answer a complete upload with what has become of it."""
        ...


@dataclass
class Work:
    """An upload to be finished."""

    uploads: Uploads
    finisher: Finisher
    fid: Fid


class Finish:
    """The only stage."""

    name = "finish"

    def given(self, work: Work) -> Any:
        """Answer the upload's id: its bytes never change."""
        return {"upload": str(work.fid)}

    def execute(self, work: Work, watch: Watch) -> Finished:
        """Finish the upload; what another worker has done of it is not done again."""
        state = work.finisher.finish_whole(work.uploads.info(work.fid), watch)
        told = state.done.job_id if state.done else None
        return Finished({"size": state.size, **({"job": told} if told else {})})

    def restore(self, work: Work, outputs: Mapping[str, Any]) -> bool:
        """Look again, which costs little."""
        return False


@dataclass
class Wish:
    """A wish that the job of an upload comes to its end."""

    uploads: Uploads
    finisher: Finisher
    job_id: str

    def job(self, stored: Job | None) -> Job | None:
        """Answer the job while it is not finished; raises JobNotFound."""
        if stored is None:
            raise JobNotFound(self.job_id)
        return stored if stored.is_open else None

    def work(self, job: Job) -> Work:
        """Answer the work before its stage."""
        return Work(self.uploads, self.finisher, _fid(self.job_id))

    def check(self, work: Work) -> None:
        """Let the work go on."""

    def described(self, job: Job, work: Work) -> Job:
        """Answer the job as it is."""
        return job

    def finished(self, work: Work) -> None:
        """Leave what there is to the sweep."""

    def facts(self) -> Mapping[str, Any]:
        """Answer nothing beside."""
        return {}


class UploadJobs:
    """Queues these jobs, and works on them; `announce` tells a worker of one that waits."""

    def __init__(
        self,
        uploads: Uploads,
        finisher: Callable[[], Finisher],
        executions: Executions,
        *,
        now: Callable[[], datetime],
        limits: Limits | None = None,
        announce: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._uploads = uploads
        self._finisher = finisher
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
        _fid(job_id)
        return self._executor.run(job_id, Wish(self._uploads, self._finisher(), job_id)).job

    def replay(self, job_id: str, from_stage: str | None = None, *, by: str | None = None) -> Job:
        """Queue a job again that has ended; raises JobNotFound, JobUnfinished, or InvalidQuery for another stage."""
        if from_stage not in {None, Finish.name}:
            raise InvalidQuery(f"`from` is `{str(from_stage)[:40]}`, and the only stage is {Finish.name}")
        job = self._executions.retrieve_job(job_id)
        if job is None:
            raise JobNotFound(job_id)
        if job.is_open:
            raise JobUnfinished(job_id, job.state)
        again = job.changed(
            status="running",
            attempts=0,
            replays=(job.replays or 0) + 1,
            started_at=milliseconds(self._now()),
            finished_at=None,
            stage=None,
            error=None,
        )
        self._executions.store_job(again)
        self._announce(job_id)
        return again


def _fid(job_id: str) -> Fid:
    """Answer the upload that a job finishes; raises JobNotFound."""
    sid, _, uuid = job_id.removeprefix(f"{JOBS}-").partition("-")
    try:
        return Fid.of(sid, uuid)
    except NoSuchUpload:
        raise JobNotFound(job_id) from None
