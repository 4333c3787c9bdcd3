"""Downloads of files, and counting those of files that may be downloaded only so often.

A download that counts takes a slot before the first byte. Where the function sends the bytes, the slot is held while
they are sent, used up by the last one, and free again if the client goes away before; a hold that nobody renews is that
of a dead process, and ends by itself. Where the medium sends them, nobody learns how it ends, so the slot is used up by
the address, which is good for a minute. A file's slots are one small document that is replaced by compare-and-swap, so
that of two who want the last one exactly one gets it.
"""

import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from chalicelib import telemetry
from chalicelib.domain.buckets.documents import Hold, Slots
from chalicelib.domain.buckets.errors import DownloadRunning, DownloadsSpent
from chalicelib.domain.times import moment, timestamp
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.buckets.values import Found
from chalicelib.stores.buckets import Downloads
from chalicelib.stores.uploads import Uploads
from chalicelib.stores.uploads.reminders import Reminders

HOLD_SECONDS: Final = 180
"""How long a download counts that nobody renews; a client may be silent for a third of it."""
RENEWED_AFTER: Final = 30.0
PIECE_BYTES: Final = 256 << 10
SPENT_FOR: Final = timedelta(days=1)
"""How long a file is left that cannot be downloaded any more: whoever was sent to the medium may still be at it."""

SIGNED_SECONDS: Final = 3600
SIGNED_ONCE_SECONDS: Final = 60
HARMLESS: Final = ("image/avif", "image/gif", "image/jpeg", "image/png", "image/webp", "text/plain")
HARMLESS_KINDS: Final = ("audio/", "font/", "video/")
BINARY: Final = "application/octet-stream"

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.downloads")


class SlotLost(Exception):
    """A download took so long between two pieces that its slot was given to somebody else."""


class Downloading:
    """Hands files out; `clock` counts seconds."""

    def __init__(
        self,
        uploads: Uploads,
        downloads: Downloads,
        endings: Reminders,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._uploads = uploads
        self._downloads = downloads
        self._endings = endings
        self._now = now
        self._clock = clock

    def url(self, found: Found) -> str | None:
        """Answer an address at the medium that has a file for a while, or None; a slot, if it needs one, is used up."""
        is_limited = found.limit is not None
        url = self._uploads.url(
            found.state,
            filename=found.name,
            content_type=harmless(found.type),
            expires=SIGNED_ONCE_SECONDS if is_limited else SIGNED_SECONDS,
        )
        if url is not None and is_limited:
            self._take(found, for_good=True)
        return url

    def read(self, found: Found, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Read a file that may be downloaded any number of times, or the slice `[start:end]` of it."""
        assert found.limit is None, "what counts is read whole"
        return self._uploads.read(found.state, start, end)

    def read_once(self, found: Found) -> Iterator[bytes]:
        """Read a whole file in a slot of its own, which is taken now; raises DownloadsSpent and DownloadRunning.

        The slot is used up when the last piece was taken and one more is asked for.
        """
        hold = self._take(found, for_good=False)
        try:
            chunks = self._uploads.read(found.state)
        except BaseException:
            self._give_back(found.fid, hold)
            raise
        return self._counted(found, hold, chunks)

    def check(self, found: Found) -> None:
        """Raise DownloadsSpent if a file cannot be downloaded any more."""
        if found.limit is not None and self._downloads.of(found.fid).spent >= found.limit:
            raise DownloadsSpent(str(found.fid), found.limit)

    def _counted(self, found: Found, hold: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        renewed, is_whole = self._clock(), False
        try:
            for piece in _pieces(chunks):
                yield piece
                if self._clock() - renewed > RENEWED_AFTER:
                    self._renew(found.fid, hold)
                    renewed = self._clock()
            is_whole = True
        finally:
            if is_whole:
                self._use_up(found, hold)
            else:
                self._give_back(found.fid, hold)

    def _take(self, found: Found, *, for_good: bool) -> str:
        """Take a slot, or use it up at once; answers the name of the hold."""
        hold, limit = secrets.token_hex(8), found.limit
        assert limit is not None, "others need no slot"

        def decide(slots: Slots) -> Slots:
            now = self._now()
            living = slots.living(timestamp(now))
            if slots.spent >= limit:
                raise DownloadsSpent(str(found.fid), limit)
            if slots.spent + len(living) >= limit:
                soonest = moment(min(other.until for other in living)) - now
                raise DownloadRunning(str(found.fid), max(int(soonest.total_seconds()), 1))
            if for_good:
                return _spent(slots.model_copy(update={"holds": living}), timestamp(now))
            return slots.model_copy(update={"holds": [*living, self._hold(hold)]})

        self._look_later(found, self._downloads.change(found.fid, decide))
        return hold

    def _look_later(self, found: Found, slots: Slots) -> None:
        """Have a file that cannot be downloaded any more removed, some time after its last download began."""
        if found.limit is not None and slots.spent >= found.limit:
            self._endings.remind(self._now() + SPENT_FOR, *found.fid)

    def _renew(self, fid: Fid, hold: str) -> None:
        def decide(slots: Slots) -> Slots:
            others = _without(slots, hold)
            if len(others) == len(slots.holds):
                raise SlotLost(str(fid))
            return slots.model_copy(update={"holds": [*others, self._hold(hold)]})

        self._downloads.change(fid, decide)

    def _use_up(self, found: Found, hold: str) -> None:
        def decide(slots: Slots) -> Slots | None:
            # Where nothing is known of downloads any more, the file was removed meanwhile.
            if not slots.spent and not slots.holds:
                return None
            kept = slots.model_copy(update={"holds": _without(slots, hold)})
            return _spent(kept, timestamp(self._now()))

        self._look_later(found, self._downloads.change(found.fid, decide))

    def _give_back(self, fid: Fid, hold: str) -> None:
        def decide(slots: Slots) -> Slots | None:
            others = _without(slots, hold)
            return None if len(others) == len(slots.holds) else slots.model_copy(update={"holds": others})

        # Whoever cannot give it back lets it end by itself, and what went wrong before is told instead.
        with contextlib.suppress(Exception):
            self._downloads.change(fid, decide)
            return
        _LOG.warning("a slot was left to end by itself", extra={"upload": str(fid)})

    def _hold(self, name: str) -> Hold:
        return Hold(id=name, until=timestamp(self._now() + timedelta(seconds=HOLD_SECONDS)))


def harmless(kind: str) -> str:
    """Answer what the medium says a file is: what no browser runs, as the medium sends no policy along."""
    essence = kind.partition(";")[0].strip().lower()
    return essence if essence in HARMLESS or essence.startswith(HARMLESS_KINDS) else BINARY


def _pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Answer the same bytes in pieces of which each is sent before a hold ends, however slowly it is read."""
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            yield chunk[start : start + PIECE_BYTES]


def _spent(slots: Slots, at: str) -> Slots:
    return slots.model_copy(update={"spent": slots.spent + 1, "last": at})


def _without(slots: Slots, hold: str) -> list[Hold]:
    return [other for other in slots.holds if other.id != hold]
