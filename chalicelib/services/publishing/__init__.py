"""Publishing: from bytes to a visible version, in stages that any worker can take up again.

    stage    bytes are durable, and a job has its id   staged/….tgz
    read     the tarball, once, as a stream            staged/….pack
    analyze  the analyzers, in order                   nothing
    claim    the number is taken for these bytes       manifest, create-only
    settle   what a visible version needs              tarball, pack, metadata, npm text
    commit   the version is visible                    head, compare-and-swap
    derive   listing, search and npm's clients know it index, npm documents

Bytes are durable before anything is claimed, and after the claim only repeatable writes remain, so nothing is ever
rolled back. From the second stage on it is a job: each stage that is finished leaves a checkpoint, and whoever takes
the job up, because the same bytes are sent again or because it was left lying, goes on after the last.
"""

import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

from chalicelib import telemetry
from chalicelib.domain.errors import NameMismatch, PrismError, Unavailable, VersionExists
from chalicelib.domain.executions.errors import (
    BytesGone,
    Overtaken,
    RunHeld,
    UnreadableRecords,
)
from chalicelib.domain.executions.records import Job
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import EVERYTHING
from chalicelib.domain.tags import check_tag
from chalicelib.services.executing import Executor, Limits, Stage, newest_checkpoints
from chalicelib.services.publishing import analyze, claim, commit, derive, read, settle
from chalicelib.services.publishing.allowed import check_allowed, check_version
from chalicelib.services.publishing.stage import stage
from chalicelib.services.publishing.values import Published, PublishRequest, Staged, Work, Workshop
from chalicelib.services.publishing.wishes import Continuation, Request, job_id, jobs_of
from chalicelib.storage.contending import Contention
from chalicelib.stores.executions import Executions

__all__ = ["STAGES", "PublishRequest", "Published", "Publishing", "Workshop"]

STAGES: Final[tuple[Stage[Work], ...]] = (read, analyze, claim, settle, commit, derive)
"""The stages of a job, in order; its bytes were staged before, as its id is made of their digest."""

PATIENCE_SECONDS: Final = 20.0
"""How long a request waits for another worker at the same job: less than the 29 seconds of a gateway."""
FIRST_PAUSE_SECONDS: Final = 0.05


