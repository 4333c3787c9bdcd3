"""Buckets of files over a store, and how often the files of some of them were downloaded."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

from chalicelib.domain.buckets.documents import BucketRecord, Slots
from chalicelib.domain.buckets.errors import BucketNotFound
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.times import milliseconds
from chalicelib.domain.uploads.errors import NoSuchUpload
from chalicelib.domain.uploads.ids import Fid, is_sid
from chalicelib.storage.port import ObjectExists, ObjectInfo, ObjectStore, Prefix
from chalicelib.stores.changing import Changeable

NOTHING: Final = Slots()

_ENDING: Final = re.compile(r"(?P<time>[0-9]{15})-(?P<sid>[0-9a-f]{12})(?:-(?P<uuid>[0-9a-f-]{36}))?")


class Buckets:
    """The records of buckets; what is changed of one is so for the very next read."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys
        self._records = Changeable(store, BucketRecord)

    def get(self, sid: str) -> BucketRecord:
        """Answer a bucket; one read. Raises BucketNotFound."""
        found = self._records.get(self._keys.upload_bucket(sid)) if is_sid(sid) else None
        if found is None:
            raise BucketNotFound(sid)
        return found

    def create(self, record: BucketRecord) -> bool:
        """Keep a new bucket; answers whether its id was free."""
        return self._records.create(self._keys.upload_bucket(record.sid), record)

    def change(self, sid: str, decide: Callable[[BucketRecord], BucketRecord | None]) -> BucketRecord:
        """Replace a record by what `decide` makes of it, unless that is None; raises BucketNotFound and Busy."""

        def decided(record: BucketRecord | None) -> BucketRecord | None:
            if record is None:
                raise BucketNotFound(sid)
            return decide(record)

        changed = self._records.change(self._keys.upload_bucket(sid), decided, name=f"bucket {sid}")
        assert changed is not None, "what is not there is not found"
        return changed

    def remove(self, sid: str) -> None:
        """Remove the record of a bucket, if there is one; its files are removed before."""
        self._store.delete(self._keys.upload_bucket(sid))

    def files(self, sid: str) -> list[Fid]:
        """Answer the ids of all files that a bucket has or had; one listing a thousand."""
        room = self._keys.upload_files(sid)
        found = []
        for entry in self._store.list(room, delimiter="/"):
            if isinstance(entry, Prefix):
                try:
                    found.append(Fid.of(sid, entry.prefix.removeprefix(room).removesuffix("/")))
                except NoSuchUpload:
                    continue
        return found


class Ending(NamedTuple):
    """A bucket that may have ended, or one file of it: the reminder's name, and when it was written."""

    name: str
    sid: str
    file: Fid | None
    modified: datetime


class Endings:
    """Reminders of buckets and files that are to be removed, found by listing alone."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys

    def remind(self, when: datetime, sid: str, uuid: str | None = None) -> None:
        """Have a bucket, or a file of it, looked at by the first sweep after a moment."""
        subject = sid if uuid is None else f"{sid}-{uuid}"
        with suppress(ObjectExists):
            self._store.put(self._keys.bucket_ending(milliseconds(when), subject), b"", if_absent=True)

    def due(self, until: datetime, after: str | None) -> Iterator[Ending]:
        """Answer the reminders up to a moment, the earliest first; one listing a thousand."""
        room = self._keys.bucket_endings
        for entry in self._store.list(room, after=room + after if after else None):
            assert isinstance(entry, ObjectInfo), "no delimiter was given"
            name = entry.key.removeprefix(room)
            found = _ENDING.fullmatch(name)
            if found is None:
                continue
            if int(found["time"]) > milliseconds(until):
                return
            file = Fid(found["sid"], found["uuid"]) if found["uuid"] else None
            yield Ending(name, found["sid"], file, entry.modified)

    def forget(self, name: str) -> None:
        """Remove a reminder."""
        self._store.delete(self._keys.bucket_endings + name, durable=False)


class Downloads:
    """How often files were downloaded, one small document a file, replaced by compare-and-swap."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._keys = keys
        self._slots = Changeable(store, Slots)

    def of(self, fid: Fid) -> Slots:
        """Answer how often a file was downloaded; one read."""
        return self._slots.get(self._keys.upload_downloads(*fid)) or NOTHING

    def change(self, fid: Fid, decide: Callable[[Slots], Slots | None]) -> Slots:
        """Replace that by what `decide` makes of it, unless that is None; raises Busy, and what `decide` raises."""
        key = self._keys.upload_downloads(*fid)
        changed = self._slots.change(key, lambda slots: decide(slots or NOTHING), name=str(fid))
        return changed or NOTHING
