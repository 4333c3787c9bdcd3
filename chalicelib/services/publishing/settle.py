"""Settle: write everything a visible version needs; all of it repeatable, because the claim fixed the bytes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from chalicelib.domain.media_types import content_type
from chalicelib.domain.package import Package
from chalicelib.services.executing import Finished, Watch
from chalicelib.services.publishing.values import Work, Workshop
from chalicelib.storage.parallel import at_once
from chalicelib.stores.artifacts import INLINE_BYTES

name: Final = "settle"


def given(work: Work) -> Any:
    """Answer what is settled: all that belongs to the manifest."""
    return {"manifest": work.described.manifest.digests.sha256}


def execute(work: Work, watch: Watch) -> Finished:
    """Write tarball, pack, metadata and npm's text, and files that need to be objects.

    A version that is visible has all of it, and nothing is written but what was lost.
    """
    artifacts, opened = work.workshop.artifacts, work.opened
    paths = paths_as_objects(work.workshop, opened.package)
    for number, path in enumerate(paths):
        watch.tell(number, len(paths), "files", path)
        data = opened.package.read(path)
        artifacts.settle_file(opened.name, opened.version, path, data, content_type(path, data))
    # The text reads a file out of the pack, which is one open file with one position: not while the pack is written.
    work.workshop.texts.settle(work.described.manifest.manifest, opened.package)
    at_once(
        lambda: artifacts.settle_tarball(opened.name, opened.version, work.staged.sha256, work.staged.chunks),
        lambda: artifacts.settle_pack(opened.name, opened.version, opened.pack),
        lambda: _settle_metadata(work),
    )
    return Finished({"objects": 4 + len(paths), "size": opened.digests.size})


def restore(work: Work, outputs: Mapping[str, Any]) -> bool:
    """Go on with what was written; nothing removes it."""
    return True


def _settle_metadata(work: Work) -> None:
    """Write the metadata, or go on with what a writer of the same claim has written."""
    work.described = replace(work.described, metadata=work.workshop.metadata.settle(work.described.metadata))


def paths_as_objects(workshop: Workshop, package: Package) -> list[str]:
    """Answer the files that are to be objects of their own beside the pack."""
    files = package.files.values()
    if workshop.files_as_objects:
        return [file.path for file in files]
    large = [file.path for file in files if file.size > INLINE_BYTES]
    return large if large and workshop.artifacts.presigns else []
