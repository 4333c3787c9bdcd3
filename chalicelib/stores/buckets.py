"""Buckets of files over a store, and how often the files of some of them were downloaded."""

from collections.abc import Callable
from typing import Final

from chalicelib.domain.buckets.documents import BucketRecord, Slots
from chalicelib.domain.buckets.errors import BucketNotFound
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.uploads.errors import NoSuchUpload
from chalicelib.domain.uploads.ids import Fid, is_sid
from chalicelib.storage.port import ObjectStore, Prefix
from chalicelib.stores.changing import Changeable

NOTHING: Final = Slots()


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
