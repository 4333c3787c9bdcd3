"""The index of all packages over a store: a snapshot of shards plus the tail of what came since."""

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TypeVar

from chalicelib.domain.index import IndexEntry, Shard, ShardRef, Snapshot, merge, newest, shard_of
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns
from chalicelib.storage.parallel import at_once, in_parallel
from chalicelib.storage.port import (
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    ObjectStore,
    StorageUnavailable,
)
from chalicelib.stores.documents import JSON, ImmutableDocuments, ReplacedDocuments

FOLD_AT = 64
"""How many entries the tail may hold before a writer folds it into the shards."""
FOLD_AT_MOST = 1000
CACHE_BYTES = 96 << 20
READ_ATTEMPTS = 3

Answer = TypeVar("Answer")


class Index:
    """One entry a package, readable without touching every package."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys
        self._entries = ImmutableDocuments(store, IndexEntry.from_bytes, cache_bytes=CACHE_BYTES)
        self._shards = ImmutableDocuments(store, Shard.from_bytes, cache_bytes=CACHE_BYTES)
        self._snapshots = ReplacedDocuments(store, Snapshot.from_bytes, cache_bytes=CACHE_BYTES)

    def record(self, entry: IndexEntry) -> None:
        """Make a package's present state findable; folds the tail when it has grown long."""
        _, tail = at_once(partial(self._write, entry), partial(self._tail_keys, FOLD_AT))
        self._shorten(tail)

    def replace(self, entry: IndexEntry) -> None:
        """Make a package's present state findable in place of what the index says of it, in whichever part."""
        self._entries.replace(self._keys.index_entry(entry.name, entry.seq), entry.to_bytes())
        self._shorten(self._tail_keys(FOLD_AT))

    def _write(self, entry: IndexEntry) -> None:
        key, data = self._keys.index_entry(entry.name, entry.seq), entry.to_bytes()
        with suppress(ObjectExists):  # somebody recorded the same state, and may have folded it by now
            self._store.put(key, data, if_absent=True, content_type=JSON)

    def _shorten(self, tail: list[str]) -> None:
        if len(tail) >= FOLD_AT:
            # Housekeeping that failed or was overtaken is left to the next writer; the entry is recorded.
            with suppress(ObjectNotFound, StorageUnavailable):
                self.fold()

    def page(self, after: str, limit: int, packages: PackagePatterns = EVERY_PACKAGE) -> list[IndexEntry]:
        """Answer up to `limit` entries whose name follows `after`, ascending, only those that patterns mean.

        Reads no part of the index in which no such name can be.
        """
        return self._collect(after, limit, packages)

    def all(self, packages: PackagePatterns = EVERY_PACKAGE) -> list[IndexEntry]:
        """Answer every entry, ascending by name, only those that patterns mean."""
        return self._collect("", None, packages)

    def entry(self, name: str) -> IndexEntry | None:
        """Answer what the index knows of a package, with or without a version to be listed; None if nothing.

        Costs one listing and up to three reads, of which those of shards and of entries are made once per process.
        """
        return self._patiently(lambda: self._entry(name))

    def unnamed_shards(self, digests: Iterable[str]) -> set[str]:
        """Answer those of some shards that the snapshot does not name, neither in use nor retired; one read."""
        return set(digests) - _named(self._snapshot())

    def remove_shard(self, digest: str) -> bool:
        """Remove a shard that the snapshot does not name; answers False if it does, or another writer was first.

        The shard is retired by a swap and removed by a fold. A fold that found it there, made the same one and counts
        on it has either named it by then or loses its own swap.
        """
        read = self._snapshots.get(self._keys.index_snapshot)
        before = read.document if read else Snapshot()
        if digest in _named(before):
            return False
        retired = before.model_copy(
            update={"generation": before.generation + 1, "retired": [*before.retired, digest]}
        )
        if not self._snapshots.swap(self._keys.index_snapshot, retired, retired.to_bytes(), read):
            return False
        return self.fold()

    def fold(self) -> bool:
        """Fold the tail into the shards; answers whether this call did it and not another writer."""
        keys = self._tail_keys(FOLD_AT_MOST)
        additions = newest(self._read_entries(keys))
        read = self._snapshots.get(self._keys.index_snapshot)
        before = read.document if read else Snapshot()
        snapshot, replaced = self._folded(before, additions)
        if not self._snapshots.swap(self._keys.index_snapshot, snapshot, snapshot.to_bytes(), read):
            return False
        for key in keys:
            self._store.delete(key)
        for digest in set(before.retired) - {ref.digest for ref in snapshot.shards} - set(replaced):
            self._store.delete(self._keys.index_shard(digest))
        return True

    def _collect(self, after: str, limit: int | None, packages: PackagePatterns) -> list[IndexEntry]:
        return self._patiently(lambda: list(islice(self._ascending(after, packages), limit)))

    def _patiently(self, read: Callable[[], Answer]) -> Answer:
        """Read from the snapshot and its shards; raises StorageUnavailable if they are gone time and again."""
        for _ in range(READ_ATTEMPTS):
            try:
                return read()
            except ObjectNotFound as error:
                # Two folds went by since the snapshot was read; the next one names the shards there are.
                lost = error
        raise StorageUnavailable(lost.key, "the index changed faster than it could be read", retryable=True)

    def _folded(self, before: Snapshot, additions: dict[str, IndexEntry]) -> tuple[Snapshot, list[str]]:
        """Answer the next snapshot, its new shards written, and the digests of the shards it replaces."""
        by_shard: dict[int, list[IndexEntry]] = defaultdict(list)
        for name, entry in additions.items():
            by_shard[shard_of(before, name)].append(entry)
        refs: list[ShardRef] = []
        replaced: list[str] = []
        for position, ref in enumerate(before.shards or [None]):
            changes = by_shard.get(position if ref else -1, [])
            if ref is not None and not changes:
                refs.append(ref)
                continue
            existing = self._shard(ref) if ref else []
            replaced.extend([ref.digest] if ref else [])
            refs.extend(self._write_shard(shard) for shard in merge(existing, changes))
        return Snapshot(generation=before.generation + 1, shards=refs, retired=replaced), replaced

    def _write_shard(self, shard: Shard) -> ShardRef:
        data = shard.to_bytes()
        digest = hashlib.sha256(data).hexdigest()
        self._shards.put_once(self._keys.index_shard(digest), data)
        return ShardRef(first=shard.entries[0].name, digest=digest, count=len(shard.entries))

    def _entry(self, name: str) -> IndexEntry | None:
        # As for pages, the tail is read before the snapshot.
        found = self._read_entries(self._tail_keys(None, self._keys.index_entries(name))[-1:])
        snapshot = self._snapshot()
        position = shard_of(snapshot, name)
        folded = self._shard(snapshot.shards[position]) if position >= 0 else []
        return newest([*(entry for entry in folded if entry.name == name), *found]).get(name)

    def _snapshot(self) -> Snapshot:
        read = self._snapshots.get(self._keys.index_snapshot)
        return read.document if read else Snapshot()

    def _ascending(self, after: str, packages: PackagePatterns) -> Iterator[IndexEntry]:
        # The tail is read before the snapshot: an entry folded in between is then in the snapshot.
        tail = newest(self._read_entries(self._tail_keys(None)))
        snapshot = self._snapshot()
        pending = sorted(name for name in tail if name > after and packages.match(name))
        for ref, end in _with_ends(snapshot.shards[max(0, shard_of(snapshot, after)) :]):
            if not packages.reach(ref.first, end):
                continue
            shard = {entry.name: entry for entry in self._shard(ref)}
            names = [name for name in shard if name > after and packages.match(name)]
            if not names:
                continue
            before = bisect_right(pending, names[-1])
            fresh, pending = pending[:before], pending[before:]
            for name in sorted({*names, *fresh}):
                yield from _visible(newest([e for e in (shard.get(name), tail.get(name)) if e])[name])
        for name in pending:
            yield from _visible(tail[name])

    def _shard(self, ref: ShardRef) -> list[IndexEntry]:
        shard = self._shards.get(self._keys.index_shard(ref.digest))
        if shard is None:
            raise ObjectNotFound(self._keys.index_shard(ref.digest))
        return shard.entries

    def _tail_keys(self, limit: int | None, prefix: str | None = None) -> list[str]:
        listed = self._store.list(prefix or self._keys.index_tail, limit=limit)
        return [info.key for info in listed if isinstance(info, ObjectInfo)]

    def _read_entries(self, keys: list[str]) -> list[IndexEntry]:
        return [entry for entry in in_parallel(self._entries.get, keys) if entry is not None]


def _named(snapshot: Snapshot) -> set[str]:
    return {ref.digest for ref in snapshot.shards} | set(snapshot.retired)


def _with_ends(shards: list[ShardRef]) -> Iterator[tuple[ShardRef, str | None]]:
    """Answer each shard with the name before which its own end, None for the last."""
    yield from zip(shards, [*(ref.first for ref in shards[1:]), None], strict=False)


def _visible(entry: IndexEntry) -> Iterator[IndexEntry]:
    if entry.latest is not None:
        yield entry
