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

from chalicelib.domain.errors import NameMismatch, PrismError, Unavailable
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


class Publishing:
    """Publishes tarballs."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def publish(self, request: PublishRequest) -> Published:
        """Make a version visible, or raise and leave nothing of it that a read can reach.

        Raises InvalidTag, DigestMismatch, NameMismatch, VersionExists, InvalidTarball and its kin, or Unavailable.
        """
        if request.tag is not None:
            check_tag(request.tag)
        staged = stage(self._workshop, request)
        with SpooledTemporaryFile(max_size=PACK_IN_MEMORY) as pack:
            opened, claimed = self._until_claimed(request, staged, cast("BinaryIO", pack))
            metadata = settle(self._workshop, opened, staged, claimed)
        head, created = commit(self._workshop, request, claimed.manifest.manifest)
        derive(self._workshop.index, self._workshop.manifests, head)
        self._workshop.artifacts.discard_staged(staged.sha256)
        return Published(created, head, claimed.manifest, metadata, claimed.analyzed.analysis)

    def _until_claimed(
        self, request: PublishRequest, staged: Staged, pack: BinaryIO
    ) -> tuple[Opened, Claimed]:
        """Do what may still be refused; what is refused leaves no staged bytes."""
        try:
            opened = read(self._workshop, staged, pack)
            self._check_name(request, staged, opened)
            return opened, claim(self._workshop, opened, analyze(self._workshop, request, opened))
        except (Unavailable, NameMismatch):
            raise
        except PrismError:
            self._workshop.artifacts.discard_staged(staged.sha256)
            raise

    def _check_name(self, request: PublishRequest, staged: Staged, opened: Opened) -> None:
        if request.name is None or request.name == opened.name:
            return
        if self._workshop.manifests.get(opened.name, opened.version) is None:
            # Staged bytes that hold a claim are what a dead worker's publish is finished from.
            self._workshop.artifacts.discard_staged(staged.sha256)
        raise NameMismatch(request.name, opened.name)
