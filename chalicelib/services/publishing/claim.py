"""Claim: take the version's number with one create-only write."""

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.errors import InvalidTarball
from chalicelib.domain.metadata import Metadata
from chalicelib.services.publishing.analyze import analyze_under, check_same_bytes
from chalicelib.services.publishing.describe import manifest_of, metadata_of
from chalicelib.services.publishing.values import Analyzed, Claimed, Opened, Workshop
from chalicelib.stores.manifests import StoredManifest


class Indescribable(InvalidTarball):
    """What there is to say about the package cannot be kept as documents that read back."""

    code = "indescribable_package"
    title = "The package cannot be described"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the package cannot be described in a way that reads back: {reason}", reason=reason[:500]
        )


def claim(workshop: Workshop, opened: Opened, analyzed: Analyzed) -> Claimed:
    """Answer the claim on the version; raises VersionExists when it is held for other bytes.

    Everything that will be written under the claim is made, and read back, before the number is taken: a number taken
    for what cannot be described would be lost. A claim that another writer made for the same bytes is carried on with
    under that writer's facts, so that everything written after it is the same whoever writes it.
    """
    if analyzed.visible is not None:
        settled = workshop.metadata.get(opened.name, opened.version)
        assert settled is not None, "a visible version has metadata"
        return Claimed(analyzed.visible, analyzed, settled)
    ours = _rehearsed(opened, analyzed)
    holder = workshop.manifests.claim(ours.manifest)
    check_same_bytes(opened, holder)
    if holder.manifest.claim == analyzed.claim:
        return ours
    return _described(opened, holder, analyze_under(workshop, opened, holder.manifest.claim))


def _rehearsed(opened: Opened, analyzed: Analyzed) -> Claimed:
    try:
        claimed = _described(opened, StoredManifest.of(manifest_of(opened, analyzed)), analyzed)
        Metadata.from_bytes(claimed.metadata.to_bytes())
    except (UnreadableDocument, ValueError) as error:
        raise Indescribable(str(error)) from error
    return claimed


def _described(opened: Opened, manifest: StoredManifest, analyzed: Analyzed) -> Claimed:
    return Claimed(manifest, analyzed, metadata_of(opened, manifest, analyzed))
