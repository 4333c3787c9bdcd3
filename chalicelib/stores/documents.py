"""Immutable JSON documents: written once, parsed once per process."""

from collections.abc import Callable
from typing import Generic, TypeVar

from chalicelib.storage.port import NOT_MODIFIED, ObjectExists, ObjectNotFound, ObjectStore
from chalicelib.stores.cache import Cache

Parsed = TypeVar("Parsed")
JSON = "application/json"


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

    def put_once(self, key: str, data: bytes) -> Parsed:
        """Write a document unless one is there; answers the one that is there now.

        What cannot be read back is not written.
        """
        parsed = self._parse(data)
        try:
            self._store.put(key, data, if_absent=True, content_type=JSON)
        except ObjectExists:
            existing = self.get(key)
            assert existing is not None, "a document written once is never removed"
            return existing
        return self._keep(key, data, parsed)

    def _keep(self, key: str, data: bytes, parsed: Parsed) -> Parsed:
        self._cache.put(key, parsed, len(data))
        return parsed
