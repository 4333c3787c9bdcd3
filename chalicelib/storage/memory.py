"""Objects in this process's memory, for tests and for trying things out."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from threading import Lock
from typing import Final, Literal

from chalicelib.storage.port import (
    NOT_MODIFIED,
    NotModified,
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    PreconditionFailed,
    Prefix,
    StoredObject,
    Unaddressed,
    can_begin_key,
    check_conditions,
    check_key,
    folded,
    window,
)

PIECE_BYTES: Final = 1 << 20


class MemoryStore(Unaddressed):
    """A store over a dictionary; one lock makes every write a single step."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._objects: dict[str, StoredObject] = {}
        # Python orders text by code point, which is the order of its bytes in UTF-8.
        self._keys: list[str] = []
        self._stamps = count(1)

    def get(
        self, key: str, *, start: int | None = None, end: int | None = None, unless_etag: str | None = None
    ) -> StoredObject | Literal[NotModified.NOT_MODIFIED]:
        """Read an object or a slice of it."""
        found = self._find(key)
        if found.info.etag == unless_etag:
            return NOT_MODIFIED
        first, last = window(found.info.size, start, end)
        return StoredObject(found.info, found.data[first:last])

    def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Read an object in pieces."""
        found = self._find(key)
        first, last = window(found.info.size, start, end)
        return (
            found.data[position : min(position + PIECE_BYTES, last)]
            for position in range(first, last, PIECE_BYTES)
        )

    def head(self, key: str) -> ObjectInfo:
        """Describe an object."""
        return self._find(key).info

    def put(
        self,
        key: str,
        data: bytes,
        *,
        if_absent: bool = False,
        if_etag: str | None = None,
        content_type: str | None = None,
        durable: bool = True,
    ) -> str:
        """Write an object whole; the condition is judged under the lock that the write holds."""
        check_key(key)
        check_conditions(if_absent=if_absent, if_etag=if_etag)
        frozen = bytes(data)
        with self._lock:
            present = self._objects.get(key)
            if if_absent and present is not None:
                raise ObjectExists(key)
            if if_etag is not None and (present is None or present.info.etag != if_etag):
                raise PreconditionFailed(key)
            return self._keep(key, frozen)

    def put_stream(
        self, key: str, chunks: Iterable[bytes], *, if_absent: bool = False, content_type: str | None = None
    ) -> str:
        """Write an object from pieces, which memory has to hold anyway."""
        check_key(key)
        return self.put(key, b"".join(chunks), if_absent=if_absent, content_type=content_type)

    def copy(self, source: str, target: str) -> str:
        """Copy an object by sharing its immutable bytes."""
        check_key(target)
        found = self._find(source)
        if source == target:
            return found.info.etag
        return self.put(target, found.data)

    def join(self, sources: Sequence[str], target: str, *, if_absent: bool = False) -> str:
        """Make one object of others."""
        pieces = (piece for source in sources for piece in self.stream(source))
        return self.put_stream(target, pieces, if_absent=if_absent)

    def delete(self, key: str, *, durable: bool = True) -> None:
        """Remove an object."""
        check_key(key)
        with self._lock:
            if self._objects.pop(key, None) is not None:
                del self._keys[bisect_left(self._keys, key)]

    def list(
        self, prefix: str, *, after: str | None = None, delimiter: str | None = None, limit: int | None = None
    ) -> Iterator[ObjectInfo | Prefix]:
        """List objects in order; writes made while the listing is read may or may not show."""
        if not can_begin_key(prefix):
            return iter(())
        return islice(self._entries(prefix, after or "", delimiter), limit)

    def _find(self, key: str) -> StoredObject:
        check_key(key)
        with self._lock:
            try:
                return self._objects[key]
            except KeyError:
                raise ObjectNotFound(key) from None

    def _keep(self, key: str, data: bytes) -> str:
        etag = f"{next(self._stamps):x}"
        if key not in self._objects:
            insort(self._keys, key)
        self._objects[key] = StoredObject(ObjectInfo(key, len(data), etag, datetime.now(UTC)), data)
        return etag

    def _entries(self, prefix: str, after: str, delimiter: str | None) -> Iterator[ObjectInfo | Prefix]:
        bound = after + "\0" if after >= prefix else prefix
        while (info := self._first_from(bound)) is not None and info.key.startswith(prefix):
            group = folded(info.key, prefix, delimiter)
            if group is None:
                yield info
                # No key contains NUL, so nothing lies between a key and this.
                bound = info.key + "\0"
            else:
                if group > after:
                    yield Prefix(group)
                bound = _beyond(group)

    def _first_from(self, bound: str) -> ObjectInfo | None:
        with self._lock:
            position = bisect_left(self._keys, bound)
            return self._objects[self._keys[position]].info if position < len(self._keys) else None


def _beyond(group: str) -> str:
    """Answer the first text, in order, that comes after everything starting with `group`."""
    return group[:-1] + chr(ord(group[-1]) + 1)
