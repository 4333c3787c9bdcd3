"""Objects that clients drop into the bucket, and the verdicts on them."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.verdict import Verdict
from chalicelib.storage.port import (
    NOT_MODIFIED,
    InvalidKey,
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    ObjectStore,
    PreconditionFailed,
    is_key,
)
from chalicelib.stores.documents import JSON

SUFFIX = ".tgz"


@dataclass(frozen=True, slots=True)
class Upload:
    """What lies under an upload's id: the object, the verdict, both or neither."""

    id: str
    object: ObjectInfo | None
    verdict: Verdict | None = None
    verdict_object: ObjectInfo | None = None

    @property
    def judged(self) -> bool:
        """Whether the verdict is about the object that is there, and not about one that was there before.

        The same bytes, sent again after their verdict, are another upload: what was refused may be allowed by now.
        """
        if self.object is None or self.verdict is None or self.verdict_object is None:
            return False
        return self.verdict.etag == self.object.etag and self.verdict_object.modified >= self.object.modified


class Incoming:
    """The `incoming/` prefix and what became of what lay there."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys

    def upload_id(self, key: str) -> str | None:
        """Answer the id of an upload's key, or None for a key that is no upload or whose verdict could have no key."""
        prefix = self._keys.incoming
        if not key.startswith(prefix) or not key.endswith(SUFFIX):
            return None
        upload_id = key.removeprefix(prefix).removesuffix(SUFFIX)
        return upload_id if upload_id and is_key(key) and is_key(self._keys.verdict(upload_id)) else None

    def key(self, upload_id: str) -> str:
        """Answer the key that an upload has."""
        return f"{self._keys.incoming}{upload_id}{SUFFIX}"

    def find(self, upload_id: str) -> Upload:
        """Answer what lies under an id; two reads."""
        # The object first: it is removed after its verdict was written, so who finds it gone finds the verdict.
        present = self._object(self.key(upload_id))
        try:
            found = self._store.get(self._keys.verdict(upload_id))
        except (ObjectNotFound, InvalidKey):
            return Upload(upload_id, present)
        assert found is not NOT_MODIFIED
        return Upload(upload_id, present, Verdict.from_bytes(found.data), found.info)

    def open(self, key: str) -> Iterator[bytes]:
        """Read an upload; raises ObjectNotFound."""
        return self._store.stream(key)

    def verdict(self, upload_id: str) -> Verdict | None:
        """Answer the verdict that is stored on an upload, or None."""
        return self.find(upload_id).verdict

    def conclude(self, upload: Upload, verdict: Verdict) -> Verdict:
        """Record the end of an upload and remove its object, unless another one has taken its place.

        Answers the verdict that stands: the first end that anybody has recorded of the same object.
        """
        standing = self._settled(upload, verdict)
        self.remove(self.key(upload.id), verdict.etag)
        return standing

    def amend(self, upload: Upload, verdict: Verdict) -> bool:
        """Record a verdict in place of the one that was found; answers whether that was still the one there."""
        known = upload.verdict_object
        try:
            self._store.put(
                self._keys.verdict(upload.id),
                verdict.to_bytes(),
                if_absent=known is None,
                if_etag=known.etag if known else None,
                content_type=JSON,
            )
        except (ObjectExists, PreconditionFailed):
            return False
        return True

    def holds(self, key: str, etag: str) -> bool:
        """Tell whether the object under a key is the one with this ETag."""
        present = self._object(key)
        return present is not None and present.etag == etag

    def remove(self, key: str, etag: str) -> None:
        """Remove an upload if it still is the one with this ETag."""
        if self.holds(key, etag):
            self._store.delete(key)

    def _settled(self, upload: Upload, verdict: Verdict) -> Verdict:
        while not self.amend(upload, verdict):
            upload = self.find(upload.id)
            theirs = upload.verdict
            if theirs is not None and theirs.final:
                # One on another object is on the one that has replaced ours, and is what the sender is to see.
                return theirs if theirs.etag == verdict.etag else verdict
        return verdict

    def _object(self, key: str) -> ObjectInfo | None:
        try:
            return self._store.head(key)
        except (ObjectNotFound, InvalidKey):
            return None
