"""Pages of jobs, the newest first, from listings whose names sort that way: a page costs one listing and its jobs.

There is a listing of all jobs, one of each state and one of each package. Their entries are places and hold nothing;
what counts is the job, so an entry that contradicts it is passed over.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Final

from chalicelib.domain.errors import InvalidQuery
from chalicelib.domain.executions.errors import Unreadable
from chalicelib.domain.executions.identity import check_id, is_id
from chalicelib.domain.executions.names import SUFFIX, JobPlace
from chalicelib.domain.executions.records import Job, JobState
from chalicelib.domain.names import PackageName
from chalicelib.storage.port import ObjectNotFound, Prefix
from chalicelib.stores.executions.base import Gathered
from chalicelib.stores.executions.jobs import NOTHING, Jobs, StoredJob, parse_job

EXAMINED_AT_MOST: Final = 1_000
"""How many entries one page looks at, or a few more; a page may be short, and its cursor goes on where it stopped."""
LATER_PORTION: Final = 100


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, and the cursor of those that follow, or None at the end."""

    jobs: list[Job]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a page is to hold."""

    state: JobState | None
    package: PackageName | None
    since: int
    until: int | None
    visible: Callable[[Job], bool]

    @property
    def view(self) -> str:
        """The shortest listing that has all of it."""
        if self.package is not None:
            return f"package/{self.package}"
        return f"state/{self.state}" if self.state else "all"

    def start(self, cursor: str | None) -> str | None:
        """Answer the name after which to begin: the cursor's, or where `until` is if that comes later."""
        entry = _entry_of(cursor) if cursor is not None else None
        if self.until is None:
            return entry
        # No job has this place: it stands before those of all that were started in its millisecond.
        return max(entry or "", str(JobPlace(max(self.until - 1, 0), "")))

    def reaches(self, name: str) -> bool:
        """Tell whether a listing is to be read on to an entry."""
        place = _place(name)
        return place is None or place.started_at >= self.since

    def includes(self, job: StoredJob, place: JobPlace) -> bool:
        """Tell whether a job is wanted, and stands at this place and at no other."""
        if job.started_at != place.started_at or place.revision not in (None, job.state_revision):
            return False
        if self.until is not None and job.started_at >= self.until:
            return False
        if self.state not in (None, job.state) or self.package not in (None, job.name):
            return False
        return self.visible(job)


class Listing(Jobs):
    """The listings of jobs."""

    def page_jobs(
        self,
        limit: int = 20,
        cursor: str | None = None,
        *,
        state: JobState | None = None,
        package: str | None = None,
        since: int | None = None,
        until: int | None = None,
        visible: Callable[[Job], bool] = lambda _: True,
    ) -> JobPage:
        """Answer up to `limit` jobs that follow a cursor, the last started first.

        Only those of a state, of a package, started at `since` or later and before `until`, in milliseconds, and
        `visible`, where that is given. The cost does not grow with the number of jobs or of their events. Raises
        InvalidQuery for a cursor that is none.
        """
        name = PackageName.parse(package) if package else None
        wanted = _Wanted(state, name, since or 0, until, visible)
        prefix = self._keys.job_places(wanted.view)
        last = wanted.start(cursor)
        jobs: list[Job] = []
        unreadable: list[Unreadable] = []
        examined, portion = 0, limit
        while examined < EXAMINED_AT_MOST:
            names = list(takewhile(wanted.reaches, self._names(prefix, after=last, limit=portion + 1)))
            more = len(names) > portion
            for last, outcome in self._examine(wanted, prefix, names[:portion]):
                jobs.extend([outcome] if isinstance(outcome, Job) else [])
                unreadable.extend([outcome] if isinstance(outcome, Unreadable) else [])
                if len(jobs) == limit:
                    more = more or last != names[-1]
                    return _told(JobPage(jobs, _cursor(last) if more else None), unreadable)
            if not more:
                return _told(JobPage(jobs), unreadable)
            # Some entries were passed over; where there are some, there may be many.
            examined, portion = examined + portion, max(limit, LATER_PORTION)
        assert last is not None, "something was examined"
        return _told(JobPage(jobs, _cursor(last)), unreadable)

    def index_jobs(self) -> int:
        """Write every entry that the listings lack, and answer how many jobs there are; reads every job."""
        gathered = self._all_jobs()
        for job in gathered.records:
            self._index(job)
        return gathered.told(len(gathered.records))

    def job_ids(self, after: str | None = None) -> Iterator[str]:
        """Answer the ids below which anything is kept, ascending, those that follow one."""
        jobs = self._keys.jobs
        for entry in self._store.list(jobs, after=f"{jobs}{after}/" if after else None, delimiter="/"):
            name = entry.prefix.removeprefix(jobs).removesuffix("/") if isinstance(entry, Prefix) else ""
            if is_id(name):
                yield name

    def examine_places(self, job_id: str) -> dict[str, bool]:
        """Answer the keys of the entries that the listings are to have of a job, each with whether it is there.

        Empty for an id without a job. Raises UnreadableRecords.
        """
        places = self._wanted_places(job_id)
        lacking = {place for place in places if not self._has(place)}
        if lacking:
            # A job that has moved on since it was read has left its old place.
            places = self._wanted_places(job_id)
        return {place: place not in lacking for place in sorted(places)}

    def index_job(self, job_id: str) -> None:
        """Write every entry that the listings lack of a job; raises UnreadableRecords."""
        for place in sorted(self._wanted_places(job_id)):
            self._create(place, NOTHING, durable=True)

    def _wanted_places(self, job_id: str) -> set[str]:
        found = self._find(self._keys.job(check_id(job_id, "job")), partial(parse_job, job_id))
        return self._places(found.record) if found else set()

    def _has(self, key: str) -> bool:
        try:
            self._store.head(key)
        except ObjectNotFound:
            return False
        return True

    def _examine(
        self, wanted: _Wanted, prefix: str, names: list[str]
    ) -> Iterator[tuple[str, Job | Unreadable | None]]:
        """Answer each entry with the job that is wanted, what cannot be read, or nothing."""
        places = [(name, _place(name)) for name in names]
        found = self._outcomes(
            [(self._keys.job(place.job_id), partial(parse_job, place.job_id)) for _, place in places if place]
        )
        outcomes = iter(found)
        for name, place in places:
            if place is None:
                yield name, Unreadable(prefix + name, "the name is no place in a list of jobs")
                continue
            outcome = next(outcomes)
            if isinstance(outcome, StoredJob):
                yield name, outcome.job if wanted.includes(outcome, place) else None
            else:
                yield name, outcome


def _told(page: JobPage, unreadable: list[Unreadable]) -> JobPage:
    return Gathered([], unreadable).told(page)


def _place(name: str) -> JobPlace | None:
    return JobPlace.parse(name.removesuffix(SUFFIX))


def _entry_of(cursor: str) -> str:
    if JobPlace.parse(cursor) is None:
        raise InvalidQuery(f"`{cursor[:100]}` is no cursor of a list of jobs", parameter="cursor")
    return cursor + SUFFIX


def _cursor(name: str) -> str:
    return name.removesuffix(SUFFIX)
