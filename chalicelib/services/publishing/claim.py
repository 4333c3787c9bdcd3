"""Claim: take the version's number with one create-only write."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.domain.head import Change, Head
from chalicelib.domain.publishers import check_owner
from chalicelib.domain.upstream import UPSTREAM, check_origin
from chalicelib.services.executing import Finished, Watch
from chalicelib.services.publishing.allowed import check_allowed
from chalicelib.services.publishing.analyze import (
    check_same_bytes,
    describe_under,
    described_by,
    documents_of,
)
from chalicelib.services.publishing.values import Work

name: Final = "claim"


def given(work: Work) -> Any:
    """Answer what is claimed: the very manifest."""
    return {"manifest": work.described.manifest.digests.sha256}


def execute(work: Work, watch: Watch) -> Finished:
    """Take the number; raises VersionExists when it is held for other bytes, and PackageOwned.

    A claim that another writer made for the same bytes is carried on with under that writer's facts, so that
    everything written after it is the same whoever writes it.
    """
    described = work.described
    manifest = described.manifest.manifest
    facts = {"name": manifest.name, "version": manifest.version, "integrity": manifest.integrity}
    if described.visible:
        return Finished(facts)
    if work.resumed:
        check_allowed(
            work.workshop.publishers, work.source, work.publisher.name, work.packages, work.opened.name
        )
        _check_owner(work)
    if work.source == UPSTREAM:
        _mirror(work)
    holder = work.workshop.manifests.claim(described.manifest, described.documents.manifest)
    check_same_bytes(work, holder)
    if holder.digests == described.manifest.digests:
        return Finished(facts)
    work.described = describe_under(work, holder.manifest.claim, watch, holder=holder)
    return Finished(facts, documents_of(work.described))


def _check_owner(work: Work) -> None:
    """Hold a worker who goes on with older work to the owners that the package has by now; raises NotAnOwner."""
    head = work.workshop.heads.get(work.opened.name)
    check_owner(work.publisher.name, work.opened.name, head.view.owners if head else ())


def restore(work: Work, outputs: Mapping[str, Any]) -> bool:
    """Go on with the claim that was made."""
    if "documents" in outputs:
        work.described = described_by(outputs["documents"], work.described.report)
    return work.workshop.manifests.get(work.opened.name, work.opened.version) is not None


def _mirror(work: Work) -> None:
    """Make the name the upstream's before any number of it is taken, so that no number of somebody's own ever is."""

    def decide(head: Head) -> Change | None:
        check_origin(head, work.source)
        return None if head.is_mirrored else Change(type="mirror")

    work.workshop.heads.change(work.opened.name, decide, actor=work.publisher.name)
