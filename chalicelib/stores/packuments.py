"""What npm's clients read: a packument a package and form, and the texts of its versions."""

from collections.abc import Callable
from typing import Final, Generic, Literal, NamedTuple, TypeVar

from chalicelib.domain.keys import ObjectKeys
from chalicelib.storage.port import (
    NOT_MODIFIED,
    NotModified,
    ObjectExists,
    ObjectNotFound,
    ObjectStore,
    PreconditionFailed,
)
from chalicelib.stores.cache import Cache
from chalicelib.stores.documents import ImmutableDocuments

CACHE_BYTES: Final = 64 << 20
GZIP: Final = "application/gzip"

Text = TypeVar("Text")


class StoredPackument(NamedTuple):
    """The bytes of a packument, as they are served, and their ETag."""

    data: bytes
    etag: str


class PackumentStore:
    """The packuments of all packages; every read asks the medium, and brings no bytes while nothing has changed."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys
        self._cache: Cache[StoredPackument] = Cache(CACHE_BYTES)

    def get(self, name: str, form: str) -> StoredPackument | None:
        """Answer a packument as it is now, or None."""
        found = self.get_unless(name, form, None)
        assert found is not NOT_MODIFIED, "nothing was said to be known"
        return found

    def get_unless(
        self, name: str, form: str, known: str | None
    ) -> StoredPackument | Literal[NotModified.NOT_MODIFIED] | None:
        """Answer a packument as it is now, or None; NOT_MODIFIED while it has the ETag `known`."""
        key = self._keys.packument(name, form)
        cached = self._cache.get(key)
        try:
            found = self._store.get(key, unless_etag=cached.etag if cached else known)
        except ObjectNotFound:
            self._cache.forget(key)
            return None
        if found is NOT_MODIFIED:
            return NOT_MODIFIED if cached is None or cached.etag == known else cached
        return self._keep(key, StoredPackument(found.data, found.info.etag))

    def swap(self, name: str, form: str, data: bytes, present: StoredPackument | None) -> bool:
        """Write a packument over the one that was read, or none; tells whether no writer was first."""
        key = self._keys.packument(name, form)
        try:
            if present is None:
                etag = self._store.put(key, data, if_absent=True, content_type=GZIP)
            else:
                etag = self._store.put(key, data, if_etag=present.etag, content_type=GZIP)
        except (ObjectExists, PreconditionFailed):
            return False
        self._keep(key, StoredPackument(data, etag))
        return True

    def _keep(self, key: str, stored: StoredPackument) -> StoredPackument:
        self._cache.put(key, stored, len(stored.data))
        return stored


class VersionTexts(Generic[Text]):
    """The texts of all versions, written once each."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys, parse: Callable[[bytes], Text]) -> None:
        self._store = store
        self._keys = keys
        self._documents = ImmutableDocuments(store, parse, cache_bytes=CACHE_BYTES)

    def get(self, name: str, version: str) -> Text | None:
        """Answer a version's text, or None."""
        return self._documents.get(self._keys.version_text(name, version))

    def put_once(self, name: str, version: str, data: bytes) -> Text:
        """Write a version's text unless it has one; answers the one it has."""
        return self._documents.put_once(self._keys.version_text(name, version), data)

    def stored(self, name: str, version: str) -> bytes | None:
        """Answer a version's text as the medium has it now, or None."""
        return self._documents.stored(self._keys.version_text(name, version))

    def replace(self, name: str, version: str, data: bytes) -> None:
        """Write a version's text over one that is not what it should be."""
        self._documents.replace(self._keys.version_text(name, version), data)

    def remove(self, name: str, version: str) -> None:
        """Remove the text of a version that is gone."""
        self._documents.remove(self._keys.version_text(name, version))
