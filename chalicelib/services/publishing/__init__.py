"""Publishing: from bytes to a visible version, in stages that any worker can take up again.

    stage    bytes are durable                         staged/…
    read     the tarball, once, as a stream            nothing
    analyze  the analyzers, in order                   nothing
    claim    the number is taken for these bytes       manifest, create-only
    settle   what a visible version needs              tarball, pack, metadata
    commit   the version is visible                    head, compare-and-swap
    derive   listing and search know it                index

Bytes are durable before anything is claimed, and after the claim only repeatable writes remain, so nothing is ever
rolled back: whoever publishes the same bytes again finishes what a dead worker began.
"""

from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from chalicelib import telemetry
from chalicelib.domain.access import Forbidden, PackageForbidden
from chalicelib.domain.errors import NameMismatch, PrismError, Unavailable
from chalicelib.domain.names import PackageName
from chalicelib.domain.tags import check_tag
from chalicelib.services.publishing.analyze import analyze
from chalicelib.services.publishing.claim import claim
from chalicelib.services.publishing.commit import commit
from chalicelib.services.publishing.derive import derive
from chalicelib.services.publishing.read import read
from chalicelib.services.publishing.settle import settle
from chalicelib.services.publishing.stage import stage
from chalicelib.services.publishing.values import (
    Claimed,
    Opened,
    Published,
    PublishRequest,
    Staged,
    Workshop,
)

__all__ = ["PublishRequest", "Published", "Publishing", "Workshop"]

PACK_IN_MEMORY = 8 << 20


def job_id(sha256: str) -> str:
    """Answer the id of the work of publishing the tarball with a digest: the same whoever sends it, however often."""
    return f"publish-{sha256[:32]}"


class Publishing:
    """Publishes tarballs."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def publish(self, request: PublishRequest) -> Published:
        """Make a version visible, or raise and leave nothing of it that a read can reach.

        Raises Forbidden, InvalidTag, DigestMismatch, NameMismatch, VersionExists, InvalidTarball and its kin, or
        Unavailable.
        """
        try:
            published = self._publish(request)
        except Unavailable:
            raise
        except PrismError as error:
            telemetry.count("Refusals", Code=error.code)
            raise
        if published.created:
            telemetry.count("Publishes")
        return published

    def _publish(self, request: PublishRequest) -> Published:
        if request.tag is not None:
            check_tag(request.tag)
        if request.name is not None:
            self._check_allowed(request, request.name)
        with telemetry.stage("stage"):
            staged = stage(self._workshop, request)
            telemetry.note(jobId=job_id(staged.sha256))
        with SpooledTemporaryFile(max_size=PACK_IN_MEMORY) as pack:
            opened, claimed = self._until_claimed(request, staged, cast("BinaryIO", pack))
            with telemetry.stage("settle"):
                metadata = settle(self._workshop, opened, staged, claimed)
        with telemetry.stage("commit"):
            head, created = commit(self._workshop, request, claimed.manifest.manifest)
        with telemetry.stage("derive"):
            derive(self._workshop.index, self._workshop.manifests, head)
        self._workshop.artifacts.discard_staged(staged.sha256)
        return Published(created, head, claimed.manifest, metadata, claimed.analyzed.analysis)

    def _until_claimed(
        self, request: PublishRequest, staged: Staged, pack: BinaryIO
    ) -> tuple[Opened, Claimed]:
        """Do what may still be refused; what is refused leaves no staged bytes."""
        try:
            with telemetry.stage("read"):
                opened = read(self._workshop, staged, pack)
                telemetry.note(package=opened.name, version=opened.version)
            self._check_opened(request, staged, opened)
            with telemetry.stage("analyze"):
                analyzed = analyze(self._workshop, request, opened)
            with telemetry.stage("claim"):
                return opened, claim(self._workshop, opened, analyzed)
        except (Unavailable, NameMismatch, Forbidden):
            raise
        except PrismError:
            self._workshop.artifacts.discard_staged(staged.sha256)
            raise

    def _check_opened(self, request: PublishRequest, staged: Staged, opened: Opened) -> None:
        try:
            self._check_name(request, opened.name)
        except (NameMismatch, Forbidden):
            if self._workshop.manifests.get(opened.name, opened.version) is None:
                # Staged bytes that hold a claim are what a dead worker's publish is finished from.
                self._workshop.artifacts.discard_staged(staged.sha256)
            raise

    def _check_name(self, request: PublishRequest, name: PackageName) -> None:
        """Hold the tarball to the name it is published under; without one, ask now whether its name is allowed."""
        if request.name is None:
            self._check_allowed(request, name)
        elif request.name != name:
            raise NameMismatch(request.name, name)

    def _check_allowed(self, request: PublishRequest, name: PackageName) -> None:
        if not request.packages.match(name):
            raise PackageForbidden(name, request.packages)
        self._workshop.publishers.get().check(request.publisher.name, name)
