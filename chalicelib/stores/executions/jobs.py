"""Jobs: one object each, replaced by compare-and-swap, with its places in the listings written first.

A job that can be retrieved is in every listing it belongs to, whenever a writer dies: places are written before the job
and removed after it. A place that was left behind says something else than the job, and listings pass it over.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property, partial
from typing import Final

from pydantic import Field

from chalicelib.domain.document import UnreadableDocument, canonical_json
from chalicelib.domain.errors import Busy
from chalicelib.domain.executions.identity import check_id
from chalicelib.domain.executions.names import JobPlace
from chalicelib.domain.executions.records import Job
from chalicelib.storage.parallel import at_once
from chalicelib.storage.port import ObjectExists, PreconditionFailed
from chalicelib.stores.documents import JSON
from chalicelib.stores.executions.base import SWAP_ATTEMPTS, Found, Gathered, Part

NOTHING: Final = canonical_json({})
SEEN_AT_MOST: Final = 64


class StoredJob(Job):
    """A job as it is stored: with the number of the state it is in, which tells its place from all earlier ones."""

    state_revision: int = Field(default=0, ge=0)

    @property
    def job(self) -> Job:
        """The job as it was given."""
        values = {name: getattr(self, name) for name in Job.model_fields}
        return Job.model_validate({**values, **(self.model_extra or {})})


class Jobs(Part):
    """All jobs."""

    @cached_property
    def _seen(self) -> OrderedDict[str, Found[StoredJob | None] | None]:
        """Jobs as they were last seen, the latest of them last; None for those that were not there."""
        return OrderedDict()

    def store_job(self, job: Job, *, check: Callable[[], None] = lambda: None) -> None:
        """Write a job, in place of one of the same id; raises Busy when too many writers contend for too long.

        As to `check` see `replace_job`.
        """
        self.replace_job(job, check=check)()

    def replace_job(self, job: Job, *, check: Callable[[], None] = lambda: None) -> Callable[[], None]:
        """Write a job like `store_job`; answers what removes the places that it has left, which nobody else needs.

        `check` is called before a job is replaced that somebody else may have written since it was last seen, and may
        raise; the job is then replaced only as it was before the check.
        """
        job = job.checked()
        past: set[str] = set()
        seen = job.id in self._seen
        for _ in range(SWAP_ATTEMPTS):
            before = self._seen.get(job.id) if seen else self._stored(job.id)
            known = before.record if before else None
            if not seen:
                check()
            if known is not None and known.job == job:
                if not seen:
                    return partial(self._leave, past - self._places(known))
                seen = False
                continue
            after = _following(known, job)
            past.update(self._places(known) if known else ())
            if self._file(after, before):
                return partial(self._leave, past - self._places(after))
            past.add(self._state_place(after))
            if not seen:
                self._pause()
            seen = False
        raise Busy(f"job {job.id}")

    def retrieve_job(self, job_id: str) -> Job | None:
        """Answer a job, or None."""
        found = self._find(self._keys.job(check_id(job_id, "job")), partial(parse_job, job_id))
        self._see(job_id, found)
        return found.record.job if found else None

    def get_all_jobs(self) -> list[Job]:
        """Answer all jobs, the last started first; lists ids and nothing below them, and reads every job."""
        gathered = self._all_jobs()
        jobs = [stored.job for stored in gathered.records]
        return gathered.told(sorted(jobs, key=lambda job: (-job.started_at, job.id)))

    def jobs_beginning(self, beginning: str) -> list[Job]:
        """Answer the jobs whose ids begin like this; one listing, and a read a job."""
        gathered = self._all_jobs(beginning)
        return gathered.told([stored.job for stored in gathered.records])

    def _all_jobs(self, beginning: str = "") -> Gathered[StoredJob]:
        ids, strangers = self._ids(self._keys.jobs, beginning)
        return self._gather([(self._keys.job(job), partial(parse_job, job)) for job in ids], strangers)

    def _stored(self, job_id: str) -> Found[StoredJob | None] | None:
        """Answer the job there is, which may be one that cannot be read and is to be replaced."""
        return self._find(self._keys.job(job_id), partial(_parse_leniently, job_id))

    def _index(self, job: StoredJob, *, known: StoredJob | None = None) -> None:
        """Write the places of a job that it did not have before."""
        places = sorted(self._places(job) - (self._places(known) if known else set()))
        at_once(*(partial(self._create, place, NOTHING, durable=True) for place in places))

    def _file(self, after: StoredJob, before: Found[StoredJob | None] | None) -> bool:
        """Write a job's places and then the job; answers whether no other writer was first."""
        self._index(after, known=before.record if before else None)
        key, data = self._keys.job(after.id), after.to_bytes()
        try:
            if before is None:
                etag = self._store.put(key, data, if_absent=True, content_type=JSON)
            else:
                etag = self._store.put(key, data, if_etag=before.etag, content_type=JSON)
        except (ObjectExists, PreconditionFailed):
            return False
        self._see(after.id, Found(after, etag))
        return True

    def _see(self, job_id: str, found: Found[StoredJob] | None) -> None:
        """Remember a job as it was last seen, so that who has just read or written it need not read it again."""
        self._seen.pop(job_id, None)
        self._seen[job_id] = found
        while len(self._seen) > SEEN_AT_MOST:
            self._seen.popitem(last=False)

    def _leave(self, past: set[str]) -> None:
        """Remove places that a job has left; nobody writes them again, for their revisions or moments are past too."""
        for place in sorted(past):
            self._store.delete(place, durable=False)

    def _places(self, job: StoredJob) -> set[str]:
        place = f"{JobPlace(job.started_at, job.id)}.json"
        places = {self._keys.job_places() + place, self._state_place(job)}
        return places | ({self._keys.job_places(f"package/{job.name}") + place} if job.name else set())

    def _state_place(self, job: StoredJob) -> str:
        place = JobPlace(job.started_at, job.id, job.state_revision)
        return f"{self._keys.job_places(f'state/{job.state}')}{place}.json"


def parse_job(job_id: str, data: bytes) -> StoredJob:
    """Read the job of an id; raises UnreadableDocument."""
    job = StoredJob.from_bytes(data)
    if job.id != job_id:
        raise UnreadableDocument("Job", f"it says that it is `{job.id}`")
    return job


def _parse_leniently(job_id: str, data: bytes) -> StoredJob | None:
    try:
        return parse_job(job_id, data)
    except UnreadableDocument:
        return None


def _following(before: StoredJob | None, job: Job) -> StoredJob:
    """Answer how a job is stored over another: a new state, or another place for it, is a new revision."""
    values = {name: getattr(job, name) for name in Job.model_fields}
    revision = before.state_revision if before else 0
    if before is None or (before.state, before.started_at) != (job.state, job.started_at):
        revision += 1
    return StoredJob.model_validate({**values, **(job.model_extra or {}), "state_revision": revision})
