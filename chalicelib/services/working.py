"""Working: jobs of every kind, each brought to its end by those who know its kind.

A job's id begins with its kind: `publish-…` is one of publishing. Whoever knows a kind is asked for when one of its
jobs is at hand, so that nobody imports what others work with.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from chalicelib.domain.executions.errors import JobKindUnknown, JobNotFound
from chalicelib.domain.executions.records import Job
from chalicelib.stores.executions import Executions


class Kind(Protocol):
    """Those who know one kind of jobs."""

    def work(self, job_id: str) -> Job:
        """Bring a job to its end that somebody has begun or asked for; answers it as it is then.

        Raises JobNotFound, RunHeld while another worker is at it, and what makes the attempt fail if that may help.
        """
        ...

    def replay(self, job_id: str, from_stage: str | None = None, *, by: str | None = None) -> Job:
        """Queue a job that has ended again, to be done anew from a stage on, or from its first.

        `by` is who asks for it. Raises JobNotFound, JobUnfinished, InvalidQuery for an unknown stage, and what the
        kind has against it.
        """
        ...


class Working:
    """Works on jobs; `kinds` names those who know each, by what the ids of its jobs begin with up to the hyphen."""

    def __init__(self, kinds: Mapping[str, Callable[[], Kind]], executions: Executions) -> None:
        self._kinds = kinds
        self._executions = executions

    def work(self, job_id: str) -> Job:
        """Bring a job to its end, as its kind does; one of a kind that nobody here knows is answered as it is."""
        kind = self._kind(job_id)
        return kind.work(job_id) if kind else self._found(job_id)

    def replay(self, job_id: str, from_stage: str | None = None, *, by: str | None = None) -> Job:
        """Queue a job that has ended again, as its kind does; raises JobKindUnknown for one that nobody here knows."""
        kind = self._kind(job_id)
        if kind is None:
            raise JobKindUnknown(self._found(job_id).id)
        return kind.replay(job_id, from_stage, by=by)

    def _kind(self, job_id: str) -> Kind | None:
        known = self._kinds.get(job_id.partition("-")[0])
        return known() if known else None

    def _found(self, job_id: str) -> Job:
        job = self._executions.retrieve_job(job_id)
        if job is None:
            raise JobNotFound(job_id)
        return job
