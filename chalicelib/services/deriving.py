"""Deriving: makes what listing, search and npm's clients read follow the heads of packages; safe to repeat."""

from collections.abc import Callable

from chalicelib.domain.facts.maturity import maturity_score
from chalicelib.domain.head import Head
from chalicelib.domain.index import IndexEntry
from chalicelib.domain.names import PackageName
from chalicelib.domain.picking import current
from chalicelib.services.npm.rendering import Rendering
from chalicelib.storage.parallel import at_once
from chalicelib.stores.heads import Heads
from chalicelib.stores.index import Index
from chalicelib.stores.manifests import Manifests, StoredManifest


class Deriving:
    """Makes derived data follow heads."""

    def __init__(
        self,
        heads: Heads,
        manifests: Manifests,
        index: Index,
        rendering: Callable[[], Rendering],
    ) -> None:
        self._heads = heads
        self._manifests = manifests
        self._index = index
        self._rendering = rendering

    def derive(self, name: PackageName) -> int | None:
        """Make a package's present state findable, whichever state was announced; answers its `seq`, or None.

        Repeating it, late or in any order, changes nothing: what is written names the state it is derived from, and
        readers take the newest.
        """
        head = self._heads.get(name)
        if head is None:
            return None
        self.follow(head)
        return head.seq

    def follow(self, head: Head) -> None:
        """Make the state of a package findable that a head tells, unless a later one is."""
        at_once(
            lambda: self._index.record(index_entry(self._manifests, head)),
            lambda: self._rendering().follow(head),
        )


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
