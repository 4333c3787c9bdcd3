"""Pages of jobs, the newest first, from listings whose names sort that way: a page costs one listing and its jobs.

There is a listing of all jobs, one of each state and one of each package. Their entries are places and hold nothing;
what counts is the job, so an entry that contradicts it is passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Final

from chalicelib.domain.errors import InvalidQuery
from chalicelib.domain.executions.errors import Unreadable
from chalicelib.domain.executions.names import SUFFIX, JobPlace
from chalicelib.domain.executions.records import Job, JobState
from chalicelib.domain.names import PackageName
from chalicelib.stores.executions.base import Gathered
from chalicelib.stores.executions.jobs import Jobs, StoredJob, parse_job

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

    @property
    def view(self) -> str:
        """The shortest listing that has all of it."""
        if self.package is not None:
            return f"package/{self.package}"
        return f"state/{self.state}" if self.state else "all"

    def reaches(self, name: str) -> bool:
        """Tell whether a listing is to be read on to an entry."""
        place = _place(name)
        return place is None or place.started_at >= self.since

    def includes(self, job: StoredJob, place: JobPlace) -> bool:
        """Tell whether a job is wanted, and stands at this place and at no other."""
        if job.started_at != place.started_at or place.revision not in (None, job.state_revision):
            return False
        return self.state in (None, job.state) and self.package in (None, job.name)


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
    ) -> JobPage:
        """Answer up to `limit` jobs that follow a cursor, the last started first.

        Only those of a state, of a package, or started at `since` or later, in milliseconds, where that is given. The
        cost does not grow with the number of jobs or of their events. Raises InvalidQuery for a cursor that is none.
        """
        wanted = _Wanted(state, PackageName.parse(package) if package else None, since or 0)
        prefix = self._keys.job_places(wanted.view)
        last = _entry_of(cursor) if cursor is not None else None
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
