"""The objects that the index is made of, each by itself, read from the medium as they are.

The index reads them together, and cannot be read at all while one of them is damaged. Here every one of them is looked
at alone, and can be taken out: what it said of packages is derived again.
"""

import hashlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.index import IndexEntry, Shard, ShardRef, Snapshot, newest, shard_of
from chalicelib.domain.keys import ObjectKeys
from chalicelib.storage.port import (
    NOT_MODIFIED,
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    ObjectStore,
    PreconditionFailed,
)
from chalicelib.stores.cache import Cache
from chalicelib.stores.documents import JSON

CACHE_BYTES: Final = 8 << 20


class Part(NamedTuple):
    """An object of the index: its key, why it cannot be what it should be, if so, and whether it is there at all."""

    key: str
    damage: str | None = None
    there: bool = True


class IndexParts:
    """The tail's entries, the shards, and the snapshot that names those."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys
        self._sound: Cache[Shard] = Cache(CACHE_BYTES)

    def tail(self, after: str | None = None) -> Iterator[tuple[str, Part]]:
        """Answer each entry of the tail by its name there, those that follow one."""
        prefix = self._keys.index_tail
        for info in self._store.list(prefix, after=prefix + after if after else None):
            assert isinstance(info, ObjectInfo), "no delimiter was given"
            data = self._read(info.key)
            if data is not None:
                yield info.key.removeprefix(prefix), Part(info.key, self._damage_of_entry(info.key, data))

    def snapshot(self) -> Part | None:
        """Answer the snapshot, or None where there is none yet."""
        key = self._keys.index_snapshot
        data = self._read(key)
        return None if data is None else Part(key, _damage(Snapshot, data))

    def shards(self, after: str | None = None) -> Iterator[tuple[ShardRef, Part]]:
        """Answer the shards that the snapshot names, those that begin after a name."""
        for ref in self._snapshot()[0].shards:
            if after is None or ref.first > after:
                key = self._keys.index_shard(ref.digest)
                data = self._read(key)
                gone = Part(key, "the snapshot names it, and it is gone", there=False)
                yield ref, gone if data is None else Part(key, _damage_of_shard(ref, data))

    def entry(self, name: str) -> IndexEntry | None:
        """Answer what the index says of a package as far as it can be read, or None."""
        snapshot, _ = self._snapshot()
        position = shard_of(snapshot, name)
        shard = self._shard(snapshot.shards[position]) if position >= 0 else None
        found = [entry for entry in shard.entries if entry.name == name] if shard else []
        return newest([*found, *self._tail_of(name)]).get(name)

    def remove_entry(self, key: str) -> None:
        """Take an entry out of the tail."""
        self._store.delete(key)

    def remove_shard(self, digest: str) -> None:
        """Take a shard out of the snapshot; the next fold removes what is left of it."""
        before, etag = self._snapshot()
        kept = [ref for ref in before.shards if ref.digest != digest]
        if len(kept) < len(before.shards):
            after = {
                "generation": before.generation + 1,
                "shards": kept,
                "retired": [*before.retired, digest],
            }
            self._swap(before.model_copy(update=after), etag)

    def renew_snapshot(self) -> None:
        """Write a snapshot that names nothing over one that cannot be read."""
        found = self._store.get(self._keys.index_snapshot)
        assert found is not NOT_MODIFIED
        if _damage(Snapshot, found.data) is not None:
            self._swap(Snapshot(), found.info.etag)

    def _swap(self, snapshot: Snapshot, etag: str) -> None:
        """Replace the snapshot; where another writer was first, that one's is looked at the next time."""
        try:
            self._store.put(self._keys.index_snapshot, snapshot.to_bytes(), if_etag=etag, content_type=JSON)
        except (ObjectExists, PreconditionFailed):
            return

    def _tail_of(self, name: str) -> Iterator[IndexEntry]:
        for info in self._store.list(self._keys.index_entries(name)):
            assert isinstance(info, ObjectInfo), "no delimiter was given"
            data = self._read(info.key)
            if data is not None and self._damage_of_entry(info.key, data) is None:
                yield IndexEntry.from_bytes(data)

    def _damage_of_entry(self, key: str, data: bytes) -> str | None:
        try:
            entry = IndexEntry.from_bytes(data)
        except UnreadableDocument as error:
            return str(error)
        if key != self._keys.index_entry(entry.name, entry.seq):
            return f"it says that it is of `{entry.name}` after event {entry.seq}"
        return None

    def _shard(self, ref: ShardRef) -> Shard | None:
        """Answer a shard, or None for one that is gone or damaged."""
        known = self._sound.get(ref.digest)
        if known is not None:
            return known
        data = self._read(self._keys.index_shard(ref.digest))
        if data is None or _damage_of_shard(ref, data) is not None:
            return None
        shard = Shard.from_bytes(data)
        self._sound.put(ref.digest, shard, len(data))
        return shard

    def _snapshot(self) -> tuple[Snapshot, str]:
        """Answer the snapshot and its ETag; one that names nothing where it is gone or damaged."""
        try:
            found = self._store.get(self._keys.index_snapshot)
        except ObjectNotFound:
            return Snapshot(), ""
        assert found is not NOT_MODIFIED
        try:
            return Snapshot.from_bytes(found.data), found.info.etag
        except UnreadableDocument:
            return Snapshot(), found.info.etag

    def _read(self, key: str) -> bytes | None:
        try:
            found = self._store.get(key)
        except ObjectNotFound:
            return None
        assert found is not NOT_MODIFIED
        return found.data


def _damage_of_shard(ref: ShardRef, data: bytes) -> str | None:
    if hashlib.sha256(data).hexdigest() != ref.digest:
        return "its bytes do not have the digest that names it"
    return _damage(Shard, data)


def _damage(kind: type[Shard | Snapshot], data: bytes) -> str | None:
    try:
        kind.from_bytes(data)
    except UnreadableDocument as error:
        return str(error)
    return None
