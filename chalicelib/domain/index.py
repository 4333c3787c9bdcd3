"""The index of all packages: one entry a package, kept in immutable shards and a tail of entries not yet in them.

A publish adds one object to the tail, so a package is found at once. From time to time the tail is folded into the
shards, which are sorted by name, and the snapshot that names them is swapped. An entry says everything about its
package as of event `seq`, so folding the same entry twice, or an old one late, changes nothing.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from chalicelib.domain.document import Document
from chalicelib.domain.manifest import Runtimes

SHARD_ENTRIES = 500
"""How many entries a new shard holds; a shard is split when it has grown to twice that."""


class IndexEntry(Document):
    """What listing and search know of a package: its latest version and what that one says of itself."""

    name: str
    seq: int
    latest: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    description: str | None = None
    keywords: list[str] = Field(default_factory=list)
    analyzer_tags: list[str] = Field(default_factory=list)
    runtime: Runtimes | None = None
    score: float = 0.0
    published_at: str | None = None


class Shard(Document):
    """Entries of neighbouring names, ascending."""

    entries: list[IndexEntry]


class ShardRef(Document):
    """Names a shard by the digest of its bytes; `first` is its first name."""

    first: str
    digest: str
    count: int


class Snapshot(Document):
    """Names the shards, ascending; `retired` are those of the generation before, which a slow reader may still read."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    generation: int = 0
    shards: list[ShardRef] = Field(default_factory=list)
    retired: list[str] = Field(default_factory=list)


def newest(entries: Iterable[IndexEntry]) -> dict[str, IndexEntry]:
    """Answer the entry with the highest `seq` of each package; of several such, the last is in place of the others."""
    latest: dict[str, IndexEntry] = {}
    for entry in entries:
        known = latest.get(entry.name)
        if known is None or known.seq <= entry.seq:
            latest[entry.name] = entry
    return latest


def shard_of(snapshot: Snapshot, name: str) -> int:
    """Answer the position of the shard that would hold a name; -1 when there are no shards."""
    if not snapshot.shards:
        return -1
    return max(0, bisect_right([ref.first for ref in snapshot.shards], name) - 1)


def merge(existing: Iterable[IndexEntry], additions: Iterable[IndexEntry]) -> list[Shard]:
    """Answer the shards that a shard becomes when entries are folded into it."""
    merged = newest([*existing, *additions])
    entries = [merged[name] for name in sorted(merged)]
    if len(entries) <= 2 * SHARD_ENTRIES:
        return [Shard(entries=entries)] if entries else []
    return [
        Shard(entries=entries[start : start + SHARD_ENTRIES])
        for start in range(0, len(entries), SHARD_ENTRIES)
    ]
