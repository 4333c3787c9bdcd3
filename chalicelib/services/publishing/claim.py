"""Claim: take the version's number with one create-only write."""

from chalicelib.services.publishing.analyze import analyze_under, check_same_bytes
from chalicelib.services.publishing.describe import manifest_of
from chalicelib.services.publishing.values import Analyzed, Claimed, Opened, Workshop


def claim(workshop: Workshop, opened: Opened, analyzed: Analyzed) -> Claimed:
    """Answer the claim on the version; raises VersionExists when it is held for other bytes.

    A claim that another writer made for the same bytes is carried on with, under that writer's facts, so that
    everything written after it is the same whoever writes it.
    """
    if analyzed.visible is not None:
        return Claimed(analyzed.visible, analyzed)
    holder = workshop.manifests.claim(manifest_of(opened, analyzed))
    check_same_bytes(opened, holder)
    if holder.manifest.claim != analyzed.claim:
        analyzed = analyze_under(workshop, opened, holder.manifest.claim)
    return Claimed(holder, analyzed)
