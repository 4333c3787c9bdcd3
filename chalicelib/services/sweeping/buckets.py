"""Buckets of files that have ended, and files that were downloaded as often as they may be.

What is to be looked at, and when, is found by its reminders, which sort by their moments. A reminder proves nothing:
the bucket may be kept for longer by now. Nothing is removed while a download that counts runs, nor before whoever was
let in at the last moment has had some time.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from chalicelib.domain.buckets.documents import BucketRecord
from chalicelib.domain.buckets.errors import BucketNotFound
from chalicelib.domain.sweeping import Position
from chalicelib.domain.times import moment, timestamp
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.buckets import Buckets
from chalicelib.services.sweeping.tasks import AGAIN, Candidate
from chalicelib.stores.buckets import Downloads
from chalicelib.stores.uploads import LINGERING
from chalicelib.stores.uploads.reminders import Reminders


class EndedBuckets:
    """Removes buckets that have ended, and files that nobody can download any more."""

    name = "buckets"

    def __init__(
        self,
        buckets: Buckets,
        downloads: Downloads,
        endings: Reminders,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._buckets = buckets
        self._downloads = downloads
        self._endings = endings
        self._now = now

    def candidates(self, position: Position) -> Iterator[Candidate]:
        """Answer the reminders whose moment has come."""
        for ending in self._endings.due(self._now(), position.after):
            subject = str(ending.file) if ending.file else ending.sid
            yield Candidate(ending.name, subject, True, ending.modified)

    def treat(self, candidate: Candidate) -> str | None:
        """Remove what has ended, or have it looked at again."""
        sid, separator, _ = candidate.subject.partition("++")
        try:
            bucket = self._buckets.record(sid)
        except BucketNotFound:
            # Removed since, or never made after all.
            self._endings.forget(candidate.place)
            return None
        is_file = bool(separator)
        told = (
            self._treat_file(Fid.parse(candidate.subject), bucket) if is_file else self._treat_bucket(bucket)
        )
        self._endings.forget(candidate.place)
        return told

    def _treat_bucket(self, bucket: BucketRecord) -> str | None:
        if moment(bucket.expires) + LINGERING > self._now():
            # It is kept for longer, which has a reminder of its own.
            return None
        is_running = bucket.downloads is not None and any(map(self._runs, self._buckets.files(bucket.sid)))
        if is_running or not self._buckets.clear(bucket.sid):
            self._endings.remind(self._now() + AGAIN, bucket.sid)
            return None
        return f"{bucket.sid} removed"

    def _treat_file(self, fid: Fid, bucket: BucketRecord) -> str | None:
        slots = self._downloads.of(fid)
        if bucket.downloads is None or slots.spent < bucket.downloads:
            return None
        if self._runs(fid) or not self._buckets.drop(fid):
            self._endings.remind(self._now() + AGAIN, *fid)
            return None
        return f"{fid} removed"

    def _runs(self, fid: Fid) -> bool:
        """Tell whether a download that counts runs."""
        return bool(self._downloads.of(fid).living(timestamp(self._now())))
