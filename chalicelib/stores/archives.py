"""Archives and what is in them, below `archives/`; all of it can be made again, and is swept."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib.domain.archives.documents import FORMATS, Archive, is_archive_id
from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.keys import ObjectKeys
from chalicelib.storage.port import NOT_MODIFIED, ObjectExists, ObjectInfo, ObjectNotFound, ObjectStore
from chalicelib.stores.artifacts import DOWNLOAD_SECONDS
from chalicelib.stores.documents import JSON


class Archives:
    """Archives, each of which serves for as long as `kept` from when it was made."""

    def __init__(
        self, store: ObjectStore, keys: ObjectKeys, *, kept: timedelta, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._keys = keys
        self._kept = kept
        self._now = now

    def describe(self, archive: Archive) -> None:
        """Keep what is in an archive, for as long as the archive that will be made of it."""
        # Written again where it is there: its bytes follow from its id, and it is to outlive what is made now.
        self._store.put(self._keys.archive_members(archive.id), archive.to_bytes(), content_type=JSON)

    def description(self, archive_id: str) -> Archive | None:
        """Answer what is in an archive, or None where nobody has asked for it for long."""
        if not is_archive_id(archive_id):
            return None
        try:
            found = self._store.get(self._keys.archive_members(archive_id))
        except ObjectNotFound:
            return None
        assert found is not NOT_MODIFIED
        try:
            archive = Archive.from_bytes(found.data)
        except UnreadableDocument:
            return None
        return archive if archive.id == archive_id else None

    def find(self, archive: Archive) -> ObjectInfo | None:
        """Describe an archive that is there, and that no sweep removes for another day; None for any other."""
        try:
            info = self._store.head(self._key(archive))
        except ObjectNotFound:
            return None
        return info if self.expires(info) > self._now() else None

    def expires(self, info: ObjectInfo) -> datetime:
        """Answer until when an archive serves."""
        return info.modified + self._kept

    def write(self, archive: Archive, chunks: Iterable[bytes]) -> None:
        """Write an archive, unless it is there and serves; nothing is written if `chunks` raises."""
        key, content_type = self._key(archive), FORMATS[archive.format][1]
        with suppress(ObjectExists):
            self._store.put_stream(key, chunks, if_absent=not self._is_old(key), content_type=content_type)

    def open(self, archive: Archive, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Read an archive, or the slice of it; raises ObjectNotFound."""
        return self._store.stream(self._key(archive), start=start, end=end)

    def url(self, archive: Archive) -> str | None:
        """Answer a URL that downloads an archive from the medium itself, or None."""
        key, content_type = self._key(archive), FORMATS[archive.format][1]
        return self._store.presign_get(
            key, expires=DOWNLOAD_SECONDS, filename=archive.filename, content_type=content_type
        )

    def remove(self, archive: Archive) -> None:
        """Remove an archive."""
        self._store.delete(self._key(archive))

    def _is_old(self, key: str) -> bool:
        """Tell whether an archive is there that serves no longer, and is to be replaced by the same bytes."""
        try:
            return self.expires(self._store.head(key)) <= self._now()
        except ObjectNotFound:
            return False

    def _key(self, archive: Archive) -> str:
        return self._keys.archive(archive.id, FORMATS[archive.format][0])
