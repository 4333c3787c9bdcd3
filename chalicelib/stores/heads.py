"""Package heads: read through a cache that revalidates, changed by compare-and-swap."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain

from chalicelib.domain.errors import Busy
from chalicelib.domain.head import Change, Event, Head, Segment, append, as_of, spill
from chalicelib.domain.keys import ObjectKeys
from chalicelib.storage.contending import Contention
from chalicelib.storage.parallel import in_parallel
from chalicelib.storage.port import NOT_MODIFIED, ObjectExists, ObjectStore, StorageUnavailable
from chalicelib.stores.documents import JSON, Read, ReplacedDocuments

CACHE_BYTES = 64 << 20
PATIENCE_SECONDS = 24.0
"""How long a lost swap is retried: less than the 29 seconds after which a gateway gives up."""

Decide = Callable[[Head], Change | Sequence[Change] | None]


class Heads:
    """The heads of all packages."""

    def __init__(
        self,
        store: ObjectStore,
        keys: ObjectKeys,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._store = store
        self._keys = keys
        self._now = now
        self._sleep = sleep
        self._patience = patience
        self._documents = ReplacedDocuments(store, Head.from_bytes, cache_bytes=CACHE_BYTES)

    def get(self, name: str) -> Head | None:
        """Answer the head as it is now, or None; costs one read, without bytes while nothing has changed."""
        read = self._read(name)
        return read.document if read else None

    def known(self, name: str) -> Head | None:
        """Answer the head as this process last saw it, or None; costs nothing."""
        known = self._documents.known(self._keys.head(name))
        return known.document if known else None

    def committed(self, name: str, version: str) -> bool:
        """Tell whether a version is or was visible; costs nothing once it was seen.

        Of one that was unpublished since, the bytes are gone: who goes on to read them learns it from the medium.
        """
        known = self.known(name)
        if known and version in known.view.versions:
            return True
        head = self.get(name)
        return head is not None and version in head.view.versions

    def as_of(self, head: Head, moment: str) -> Head:
        """Answer a head as it was at a moment; reads the segments of a long head."""
        if head.modified is None or moment >= head.modified:
            return head
        return as_of(head.name, self.events(head), moment)

    def events(self, head: Head, *, after: int = 0) -> list[Event]:
        """Answer the events of a head after one, or all, oldest first; reads the segments that have any of them."""
        wanted = [ref for ref in head.segments if ref.last > after]
        segments = in_parallel(lambda ref: self._segment(head.name, ref.first, ref.last), wanted)
        return [event for event in (*chain.from_iterable(segments), *head.events) if event.seq > after]

    def change(self, name: str, decide: Decide, *, actor: str, just_read: bool = False) -> tuple[Head, bool]:
        """Append the events that `decide` makes of the present head; answers the head and whether it changed.

        A head that was `just_read` is not read again for a swap: if it is another one by now, the swap is lost.
        A swap that another writer won is decided again from what that writer left. Raises Busy when too many
        writers contend for too long, and whatever `decide` raises.
        """
        contention = Contention(self._patience, sleep=self._sleep)
        tried: Event | None = None
        while True:
            read = self._documents.known(self._keys.head(name)) if just_read else self._read(name)
            head = read.document if read else Head(name=name)
            if tried is not None and tried in head.events:
                return head, True  # the answer to our swap was lost, but not the swap
            changes = _listed(decide(head))
            if not changes:
                return head, False
            changed = head
            for change in changes:
                changed = append(changed, change, actor=actor, now=self._now())
            tried = changed.events[-1]
            written = self._swap(changed, read)
            if written:
                return written, True
            if just_read:
                just_read = False
                continue
            if not contention.waits():
                raise Busy(name)

    def _read(self, name: str) -> Read[Head] | None:
        key = self._keys.head(name)
        return self._documents.get(key)

    def _swap(self, head: Head, read: Read[Head] | None) -> Head | None:
        """Write a head over the one read; answers what was written, or None if another writer was first."""
        data = head.to_bytes()
        shorter, segment = spill(head, len(data))
        if segment is not None:
            self._put_aside(segment)
            data = shorter.to_bytes()
        try:
            written = self._documents.swap(self._keys.head(head.name), shorter, data, read)
        except StorageUnavailable as error:
            if error.retryable:
                return None
            raise
        return shorter if written else None

    def _put_aside(self, segment: Segment) -> None:
        events = segment.events
        key = self._keys.segment(segment.name, events[0].seq, events[-1].seq)
        try:
            self._store.put(key, segment.to_bytes(), if_absent=True, content_type=JSON)
        except ObjectExists:
            # Another writer put the same events aside and died or lost its swap; events never change.
            return

    def _segment(self, name: str, first: int, last: int) -> list[Event]:
        found = self._store.get(self._keys.segment(name, first, last))
        assert found is not NOT_MODIFIED
        return Segment.from_bytes(found.data).events


def _listed(decided: Change | Sequence[Change] | None) -> Sequence[Change]:
    if decided is None:
        return ()
    return (decided,) if isinstance(decided, Change) else decided
