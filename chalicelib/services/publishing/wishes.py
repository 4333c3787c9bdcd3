"""What is wanted of a job: that a request comes true, or that what somebody began comes to its end."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from chalicelib.domain.executions.errors import JobNotFound
from chalicelib.domain.executions.records import Job
from chalicelib.domain.names import PackageName
from chalicelib.domain.times import milliseconds
from chalicelib.services.publishing import analyze
from chalicelib.services.publishing.allowed import check_identity
from chalicelib.services.publishing.stage import staged_before
from chalicelib.services.publishing.values import PublishRequest, Staged, Work, Workshop

if TYPE_CHECKING:
    from chalicelib.domain.manifest import Source

PUBLISH: Final = "publish"
"""The type of the jobs that publish; there may be others in the same bucket, which are none of our business."""


def job_id(sha256: str, publisher: str) -> str:
    """Answer the id of the work of publishing a tarball: the same however often one publisher sends it.

    It begins with the tarball's digest, by which the jobs that need staged bytes are found; another publisher of the
    same bytes has a job of their own, so that nobody meddles in anybody else's.
    """
    return f"{jobs_of(sha256)}{hashlib.sha256(publisher.encode()).hexdigest()[:8]}"


def jobs_of(sha256: str) -> str:
    """Answer what the ids of all jobs about a tarball begin with."""
    return f"publish-{sha256[:32]}-"


class _Publish:
    """What a publish comes to, whoever wants it; `begun` is the work that was last begun for the wish."""

    begun: Work | None = None

    def close(self) -> None:
        """Let go of what the work needed on this machine."""
        if self.begun is not None:
            self.begun.close()

    def finished(self, work: Work) -> None:
        """Remove what was staged."""
        work.workshop.artifacts.discard_staged(work.staged.sha256, attested_by=work.attested_by)

    def described(self, job: Job, work: Work) -> Job:
        """Answer the job with the name and version that were found."""
        attested = True if work.attested else None
        found = {"name": work.declared or work.name, "version": work.version, "attested": attested}
        return job.changed(**{name: value for name, value in found.items() if value is not None})


@dataclass
class Request(_Publish):
    """A wish to publish staged bytes."""

    workshop: Workshop
    request: PublishRequest
    staged: Staged
    staging_ms: int
    is_visible: Callable[[Job], bool]

    def job(self, stored: Job | None) -> Job | None:
        """Answer the job there is while it is not finished, and a new one unless it has made the version visible."""
        if stored is not None and stored.is_open:
            return stored
        if stored is not None and stored.state == "completed" and self.is_visible(stored):
            return None
        return self._anew(stored)

    def work(self, job: Job) -> Work:
        """Answer the work before its first stage."""
        request = self.request
        self.begun = Work(
            workshop=self.workshop,
            staged=self.staged,
            publisher=request.publisher,
            source=request.source,
            declared=request.name,
            declared_version=request.version,
            packages=request.packages,
            tag=request.tag,
            resumed=job.run_id is not None,
            retagged=job.run_id is not None and job.tag == request.tag,
            attested=request.bundle is not None or bool(job.attested),
            bundle=request.bundle,
        )
        return self.begun

    def check(self, work: Work) -> None:
        """Hold the request to the package that was found before; raises NameMismatch and Forbidden."""
        if work.name is not None:
            check_identity(work, work.name, work.version)

    def facts(self) -> Mapping[str, Any]:
        """Answer how long it took to make the bytes durable."""
        return {"staged": {"size": self.staged.size, "durationMs": self.staging_ms}}

    def _anew(self, stored: Job | None) -> Job:
        """Answer the job as it begins, for the first time or again after its end.

        It is told now who publishes and when, so all but what was read is done again.
        """
        request = self.request
        return Job(
            id=job_id(self.staged.sha256, request.publisher.name),
            type=PUBLISH,
            started_at=milliseconds(self.workshop.now()),
            name=request.name,
            digest=self.staged.sha256,
            size=self.staged.size,
            source=request.source,
            publisher=request.publisher,
            tag=request.tag,
            attested=True if request.bundle is not None else None,
            attempts=0,
            replays=(stored.replays or 0) + 1 if stored else None,
            replay_from=analyze.name if stored else None,
        )


@dataclass
class Continuation(_Publish):
    """A wish that a job which somebody began comes to its end."""

    workshop: Workshop
    job_id: str

    def job(self, stored: Job | None) -> Job | None:
        """Answer the job while it is not finished, and is one of publishing; raises JobNotFound."""
        if stored is None:
            raise JobNotFound(self.job_id)
        return stored if stored.type == PUBLISH and stored.is_open else None

    def work(self, job: Job) -> Work:
        """Answer the work as it was asked for."""
        assert job.digest is not None, "a publish knows its bytes"
        assert job.publisher is not None, "a publish knows its publisher"
        published = (job.name, job.version) if job.name and job.version else None
        self.begun = Work(
            workshop=self.workshop,
            staged=staged_before(self.workshop.artifacts, job.digest, job.size or 0, published),
            publisher=job.publisher,
            source=cast("Source", job.source),
            declared=PackageName.parse(job.name) if job.name else None,
            tag=job.tag,
            resumed=True,
            retagged=True,
            attested=bool(job.attested),
        )
        return self.begun

    def check(self, work: Work) -> None:
        """Let the work go on; whether its publisher still may is asked at the claim, and recorded with the job."""

    def facts(self) -> Mapping[str, Any]:
        """Answer nothing: the bytes were there."""
        return {}
