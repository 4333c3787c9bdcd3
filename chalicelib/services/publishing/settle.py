"""Settle: write everything a visible version needs; all of it repeatable, because the claim fixed the bytes."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from chalicelib.domain.attestations import AttestationExists, AttestationSubjectMismatch
from chalicelib.domain.media_types import content_type
from chalicelib.domain.package import Package
from chalicelib.services.executing import Finished, Watch
from chalicelib.services.publishing.values import Work, Workshop
from chalicelib.storage.parallel import at_once
from chalicelib.stores.artifacts import INLINE_BYTES

name: Final = "settle"


def given(work: Work) -> Any:
    """Answer what is settled: all that belongs to the manifest, and what attests it if something does."""
    attested = {"attested": True} if work.attested else {}
    return {"manifest": work.described.manifest.digests.sha256, **attested}


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
    attested, manifest = _settle_attestation(work), work.described.manifest.manifest
    is_told = attested or work.resumed or work.described.visible
    settle_text = work.workshop.texts.settling(manifest, opened.package, attested=is_told, anew=attested)
    at_once(
        lambda: artifacts.settle_tarball(opened.name, opened.version, work.staged.sha256, work.staged.chunks),
        lambda: artifacts.settle_pack(opened.name, opened.version, opened.pack),
        lambda: _settle_metadata(work),
        settle_text,
    )
    return Finished({"objects": 4 + attested + len(paths), "size": opened.digests.size})


def restore(work: Work, outputs: Mapping[str, Any]) -> bool:
    """Go on with what was written; nothing removes it."""
    return True


def _settle_attestation(work: Work) -> bool:
    """Keep what attests the version, before anybody is told of it; tells whether something does.

    Whoever has claimed the version says what attests it, so that it is the same whoever carries the claim on. A version
    that was visible without it, or with another, stays as it was told.
    """
    bundle = None if work.described.visible else _bundle(work)
    if bundle is None:
        return False
    try:
        with suppress(AttestationExists):
            work.workshop.attest(work.opened.name, work.opened.version, bundle)
    except AttestationSubjectMismatch:
        # It came with the same bytes when the same publisher sent them as another package, which was refused.
        return False
    return True


def _bundle(work: Work) -> bytes | None:
    """Answer what was sent by whoever holds the claim to attest these bytes."""
    claimer, staged = (
        work.described.manifest.manifest.claim.publisher.name,
        work.workshop.artifacts.staged_bundle,
    )
    if claimer != work.publisher.name:
        return staged(work.staged.sha256, claimer)
    return (work.bundle or staged(work.staged.sha256, claimer)) if work.attested else None


def _settle_metadata(work: Work) -> None:
    """Write the metadata, or go on with what a writer of the same claim has written."""
    described = work.described
    settled = work.workshop.metadata.settle(described.metadata, described.documents.metadata)
    work.described = replace(described, metadata=settled)


def paths_as_objects(workshop: Workshop, package: Package) -> list[str]:
    """Answer the files that are to be objects of their own beside the pack."""
    files = package.files.values()
    if workshop.files_as_objects:
        return [file.path for file in files]
    large = [file.path for file in files if file.size > INLINE_BYTES]
    return large if large and workshop.artifacts.presigns else []
