"""Listing and searching all packages, over the index."""

from chalicelib.domain.document import Document
from chalicelib.domain.index import IndexEntry
from chalicelib.domain.manifest import Runtimes
from chalicelib.domain.metadata import Identifier
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns
from chalicelib.stores.index import Index

EXACT, PREFIX, IN_NAME, KEYWORD, DESCRIPTION = 8.0, 4.0, 3.0, 2.0, 1.0


class PackageLine(Document):
    """One package in the list: its dist-tags, and what the analyzers call its latest version."""

    name: str
    latest: str
    tags: dict[str, str]
    analyzer_tags: list[str]


class PackageList(Document):
    """A page of packages, ascending by name; `next` is the cursor of the page after it."""

    packages: list[PackageLine]
    next: str | None = None


class SearchResult(Document):
    """A package that was found; `score` tells how well it fits, higher is better."""

    identifier: Identifier
    description: str | None = None
    keywords: list[str]
    tags: list[str]
    runtime: Runtimes | None = None
    published_at: str | None = None
    score: float


class SearchFilters(Document):
    """What results are limited to."""

    runtime: list[str]


class SearchQuery(Document):
    """What was searched for."""

    query: str
    filters: SearchFilters


class SearchPage(Document):
    """A page of results, best first."""

    query: SearchQuery
    results: list[SearchResult]
    total: int
    next: str | None = None


class Searching:
    """Finds packages among those that `packages` mean; a package is found as soon as it is published."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def packages(self, *, after: str, limit: int, packages: PackagePatterns = EVERY_PACKAGE) -> PackageList:
        """Answer a page of all packages; touches only the part of the index the page lies in."""
        found = self._index.page(after, limit + 1, packages)
        page = found[:limit]
        return PackageList(
            packages=[_line(entry) for entry in page],
            next=page[-1].name if len(found) > limit else None,
        )

    def search(
        self,
        query: str,
        *,
        runtimes: list[str],
        offset: int,
        limit: int,
        packages: PackagePatterns = EVERY_PACKAGE,
    ) -> SearchPage:
        """Answer the packages that hold every word of the query, best first; an empty query finds all."""
        words = query.lower().split()
        scored = [
            (score, entry)
            for entry in self._index.all(packages)
            if _runs_on(entry, runtimes) and (score := _score(entry, words)) > 0
        ]
        scored.sort(key=lambda pair: (-pair[0], pair[1].name))
        page = scored[offset : offset + limit]
        return SearchPage(
            query=SearchQuery(query=query, filters=SearchFilters(runtime=runtimes)),
            results=[_result(score, entry) for score, entry in page],
            total=len(scored),
            next=str(offset + limit) if len(scored) > offset + limit else None,
        )


def _line(entry: IndexEntry) -> PackageLine:
    return PackageLine(
        name=entry.name,
        latest=entry.latest or "",
        tags=entry.tags,
        analyzer_tags=entry.analyzer_tags,
    )


def _runs_on(entry: IndexEntry, runtimes: list[str]) -> bool:
    return all(entry.runtime is not None and getattr(entry.runtime, runtime) for runtime in runtimes)


def _score(entry: IndexEntry, words: list[str]) -> float:
    """Answer how well a package fits: every word must be somewhere, and the better the place the more it counts."""
    points = [_points(entry, word) for word in words]
    return 0.0 if 0.0 in points else round(sum(points) + entry.score, 3)


def _points(entry: IndexEntry, word: str) -> float:
    bare = entry.name.rpartition("/")[2]
    if word in {entry.name, bare}:
        return EXACT
    if entry.name.startswith(word) or bare.startswith(word):
        return PREFIX
    if word in entry.name:
        return IN_NAME
    if any(word == keyword.lower() for keyword in [*entry.keywords, *entry.analyzer_tags]):
        return KEYWORD
    return DESCRIPTION if word in (entry.description or "").lower() else 0.0


def _result(score: float, entry: IndexEntry) -> SearchResult:
    return SearchResult(
        identifier=Identifier(name=entry.name, version=entry.latest or ""),
        description=entry.description,
        keywords=entry.keywords,
        tags=entry.analyzer_tags,
        runtime=entry.runtime,
        published_at=entry.published_at,
        score=score,
    )
