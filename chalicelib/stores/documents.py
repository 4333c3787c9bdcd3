"""JSON documents over a store, parsed once per process: immutable ones, and those that are replaced."""

from collections.abc import Callable, Iterable
from typing import Final, Generic, NamedTuple, TypeVar

from chalicelib.domain.errors import Busy
from chalicelib.storage.port import (
    NOT_MODIFIED,
    ObjectExists,
    ObjectNotFound,
    ObjectStore,
    PreconditionFailed,
)
from chalicelib.stores.cache import Cache

Parsed = TypeVar("Parsed")
JSON = "application/json"
SWELLING: Final = 6
"""How much more memory a document takes than its JSON has bytes; 5.2 and 5.5 were measured of metadata and heads."""


class Read(NamedTuple, Generic[Parsed]):
    """A document as it was read, and the ETag it had then."""

    document: Parsed
    etag: str


class ImmutableDocuments(Generic[Parsed]):
    """Documents of one kind that never change once written."""

    def __init__(self, store: ObjectStore, parse: Callable[[bytes], Parsed], *, cache_bytes: int) -> None:
        self._store = store
        self._parse = parse
        self._cache: Cache[Parsed] = Cache(cache_bytes)

    def get(self, key: str) -> Parsed | None:
        """Answer the document under a key, or None."""
        cached = self._cache.get(key)
        if cached is not None:
            return cached
        try:
            found = self._store.get(key)
        except ObjectNotFound:
            return None
        assert found is not NOT_MODIFIED
        return self._keep(key, found.data, self._parse(found.data))

    def put_once(self, key: str, data: bytes, parsed: Parsed | None = None) -> Parsed:
        """Write a document unless one is there; answers the one that is there now.

        What cannot be read back is not written; `parsed` is what it was read as, where somebody has done so.
        """
        parsed = self._parse(data) if parsed is None else parsed
        try:
            self._store.put(key, data, if_absent=True, content_type=JSON)
        except ObjectExists:
            existing = self.get(key)
            assert existing is not None, "a document written once is never removed"
            return existing
        return self._keep(key, data, parsed)

    def stored(self, key: str) -> bytes | None:
        """Answer the bytes under a key as the medium has them now, or None; what was read before does not count."""
        try:
            found = self._store.get(key)
        except ObjectNotFound:
            return None
        assert found is not NOT_MODIFIED
        return found.data

    def forget(self, key: str) -> None:
        """Take what was read under a key for unknown."""
        self._cache.forget(key)

    def remove(self, key: str) -> None:
        """Remove the document under a key, if there is one."""
        self._cache.forget(key)
        self._store.delete(key)

    def replace(self, key: str, data: bytes, parsed: Parsed | None = None) -> None:
        """Write a document over one that is not what it should be; as to reading it back, like `put_once`."""
        parsed = self._parse(data) if parsed is None else parsed
        self._store.put(key, data, content_type=JSON)
        self._keep(key, data, parsed)

    def _keep(self, key: str, data: bytes, parsed: Parsed) -> Parsed:
        self._cache.put(key, parsed, len(data) * SWELLING)
        return parsed


class ReplacedDocuments(Generic[Parsed]):
    """Documents that are replaced: every read asks the medium, and brings no bytes while nothing has changed."""

    def __init__(
        self,
        store: ObjectStore,
        parse: Callable[[bytes], Parsed],
        *,
        cache_bytes: int,
        content_type: str = JSON,
    ) -> None:
        self._store = store
        self._parse = parse
        self._content_type = content_type
        self._cache: Cache[Read[Parsed]] = Cache(cache_bytes)

    def known(self, key: str) -> Read[Parsed] | None:
        """Answer the document as this process last saw it, or None."""
        return self._cache.get(key)

    def get(self, key: str) -> Read[Parsed] | None:
        """Answer the document as it is now, or None; the very one that was known if it has not changed."""
        known = self.known(key)
        try:
            found = self._store.get(key, unless_etag=known.etag if known else None)
        except ObjectNotFound:
            self._cache.forget(key)
            return None
        if found is NOT_MODIFIED:
            return known
        return self._keep(key, Read(self._parse(found.data), found.info.etag), len(found.data))

    def swap(self, key: str, document: Parsed, data: bytes, read: Read[Parsed] | None) -> bool:
        """Write a document and its bytes over the one that was read, or none; tells whether no writer was first."""
        try:
            if read is None:
                etag = self._store.put(key, data, if_absent=True, content_type=self._content_type)
            else:
                etag = self._store.put(key, data, if_etag=read.etag, content_type=self._content_type)
        except (ObjectExists, PreconditionFailed):
            return False
        self._keep(key, Read(document, etag), len(data))
        return True

    def change(
        self,
        key: str,
        decide: Callable[[Parsed | None], Parsed | None],
        to_bytes: Callable[[Parsed], bytes],
        *,
        attempts: Iterable[None],
        name: str,
    ) -> Parsed | None:
        """Replace a document by what `decide` makes of it, unless that is None; answers the one there is then.

        What another writer has replaced in between is decided again. Raises Busy when all attempts are lost, which
        calls it by a name, and whatever `decide` raises.
        """
        for _ in attempts:
            read = self.get(key)
            present = read.document if read else None
            wanted = decide(present)
            if wanted is None:
                return present
            if self.swap(key, wanted, to_bytes(wanted), read):
                return wanted
        raise Busy(name)

    def _keep(self, key: str, read: Read[Parsed], weight: int) -> Read[Parsed]:
        self._cache.put(key, read, weight * SWELLING)
        return read
