"""Marks: empty objects that say who has begun what, found by listing alone."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.uploads.errors import NoSuchUpload
from chalicelib.domain.uploads.ids import Fid
from chalicelib.storage.port import ObjectExists, ObjectInfo, ObjectStore

NOBODY: Final = "anonymous"


class Mark(NamedTuple):
    """An upload that was marked, and when."""

    fid: Fid
    modified: datetime


class Marks:
    """The marks of unfinished uploads, by their owners, and of those that partial uploads were made part of."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys

    def open(self, owner: str | None, fid: Fid) -> None:
        """Mark an upload as its owner's and unfinished."""
        self._put(self._keys.open_upload(owner_digest(owner), *fid))

    def close(self, owner: str | None, fid: Fid) -> None:
        """Remove the mark of an upload that is finished or gone."""
        self._store.delete(self._keys.open_upload(owner_digest(owner), *fid), durable=False)

    def opened(self, owner: str | None, limit: int) -> list[Mark]:
        """Answer up to so many of an owner's unfinished uploads; one listing a thousand."""
        return list(self._marks(self._keys.open_uploads(owner_digest(owner)), limit))

    def join(self, part: Fid, final: Fid) -> None:
        """Mark a partial upload as needed by one that is made of it."""
        self._put(self._keys.upload_final(*part, f"{final.sid}-{final.uuid}"))

    def leave(self, part: Fid, final: Fid) -> None:
        """Remove the mark of one that is gone."""
        self._store.delete(self._keys.upload_final(*part, f"{final.sid}-{final.uuid}"), durable=False)

    def finals(self, part: Fid) -> list[Mark]:
        """Answer the uploads that are made of a partial one; one listing."""
        return list(self._marks(self._keys.upload_finals(*part), None))

    def _put(self, key: str) -> None:
        try:
            self._store.put(key, b"", if_absent=True)
        except ObjectExists:
            return

    def _marks(self, room: str, limit: int | None) -> Iterator[Mark]:
        for entry in self._store.list(room, limit=limit):
            assert isinstance(entry, ObjectInfo), "no delimiter was given"
            sid, _, uuid = entry.key.removeprefix(room).partition("-")
            try:
                yield Mark(Fid.of(sid, uuid), entry.modified)
            except NoSuchUpload:
                continue


def owner_digest(owner: str | None) -> str:
    """Answer what an owner is called in keys: nothing that names may hold, and not their name."""
    return NOBODY if owner is None else hashlib.sha256(owner.encode()).hexdigest()[:32]
