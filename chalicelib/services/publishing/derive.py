"""Derive: redo from the head and the manifests what listing and search read; safe to repeat at any time."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.domain.facts.maturity import maturity_score
from chalicelib.domain.head import Head
from chalicelib.domain.index import IndexEntry
from chalicelib.domain.picking import current
from chalicelib.services.executing import Finished, Watch
from chalicelib.services.publishing.values import Work
from chalicelib.stores.index import Index
from chalicelib.stores.manifests import Manifests, StoredManifest

name: Final = "derive"


def given(work: Work) -> Any:
    """Answer what is derived from: the package's state."""
    return {"name": work.head.name, "seq": work.head.seq}


def execute(work: Work, watch: Watch) -> Finished:
    """Make the package's present state findable."""
    derive(work.workshop.index, work.workshop.manifests, work.head)
    return Finished({"seq": work.head.seq})


def restore(work: Work, outputs: Mapping[str, Any]) -> bool:
    """Go on with what was derived."""
    return True


def derive(index: Index, manifests: Manifests, head: Head) -> None:
    """Make the package's present state findable."""
    index.record(index_entry(manifests, head))


def index_entry(manifests: Manifests, head: Head) -> IndexEntry:
    """Answer what listing and search show of a package."""
    latest = current(head.view.versions, head.view.tags)
    return entry_of(head, latest, manifests.get(head.name, latest) if latest else None)


def entry_of(head: Head, latest: str | None, stored: StoredManifest | None) -> IndexEntry:
    """Answer what listing and search show of a package whose current version has a manifest, or that has none."""
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
