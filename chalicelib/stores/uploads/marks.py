"""Marks: empty objects that say who has begun what, found by listing alone."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.uploads.ids import Fid
from chalicelib.storage.port import ObjectExists, ObjectInfo, ObjectStore

NOBODY: Final = "anonymous"

_NAME: Final = re.compile(r"(?:[^/]+/)?(?P<sid>[0-9a-f]{12})-(?P<uuid>[0-9a-f-]{36})")


class Mark(NamedTuple):
    """An upload that was marked, and when; `name` is what the mark is called among those it was listed with."""

    name: str
    fid: Fid
    modified: datetime


class Marks:
    """The marks of unfinished uploads, by their owners, and of those that partial uploads were made part of."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys

    def open(self, owner: str | None, fid: Fid) -> None:
        """Mark an upload as its owner's and unfinished; one that a failing machine loses is not counted."""
        self._put(self._keys.open_upload(owner_digest(owner), *fid), durable=False)

    def close(self, owner: str | None, fid: Fid) -> None:
        """Remove the mark of an upload that is finished or gone."""
        self._store.delete(self._keys.open_upload(owner_digest(owner), *fid), durable=False)

    def opened(self, owner: str | None, limit: int) -> list[Mark]:
        """Answer up to so many of an owner's unfinished uploads; one listing a thousand."""
        return list(self._listed(self._keys.open_uploads(owner_digest(owner)), limit=limit))

    def join(self, part: Fid, final: Fid) -> None:
        """Mark a partial upload as needed by one that is made of it."""
        self._put(self._keys.upload_final(*part, f"{final.sid}-{final.uuid}"))

    def leave(self, part: Fid, final: Fid) -> None:
        """Remove the mark of one that is gone."""
        self._store.delete(self._keys.upload_final(*part, f"{final.sid}-{final.uuid}"), durable=False)

    def finals(self, part: Fid) -> list[Mark]:
        """Answer the uploads that are made of a partial one; one listing."""
        return list(self._listed(self._keys.upload_finals(*part)))

    def all_open(self, after: str | None) -> Iterator[Mark]:
        """Answer the marks of all unfinished uploads; one listing a thousand."""
        return self._listed(self._keys.all_open_uploads, after=after)

    def abandon(self, name: str) -> None:
        """Remove the mark of an unfinished upload, by its name among all of them."""
        self._store.delete(self._keys.all_open_uploads + name, durable=False)

    def _put(self, key: str, *, durable: bool = True) -> None:
        with suppress(ObjectExists):
            self._store.put(key, b"", if_absent=True, durable=durable)

    def _listed(self, room: str, *, after: str | None = None, limit: int | None = None) -> Iterator[Mark]:
        for entry in self._store.list(room, after=room + after if after else None, limit=limit):
            assert isinstance(entry, ObjectInfo), "no delimiter was given"
            name = entry.key.removeprefix(room)
            found = _NAME.fullmatch(name)
            if found is not None:
                yield Mark(name, Fid(found["sid"], found["uuid"]), entry.modified)


def owner_digest(owner: str | None) -> str:
    """Answer what an owner is called in keys: nothing that names may hold, and not their name."""
    return NOBODY if owner is None else hashlib.sha256(owner.encode()).hexdigest()[:32]
