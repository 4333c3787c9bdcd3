"""Settle: write everything a visible version needs; all of it repeatable, because the claim fixed the bytes."""

from chalicelib.domain.media_types import content_type
from chalicelib.domain.metadata import Metadata
from chalicelib.services.publishing.values import Claimed, Opened, Staged, Workshop
from chalicelib.stores.artifacts import INLINE_BYTES


def settle(workshop: Workshop, opened: Opened, staged: Staged, claimed: Claimed) -> Metadata:
    """Write tarball, pack and metadata, and files that need to be objects; answers the metadata that is stored.

    A version that is visible has all of it, and nothing is written.
    """
    if claimed.analyzed.visible is not None:
        return claimed.metadata
    artifacts = workshop.artifacts
    artifacts.settle_tarball(opened.name, opened.version, staged.sha256, staged.chunks)
    artifacts.settle_pack(opened.name, opened.version, opened.pack)
    for path in _files_as_objects(workshop, opened):
        data = opened.package.read(path)
        artifacts.settle_file(opened.name, opened.version, path, data, content_type(path, data))
    return workshop.metadata.settle(claimed.metadata)


def _files_as_objects(workshop: Workshop, opened: Opened) -> list[str]:
    files = opened.package.files.values()
    if workshop.files_as_objects:
        return [file.path for file in files]
    large = [file.path for file in files if file.size > INLINE_BYTES]
    return large if large and workshop.artifacts.presigns else []
