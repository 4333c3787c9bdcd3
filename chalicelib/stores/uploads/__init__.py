"""Uploads over a store: a log of chunks that are only ever created.

Every request's bytes are one object whose key says where they begin, and whoever wants to write it has seen the log end
there. A key can be created once, so each offset has one winner, whatever is sent twice, late or at once; there is no
buffer, no lock and no document that two writers could disagree about. What was acknowledged is an object, and no object
is removed before the upload is done with.

The methods are those of PsiTransfer's stores: `get_filename`, `create`, `update`, `info`, `append`,
`create_read_stream`, `delete` and `get_type`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from chalicelib.domain.document import Document
from chalicelib.domain.errors import Busy
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.times import moment, timestamp
from chalicelib.domain.uploads.documents import (
    Ended,
    UploadChanges,
    UploadDone,
    UploadEnd,
    UploadInfo,
    UploadLength,
)
from chalicelib.domain.uploads.errors import NoSuchUpload, OtherLength, UploadEnded, UploadOffsetConflict
from chalicelib.domain.uploads.ids import Fid
from chalicelib.storage.parallel import at_once, in_parallel
from chalicelib.storage.port import (
    NOT_MODIFIED,
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    ObjectStore,
    PreconditionFailed,
    window,
)
from chalicelib.stores.documents import JSON, ImmutableDocuments
from chalicelib.stores.uploads.marks import Mark, Marks
from chalicelib.stores.uploads.places import Place, before_all_that_hold
from chalicelib.stores.uploads.reminders import Reminders
from chalicelib.stores.uploads.state import State

__all__ = ["SEGMENT_BYTES", "Place", "State", "Uploads"]

AFTER_SLASH: Final = chr(ord("/") + 1)
BINARY: Final = "application/octet-stream"
CACHE_BYTES: Final = 2 << 20
SWAP_ATTEMPTS: Final = 10
REMOVED_AT_ONCE: Final = 1_000
"""How many objects of an upload one call removes; a later one goes on."""
DOWNLOAD_SECONDS: Final = 3600
SEGMENT_BYTES: Final = 1 << 30
"""The most bytes that are made one object at once: what a function is sure to do before its time is up."""
LINGERING: Final = timedelta(hours=2)
"""How long what has expired still lies there: longer than an address is good that was given before."""
BEGINNING: Final = timedelta(hours=1)
"""How long a mark counts whose upload is not there yet."""

Kept = TypeVar("Kept", bound=Document)
Passing = Callable[[Iterable[bytes]], Iterable[bytes]]
Change = Callable[[UploadChanges], UploadChanges]


class Uploads:
    """All uploads; `kind` is the name of the driver that keeps them."""

    def __init__(
        self,
        store: ObjectStore,
        keys: ObjectKeys,
        *,
        kind: str,
        now: Callable[[], datetime],
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        self._store = store
        self._keys = keys
        self._kind = kind
        self._now = now
        self._segment_bytes = segment_bytes
        self.marks = Marks(store, keys)
        self.reminders = Reminders(store, keys.upload_reminders)
        self._infos = ImmutableDocuments(store, UploadInfo.from_bytes, cache_bytes=CACHE_BYTES)
        self._lengths = ImmutableDocuments(store, UploadLength.from_bytes, cache_bytes=CACHE_BYTES)
        self._dones = ImmutableDocuments(store, UploadDone.from_bytes, cache_bytes=CACHE_BYTES)

    def get_filename(self, fid: Fid) -> str:
        """Answer the key of a complete upload as one object, whether or not it is there."""
        return self._keys.upload_file(*fid)

    def get_type(self) -> str:
        """Answer the name of the driver."""
        return self._kind

    def create(self, fid: Fid, info: UploadInfo) -> State:
        """Begin an upload, or answer the one that this id has begun before.

        Its end is marked first, so that nothing is left of it that no sweep comes by.
        """
        self._remind(fid, info.expires)
        kept = self._infos.put_once(self._keys.upload_info(*fid), info.to_bytes(), info)
        return State(fid, kept, _known_length(kept), Place())

    def update(self, fid: Fid, change: Change) -> UploadChanges:
        """Change what may be changed of an upload; raises Busy, NoSuchUpload and UploadEnded."""
        key = self._keys.upload_changes(*fid)
        for _ in range(SWAP_ATTEMPTS):
            self.info(fid)
            present, etag = self._changes(key)
            wanted = change(present)
            self._remind(fid, wanted.expires)
            try:
                self._store.put(
                    key, wanted.to_bytes(), if_absent=etag is None, if_etag=etag, content_type=JSON
                )
            except (ObjectExists, PreconditionFailed):
                continue
            return wanted
        raise Busy(str(fid))

    def info(self, fid: Fid) -> State:
        """Answer an upload as it is; two listings at once, and reads of what is not known yet and never changes.

        Raises NoSuchUpload and UploadEnded.
        """
        names, newest, info = at_once(
            partial(self._names, fid), partial(self._newest, fid), partial(self._begun, fid)
        )
        if "gone.json" in names:
            raise UploadEnded(str(fid), self.end(fid).reason)
        if info is None or "info.json" not in names:
            raise NoSuchUpload(str(fid))
        return State(
            fid,
            info,
            self._length(fid, info, names),
            newest,
            self._done(fid) if "done.json" in names else None,
            self._changes(self._keys.upload_changes(*fid))[0] if "meta.json" in names else None,
            names.get("file"),
        )

    def append(self, fid: Fid, data: bytes, offset: int) -> State:
        """Add the next bytes of an upload; raises what `info` and `extend` do."""
        return self.extend(self.info(fid), data, offset)

    def extend(self, state: State, data: bytes, offset: int) -> State:
        """Add the next bytes to an upload that was found like this; raises UploadOffsetConflict, and wrote nothing.

        Without bytes nothing is written. Whoever else has added some in the meantime was first.
        """
        if offset != state.offset:
            raise UploadOffsetConflict(str(state.fid), offset, state.offset)
        if not data:
            return state
        key = self._keys.upload_chunk(*state.fid, str(state.end))
        try:
            self._store.put(key, data, if_absent=True, content_type=BINARY)
        except ObjectExists:
            raise UploadOffsetConflict(str(state.fid), offset, self._newest(state.fid).start) from None
        return state._replace(end=state.end.after(len(data)))

    def fix_length(self, state: State, length: int) -> State:
        """Say how long an upload is that was begun without a length; raises OtherLength if it was another one."""
        fixed = state.length
        if fixed is None:
            key = self._keys.upload_length(*state.fid)
            fixed = self._first(state.fid, self._lengths, key, UploadLength(length=length)).length
        if fixed != length:
            raise OtherLength(str(state.fid), fixed)
        return state._replace(length=fixed)

    def finish(self, state: State, done: UploadDone) -> State:
        """Say that an upload is complete, or answer what was said before."""
        key = self._keys.upload_done(*state.fid)
        return state._replace(done=self._first(state.fid, self._dones, key, done))

    def create_read_stream(
        self, fid: Fid, start: int | None = None, end: int | None = None
    ) -> Iterator[bytes]:
        """Read a complete upload, or the slice `[start:end]`, in pieces; raises like `info`, and UploadUnfinished."""
        return self.read(self.info(fid), start, end)

    def read(self, state: State, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Read an upload that was found like this; one read a chunk, and one listing unless it is read from its start.

        Raises UploadUnfinished, and ObjectNotFound where it is removed meanwhile.
        """
        first, last = window(state.size, start, end)
        if state.composed:
            return self._store.stream(self._keys.upload_file(*state.fid), start=first, end=last)
        return self._joined(state.parts, first, last)

    def compose(self, state: State, passing: Passing = lambda chunks: chunks) -> State:
        """Make one object of a complete upload's chunks, which go through `passing`.

        A long one is made of segments, each an object of its own until then: whoever dies over it has made some.
        """
        key = self._keys.upload_file(*state.fid)
        with suppress(ObjectExists):
            if state.size <= self._segment_bytes:
                self._store.put_stream(key, passing(self.read(state)), if_absent=True, content_type=BINARY)
            else:
                self._store.join(self._segments(state, passing), key, if_absent=True)
        return state._replace(composed_at=self._now())

    def is_one_object(self, state: State) -> bool:
        """Tell whether the bytes of a complete upload are one object."""
        return self._object(state) is not None

    def url(
        self,
        state: State,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        expires: int = DOWNLOAD_SECONDS,
    ) -> str | None:
        """Answer a URL that reads a complete upload from the medium itself, or None where there is none."""
        key = self._object(state)
        if key is None:
            return None
        return self._store.presign_get(key, expires=expires, filename=filename, content_type=content_type)

    @property
    def presigns(self) -> bool:
        """Whether clients can be sent to the medium itself."""
        return self._store.presign_get(self._keys.health, expires=1) is not None

    def delete(self, fid: Fid, reason: Ended = "terminated") -> bool:
        """End an upload, from which moment on it is gone, and remove what no other is made of.

        Answers whether nothing of it is left; a later call goes on. Raises NoSuchUpload.
        """
        if self._begun(fid) is None and not self._is_gone(fid):
            raise NoSuchUpload(str(fid))
        end = UploadEnd(at=timestamp(self._now()), reason=reason)
        with suppress(ObjectExists):
            self._store.put(self._keys.upload_gone(*fid), end.to_bytes(), if_absent=True, content_type=JSON)
        # After that was written nobody begins to need it: who does so marks it first, and looks afterwards.
        return self.remove(fid)

    def remove(self, fid: Fid) -> bool:
        """Remove what is left of an upload that is gone, unless another one is made of it; answers whether nothing is.

        What says that it is gone stays, so that nobody takes it for one that never was.
        """
        if self.is_needed(fid):
            return False
        gone, info = self._keys.upload_gone(*fid), self._keys.upload_info(*fid)
        if not self._removed(self._keys.upload(*fid), but={gone, info}):
            return False
        begun = self._infos.get(info)
        if begun is not None:
            for part in begun.parts or []:
                self.marks.leave(Fid.parse(part), fid)
            self.marks.close(begun.owner, fid)
            # Last, as it says what else there is to remove.
            self._infos.remove(info)
        return True

    def drop_chunks(self, fid: Fid) -> bool:
        """Remove the chunks of an upload that is one object beside, and its segments; answers whether none is left."""
        chunks, segments = self._keys.upload_chunks(*fid), self._keys.upload_segments(*fid)
        return self._removed(chunks) and self._removed(segments)

    def purge(self, fid: Fid) -> bool:
        """Remove whatever there is of an upload, even that it is gone; answers whether nothing is left."""
        self._infos.forget(self._keys.upload_info(*fid))
        return self._removed(self._keys.upload(*fid))

    def end(self, fid: Fid) -> UploadEnd:
        """Answer when and why an upload has gone; raises NoSuchUpload where it has not."""
        try:
            found = self._store.get(self._keys.upload_gone(*fid))
        except ObjectNotFound:
            raise NoSuchUpload(str(fid)) from None
        assert found is not NOT_MODIFIED
        return UploadEnd.from_bytes(found.data)

    def is_needed(self, fid: Fid) -> bool:
        """Tell whether an upload is made of this one whose bytes are nowhere else."""
        return any(self._needs(mark) for mark in self.marks.finals(fid))

    def _needs(self, mark: Mark) -> bool:
        try:
            final = self.info(mark.fid)
        except UploadEnded:
            return False
        except NoSuchUpload:
            # It may be about to begin.
            return mark.modified > self._now() - BEGINNING
        return not final.composed and (final.done is None or final.done.job_id is None)

    def _removed(self, room: str, but: Collection[str] = ()) -> bool:
        """Remove what lies below a prefix, so many objects of it; answers whether that was all."""
        listed = [
            info.key for info in self._store.list(room, limit=REMOVED_AT_ONCE) if isinstance(info, ObjectInfo)
        ]
        in_parallel(self._drop, [key for key in listed if key not in but])
        return len(listed) < REMOVED_AT_ONCE

    def _drop(self, key: str) -> None:
        self._store.delete(key, durable=False)

    def _names(self, fid: Fid) -> dict[str, datetime]:
        """Answer the names of the objects that there are of an upload beside its chunks, and when each was written."""
        room = self._keys.upload(*fid)
        # Not even folded are the chunks looked at, which may be very many.
        after = self._keys.upload_chunks(*fid).removesuffix("/") + AFTER_SLASH
        return {
            entry.key.removeprefix(room): entry.modified
            for entry in self._store.list(room, after=after, delimiter="/")
            if isinstance(entry, ObjectInfo)
        }

    def _newest(self, fid: Fid) -> Place:
        """Answer where the next chunk goes; one listing."""
        room = self._keys.upload_chunks(*fid)
        for entry in self._store.list(room, limit=1):
            assert isinstance(entry, ObjectInfo), "no delimiter was given"
            place = Place.parse(entry.key.removeprefix(room))
            if place is not None:
                return place.after(entry.size)
        return Place()

    def _first(self, fid: Fid, documents: ImmutableDocuments[Kept], key: str, document: Kept) -> Kept:
        """Write a document unless one is there; answers the one that is, or raises UploadEnded if it was removed."""
        try:
            self._store.put(key, document.to_bytes(), if_absent=True, content_type=JSON)
        except ObjectExists:
            existing = documents.get(key)
            if existing is None:
                raise UploadEnded(str(fid), "terminated") from None
            return existing
        return document

    def _remind(self, fid: Fid, expires: str | None) -> None:
        if expires is not None:
            self.reminders.remind(moment(expires) + LINGERING, *fid)

    def _begun(self, fid: Fid) -> UploadInfo | None:
        return self._infos.get(self._keys.upload_info(*fid))

    def _length(self, fid: Fid, info: UploadInfo, names: Mapping[str, datetime]) -> int | None:
        known = _known_length(info)
        if known is not None or "length" not in names:
            return known
        found = self._lengths.get(self._keys.upload_length(*fid))
        return found.length if found else None

    def _done(self, fid: Fid) -> UploadDone | None:
        return self._dones.get(self._keys.upload_done(*fid))

    def _changes(self, key: str) -> tuple[UploadChanges, str | None]:
        try:
            found = self._store.get(key)
        except ObjectNotFound:
            return UploadChanges(), None
        assert found is not NOT_MODIFIED
        return UploadChanges.from_bytes(found.data), found.info.etag

    def _is_gone(self, fid: Fid) -> bool:
        try:
            self._store.head(self._keys.upload_gone(*fid))
        except ObjectNotFound:
            return False
        return True

    def _object(self, state: State) -> str | None:
        """Answer the key of the one object that a complete upload's bytes are, or None."""
        if state.composed:
            return self._keys.upload_file(*state.fid)
        if state.done is not None and state.done.chunks == 1 and state.info.parts is None:
            return self._keys.upload_chunk(*state.fid, str(Place()))
        return None

    def _segments(self, state: State, passing: Passing) -> list[str]:
        """Answer the keys of a complete upload's segments, once all are there; one read before another."""
        room, length = self._keys.upload_segments(*state.fid), self._segment_bytes
        there = {entry.key for entry in self._store.list(room) if isinstance(entry, ObjectInfo)}
        keys = []
        for number, first in enumerate(range(0, state.size, length)):
            key = self._keys.upload_segment(*state.fid, number)
            if key not in there:
                pieces = self.read(state, first, min(first + length, state.size))
                with suppress(ObjectExists):
                    self._store.put_stream(key, passing(pieces), if_absent=True, content_type=BINARY)
            keys.append(key)
        return keys

    def _joined(self, parts: Iterable[tuple[Fid, int]], first: int, last: int) -> Iterator[bytes]:
        """Read the slice `[first:last]` of uploads one after the other, each with its size."""
        before = 0
        for fid, size in parts:
            begin, end = max(first - before, 0), min(last - before, size)
            if begin < end:
                yield from self._chunks(fid, begin, end)
            before += size

    def _chunks(self, fid: Fid, first: int, last: int) -> Iterator[bytes]:
        """Read the slice `[first:last]` of an upload's own chunks; each tells where the next one is."""
        place = self._holding(fid, first) if first else Place()
        while place.start < last:
            skipped = max(first - place.start, 0)
            taken = skipped
            key = self._keys.upload_chunk(*fid, str(place))
            for piece in self._store.stream(key, start=skipped, end=last - place.start):
                taken += len(piece)
                yield piece
            if taken == skipped:
                # No chunk is empty, so there would be no end.
                raise ObjectNotFound(key)
            place = place.after(taken)

    def _holding(self, fid: Fid, offset: int) -> Place:
        """Answer the place of the chunk that holds a byte; one listing."""
        room = self._keys.upload_chunks(*fid)
        for entry in self._store.list(room, after=room + before_all_that_hold(offset), limit=1):
            assert isinstance(entry, ObjectInfo), "no delimiter was given"
            place = Place.parse(entry.key.removeprefix(room))
            if place is not None:
                return place
        raise ObjectNotFound(room)


def _known_length(info: UploadInfo) -> int | None:
    return sum(info.sizes) if info.sizes is not None else info.length
