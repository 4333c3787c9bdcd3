"""Objects that clients drop into the bucket, and the verdicts on them."""

from collections.abc import Iterator

from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.verdict import Verdict
from chalicelib.storage.port import NOT_MODIFIED, ObjectNotFound, ObjectStore
from chalicelib.stores.documents import JSON

MAX_ID_BYTES = 512
"""Leaves room in a key for every prefix an id may stand behind."""


class Incoming:
    """The `incoming/` prefix and what became of what lay there."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys

    def upload_id(self, key: str) -> str | None:
        """Answer the id of an upload's key, or None for a key that is not an upload."""
        prefix = self._keys.incoming
        if not key.startswith(prefix) or not key.endswith(".tgz"):
            return None
        upload_id = key.removeprefix(prefix).removesuffix(".tgz")
        return upload_id if 0 < len(upload_id.encode("utf-8", "replace")) <= MAX_ID_BYTES else None

    def etag(self, key: str) -> str | None:
        """Answer the ETag of the object that lies under a key now, or None."""
        try:
            return self._store.head(key).etag
        except ObjectNotFound:
            return None

    def open(self, key: str) -> Iterator[bytes]:
        """Read an upload; raises ObjectNotFound."""
        return self._store.stream(key)

    def verdict(self, upload_id: str) -> Verdict | None:
        """Answer what became of an upload, or None while that is open."""
        try:
            found = self._store.get(self._keys.verdict(upload_id))
        except ObjectNotFound:
            return None
        assert found is not NOT_MODIFIED
        return Verdict.from_bytes(found.data)

    def conclude(self, key: str, verdict: Verdict) -> None:
        """Record the verdict on an upload, then remove the upload, unless another one has taken its place."""
        self._store.put(self._keys.verdict(verdict.upload_id), verdict.to_bytes(), content_type=JSON)
        self.remove(key, verdict.etag)

    def remove(self, key: str, etag: str) -> None:
        """Remove an upload if it still is the one with this ETag."""
        if self.etag(key) == etag:
            self._store.delete(key)
