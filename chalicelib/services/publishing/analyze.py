"""Analyze: run the analyzers under the facts of the claim that is about to be made, or was made before."""

from dataclasses import replace

from chalicelib.analyzers.base import Subject
from chalicelib.domain.errors import VersionExists
from chalicelib.domain.head import Head, View
from chalicelib.domain.manifest import Claim
from chalicelib.domain.times import later_than
from chalicelib.services.analysis import analyze as run_analyzers
from chalicelib.services.publishing.values import Analyzed, Opened, PublishRequest, Workshop
from chalicelib.stores.manifests import StoredManifest


def analyze(workshop: Workshop, request: PublishRequest, opened: Opened) -> Analyzed:
    """Answer the analysis; raises VersionExists early for a number that is taken by other bytes."""
    head = workshop.heads.get(opened.name) or Head(name=opened.name)
    visible = _visible(workshop, opened, head.view)
    claim = visible.manifest.claim if visible else _new_claim(workshop, request, opened, head)
    return replace(analyze_under(workshop, opened, claim), visible=visible)


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


def _visible(workshop: Workshop, opened: Opened, view: View) -> StoredManifest | None:
    """Answer the manifest if the version is visible for these bytes; raises VersionExists if the number is used up."""
    used_up = opened.version in view.unpublished
    if opened.version not in view.versions and not used_up:
        return None
    holder = workshop.manifests.get(opened.name, opened.version)
    assert holder is not None, "a number that was used has a manifest"
    if used_up:
        raise VersionExists(opened.name, opened.version, holder.manifest.integrity)
    check_same_bytes(opened, holder)
    return holder


def _new_claim(workshop: Workshop, request: PublishRequest, opened: Opened, head: Head) -> Claim:
    return Claim(
        publisher=request.publisher,
        source=request.source,
        published_at=later_than(head.modified, workshop.now()),
        previous_version=head.view.previous_of(opened.version),
    )