class Publishing:
    """Publishes tarballs; `announce` tells of a job that waits for a worker."""

    def __init__(
        self,
        workshop: Workshop,
        executions: Executions,
        *,
        limits: Limits | None = None,
        announce: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._workshop = workshop
        self._executions = executions
        self._executor = Executor(executions, STAGES, now=workshop.now, limits=limits)
        self._announce = announce
        self._sleep = sleep

    def publish(self, request: PublishRequest, *, patience: float = PATIENCE_SECONDS) -> Published:
        """Make a version visible, or raise and leave nothing of it that a read can reach.

        Who sends what another worker is publishing waits for that one, so many seconds at most. Raises Forbidden,
        InvalidTag, DigestMismatch, NameMismatch, VersionExists, InvalidTarball and its kin, or Unavailable.
        """
        try:
            published = self._publish(request, patience)
        except Unavailable:
            raise
        except PrismError as error:
            telemetry.count("Refusals", Code=error.code)
            raise
        if published.created:
            telemetry.count("Publishes")
        return published

    def check(self, request: PublishRequest) -> None:
        """Raise Forbidden or InvalidTag for what can be refused before its bytes are there."""
        if request.tag is not None:
            check_tag(request.tag)
        if request.name is not None:
            self._check_allowed(request, request.name)

    def queue(self, request: PublishRequest, *, announce: bool = True) -> Job:
        """Make the bytes of a request durable and queue the job that publishes them; answers the job.

        That may be one that others have begun, or one at its end where the version is visible already.
        Raises Forbidden, InvalidTag, DigestMismatch, NameMismatch, InvalidPayload or Unavailable.
        """
        self.check(request)
        staged = stage(self._workshop, request)
        wanted = job_id(staged.sha256, request.publisher.name)
        telemetry.note(jobId=wanted)
        wish = Request(self._workshop, request, staged, 0, self._is_visible)
        stored = self._known(wanted)
        job = wish.job(stored)
        if job is None:
            assert stored is not None, "what is visible was published by a job"
            self._again(request, staged, stored)
            return stored
        if job is not stored:
            self._executions.store_job(job)
        if announce:
            self._announce(wanted)
        return job

    def work(self, job_id: str) -> Job:
        """Bring a job to its end that somebody has begun or asked for; answers it as it is then.

        Raises JobNotFound, RunHeld while another worker is at it, and what makes the attempt fail if that may help.
        """
        wish = Continuation(self._workshop, job_id)
        try:
            with closing(wish):
                outcome = self._executor.run(job_id, wish)
        except Unavailable:
            raise
        except PrismError:
            if wish.begun is not None:
                self._discard_refused(wish.begun.staged.sha256, wish.begun)
            refused = self._executions.retrieve_job(job_id)
            if refused is None or refused.state != "failed":
                raise
            return refused
        return outcome.job

    def replay(self, job_id: str, from_stage: str | None = None, *, by: str | None = None) -> Job:
        """Queue a finished job again, to be done anew from a stage on, by the code there is now.

        What its runs have left stays. `by` is who asks for it, and has to be trusted with the package as its publisher
        has. Raises JobNotFound, JobUnfinished, BytesGone, PublisherNotAllowed, or InvalidQuery for an unknown stage.
        """
        replayed = self._executor.replay(job_id, from_stage, lambda job: self._check_replay(job, by))
        self._announce(job_id)
        return replayed

    def _check_replay(self, job: Job, by: str | None) -> None:
        if by is not None:
            # Of what nobody knows yet, it may be any package.
            self._workshop.publishers.get().check(by, job.name or EVERYTHING)
        if job.digest is None or not self._workshop.artifacts.has_bytes(job.digest, job.name, job.version):
            raise BytesGone(job.id)

    def _publish(self, request: PublishRequest, patience: float) -> Published:
        self.check(request)
        started = time.perf_counter()
        with telemetry.stage("stage"):
            staged = stage(self._workshop, request)
            wanted = job_id(staged.sha256, request.publisher.name)
            telemetry.note(jobId=wanted)
        took = round((time.perf_counter() - started) * 1000)
        wish = Request(self._workshop, request, staged, took, self._is_visible)
        try:
            with closing(wish):
                return self._joined(wanted, wish, patience)
        except PrismError as error:
            error.facts.setdefault("job_id", wanted)
            if not isinstance(error, Unavailable):
                self._discard_refused(staged.sha256, wish.begun)
            raise

    def _joined(self, wanted: str, wish: Request, patience: float) -> Published:
        """Publish, or wait until the worker is done who is at the same job."""
        # Who waits for a worker has nothing to gain by asking at once.
        contention = Contention(patience, sleep=self._sleep, first=FIRST_PAUSE_SECONDS, least=0.5)
        while True:
            try:
                outcome = self._executor.run(wanted, wish)
            except (RunHeld, Overtaken):
                if not contention.waits():
                    raise
                continue
            if outcome.work is None:
                return self._again(wish.request, wish.staged, outcome.job)
            return _published(outcome.work, outcome.job)

    def _again(self, request: PublishRequest, staged: Staged, job: Job) -> Published:
        """Answer what a finished job has published, with the tag that is asked for now."""
        assert job.name is not None, "a completed job knows its package"
        assert job.version is not None, "a completed job knows its version"
        name, version = PackageName.parse(job.name), job.version
        if request.name is None:
            self._check_allowed(request, name)
        elif request.name != name:
            raise NameMismatch(request.name, name)
        if request.version is not None:
            check_version(request.version, name, version)
        manifest = self._workshop.manifests.get(name, version)
        metadata = self._workshop.metadata.get(name, version)
        assert manifest is not None, "a visible version has a manifest"
        assert metadata is not None, "a visible version has metadata"
        head, _ = commit.commit(
            self._workshop.heads,
            manifest.manifest,
            request.tag,
            actor=request.publisher.name,
            source=request.source,
        )
        self._workshop.deriving.follow(head)
        attested_by = request.publisher.name if request.bundle is not None else None
        self._workshop.artifacts.discard_staged(staged.sha256, attested_by=attested_by)
        return Published(False, head, manifest, metadata, self._report(job), job)

    def _report(self, job: Job) -> list[dict[str, object]]:
        """Answer what the analyzers did for a job when they were run last."""
        kept = newest_checkpoints(self._executions, job.id, [analyze.name]).get(analyze.name)
        return list((kept.outputs or {}).get("analyzers", [])) if kept else []

    def _is_visible(self, job: Job) -> bool:
        """Tell whether a version that a job has published can be seen whole; raises VersionExists if it went."""
        if job.name is None or job.version is None:
            return False
        head = self._workshop.heads.get(job.name)
        stored = self._workshop.manifests.get(job.name, job.version)
        if head is None or stored is None or stored.manifest.dist.sha256 != job.digest:
            return False
        if job.version in head.view.unpublished:
            raise VersionExists(job.name, job.version, stored.manifest.integrity)
        is_described = self._workshop.metadata.get(job.name, job.version) is not None
        return job.version in head.view.versions and is_described

    def _discard_refused(self, sha256: str, work: Work | None) -> None:
        """Remove what was staged for a refused request, unless these bytes are needed.

        They are as long as a job of theirs may go on, or where they hold a claim and are to be finished.
        """
        name, version = (work.name, work.version) if work else (None, None)
        holder = self._workshop.manifests.get(name, version) if name and version else None
        holds_claim = holder is not None and holder.manifest.dist.sha256 == sha256
        if not holds_claim and not self._is_needed(sha256):
            attested_by = work.attested_by if work else None
            self._workshop.artifacts.discard_staged(sha256, attested_by=attested_by)

    def _known(self, job_id: str) -> Job | None:
        try:
            return self._executions.retrieve_job(job_id)
        except UnreadableRecords:
            # It is written anew.
            return None

    def _is_needed(self, sha256: str) -> bool:
        try:
            return any(job.may_go_on for job in self._executions.jobs_beginning(jobs_of(sha256)))
        except UnreadableRecords:
            return True

    def _check_allowed(self, request: PublishRequest, name: PackageName) -> None:
        check_allowed(
            self._workshop.publishers, request.source, request.publisher.name, request.packages, name
        )


def _published(work: Work, job: Job) -> Published:
    described = work.described
    return Published(work.created, work.head, described.manifest, described.metadata, described.report, job)
