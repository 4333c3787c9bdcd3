"""Analyze: run the analyzers under the facts of the claim that is about to be made, or was made before."""

from chalicelib.analyzers.base import Subject
from chalicelib.domain.errors import VersionExists
from chalicelib.domain.head import View
from chalicelib.domain.manifest import Claim
from chalicelib.domain.times import timestamp
from chalicelib.services.analysis import analyze as run_analyzers
from chalicelib.services.publishing.values import Analyzed, Opened, PublishRequest, Workshop
from chalicelib.stores.manifests import StoredManifest


def analyze(workshop: Workshop, request: PublishRequest, opened: Opened) -> Analyzed:
    """Answer the analysis; raises VersionExists early for a number that is taken by other bytes."""
    head = workshop.heads.get(opened.name)
    view = head.view if head else View()
    return analyze_under(workshop, opened, _facts(workshop, request, opened, view))


def analyze_under(workshop: Workshop, opened: Opened, claim: Claim) -> Analyzed:
    """Answer the analysis under given facts."""
    before = claim.previous_version
    previous = workshop.metadata.get(opened.name, before) if before else None
    subject = Subject(
        name=opened.name, version=opened.version, package=opened.package, claim=claim, previous=previous
    )
    return Analyzed(claim, run_analyzers(subject, workshop.analyzers()), previous)


def check_same_bytes(opened: Opened, holder: StoredManifest) -> None:
    """Raise VersionExists unless the manifest that holds a version is for these bytes."""
    integrity = holder.manifest.integrity
    if integrity != opened.package.digests.integrity:
        raise VersionExists(opened.name, opened.version, integrity)


def _facts(workshop: Workshop, request: PublishRequest, opened: Opened, view: View) -> Claim:
    if opened.version in view.versions or opened.version in view.unpublished:
        holder = workshop.manifests.get(opened.name, opened.version)
        assert holder is not None, "a visible version has a manifest"
        check_same_bytes(opened, holder)
        if opened.version in view.unpublished:
            raise VersionExists(opened.name, opened.version, holder.manifest.integrity)
        return holder.manifest.claim
    return Claim(
        publisher=request.publisher,
        source=request.source,
        published_at=timestamp(workshop.now()),
        previous_version=view.previous_of(opened.version),
    )
