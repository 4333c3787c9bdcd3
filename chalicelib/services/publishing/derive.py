"""Derive: redo from the head and the manifests what listing and search read; safe to repeat at any time."""

from chalicelib.domain.facts.maturity import maturity_score
from chalicelib.domain.head import Head
from chalicelib.domain.index import IndexEntry
from chalicelib.domain.picking import current
from chalicelib.stores.index import Index
from chalicelib.stores.manifests import Manifests


def derive(index: Index, manifests: Manifests, head: Head) -> None:
    """Make the package's present state findable."""
    index.record(index_entry(manifests, head))


def index_entry(manifests: Manifests, head: Head) -> IndexEntry:
    """Answer what listing and search show of a package."""
    latest = current(head.view.versions, head.view.tags)
    stored = manifests.get(head.name, latest) if latest else None
    if latest is None or stored is None:
        return IndexEntry(name=head.name, seq=head.seq, latest=None, tags=head.view.tags)
    manifest = stored.manifest
    return IndexEntry(
        name=head.name,
        seq=head.seq,
        latest=latest,
        tags=head.view.tags,
        description=manifest.metadata.description,
        keywords=manifest.metadata.keywords,
        analyzer_tags=manifest.tags,
        runtime=manifest.runtimes,
        score=_score(latest, manifest.tags),
        published_at=manifest.claim.published_at,
    )


def _score(version: str, tags: list[str]) -> float:
    points = 0.5 + 0.1 * ("typed" in tags) + 0.1 * ("zero-deps" in tags) + maturity_score(version) / 1000
    return round(min(points, 1.0), 3)
