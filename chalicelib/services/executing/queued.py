"""A wish that a queued job comes to its end: all there is to know of it stands in the job."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chalicelib.domain.executions.errors import JobNotFound
from chalicelib.domain.executions.records import Job

Work = TypeVar("Work")


@dataclass(frozen=True, slots=True)
class Queued(Generic[Work]):
    """A wish that a job of one kind is worked on; `begin` answers its work before the first stage."""

    job_id: str
    kind: str
    begin: Callable[[Job], Work]

    def job(self, stored: Job | None) -> Job | None:
        """Answer the job while it is not finished, and is of this kind; raises JobNotFound."""
        if stored is None:
            raise JobNotFound(self.job_id)
        return stored if stored.type == self.kind and stored.is_open else None

    def work(self, job: Job) -> Work:
        """Answer the work before its first stage."""
        return self.begin(job)

    def check(self, work: Work) -> None:
        """Let the work go on."""

    def described(self, job: Job, work: Work) -> Job:
        """Answer the job as it is: all is known of it from its beginning."""
        return job

    def finished(self, work: Work) -> None:
        """Let go of nothing."""

    def facts(self) -> Mapping[str, Any]:
        """Answer nothing beside."""
        return {}
