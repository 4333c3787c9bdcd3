"""Uploads that are to be looked at: those whose time has come, and those that are complete and were not finished.

What an upload leaves is found by its reminders, which sort by their moments, so a sweep reads as far as the present and
no further. What is unfinished has a mark; of those only what a dead worker has left is of interest.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chalicelib.domain.sweeping import Position
from chalicelib.domain.times import moment
from chalicelib.domain.uploads.documents import Ended
from chalicelib.domain.uploads.errors import NoSuchUpload, UploadEnded
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.sweeping.tasks import AGAIN, Candidate
from chalicelib.services.uploading.finishing import KEPT_AFTER, Finishing
from chalicelib.stores.uploads import BEGINNING, LINGERING, State, Uploads

DUE: Final = "due/"
OPEN: Final = "open/"
PATIENCE: Final = timedelta(minutes=5)
"""How long an upload is left to those who send it."""
REMEMBERED: Final = timedelta(days=7)
"""How long it is told of an upload that it is gone, before it is as if it had never been."""


class Outcome(NamedTuple):
    """What was done about an upload, in words or None, and when it is to be looked at again, if ever."""

    told: str | None
    again: datetime | None = None


class LeftUploads:
    """Finishes uploads that nobody finishes, and removes what has expired and what nothing is read from any more."""

    name = "uploads"

    def __init__(self, uploads: Uploads, finishing: Finishing, *, now: Callable[[], datetime]) -> None:
        self._uploads = uploads
        self._finishing = finishing
        self._now = now

    def candidates(self, position: Position) -> Iterator[Candidate]:
        """Answer the uploads whose time has come, and then all that are not finished."""
        after = position.after or DUE
        now = self._now()
        if after.startswith(DUE):
            for reminder in self._uploads.reminders.due(now, after.removeprefix(DUE) or None):
                yield Candidate(
                    f"{DUE}{reminder.name}", str(reminder.file), reminder.file is not None, reminder.modified
                )
        last = after.removeprefix(OPEN) if after.startswith(OPEN) else None
        for mark in self._uploads.marks.all_open(last):
            yield Candidate(
                f"{OPEN}{mark.name}", str(mark.fid), mark.modified < now - PATIENCE, mark.modified
            )

    def treat(self, candidate: Candidate) -> str | None:
        """Bring an upload as far as it can be brought by now."""
        fid = Fid.parse(candidate.subject)
        if candidate.place.startswith(OPEN):
            return self._treat_open(fid, candidate.place.removeprefix(OPEN), candidate.modified)
        told, again = self._settled(fid, candidate.modified)
        # The next reminder first: one too many costs a look.
        if again is not None:
            self._uploads.reminders.remind(again, *fid)
        self._uploads.reminders.forget(candidate.place.removeprefix(DUE))
        return told

    def _treat_open(self, fid: Fid, name: str, since: datetime) -> str | None:
        """Finish an upload that is complete, and take the mark from what is unfinished no more."""
        try:
            state = self._uploads.info(fid)
        except UploadEnded:
            self._uploads.marks.abandon(name)
            return None
        except NoSuchUpload:
            if since < self._now() - BEGINNING:
                self._uploads.marks.abandon(name)
            return None
        if not state.is_complete:
            return None
        was_done = state.done is not None
        if self._finishing.finish(state).done is None:
            return None
        self._uploads.marks.abandon(name)
        return None if was_done else f"{fid} finished"

    def _settled(self, fid: Fid, since: datetime) -> Outcome:
        try:
            state = self._uploads.info(fid)
        except UploadEnded:
            return self._gone(fid)
        except NoSuchUpload:
            if since >= self._now() - BEGINNING:
                return Outcome(None, self._now() + AGAIN)
            return Outcome(None if self._uploads.purge(fid) else f"{fid} partly removed")
        if state.expires is not None and moment(state.expires) + LINGERING <= self._now():
            return self._ended(fid, "expired")
        if state.is_complete and state.done is None:
            state = self._finishing.finish(state)
        return self._kept(state)

    def _kept(self, state: State) -> Outcome:
        """Answer what is done about an upload that has not expired, and may have more than it needs."""
        now, done = self._now(), state.done
        end = moment(state.expires) + LINGERING if state.expires is not None else None
        if done is None:
            return Outcome(None, end)
        if done.job_id is not None or done.error is not None:
            over = moment(done.at) + KEPT_AFTER
            reason: Ended = "published" if done.job_id is not None else "expired"
            return self._ended(state.fid, reason) if over <= now else Outcome(None, over)
        if state.composed_at is not None:
            over = state.composed_at + KEPT_AFTER
            if over > now:
                return Outcome(None, over)
            is_all = self._uploads.drop_chunks(state.fid)
            return Outcome(f"{state.fid} is one object", end if is_all else now)
        return Outcome(None, now + AGAIN if self._finishing.compose_later(state) else end)

    def _ended(self, fid: Fid, reason: Ended) -> Outcome:
        is_all = self._uploads.delete(fid, reason)
        return Outcome(f"{fid} {reason}", self._now() + (REMEMBERED if is_all else AGAIN))

    def _gone(self, fid: Fid) -> Outcome:
        """Remove what is left of an upload that is gone, and at last that it is."""
        over = moment(self._uploads.end(fid).at) + REMEMBERED
        if not self._uploads.remove(fid):
            return Outcome(None, self._now() + AGAIN)
        if over > self._now():
            return Outcome(None, over)
        self._uploads.purge(fid)
        return Outcome(f"{fid} forgotten")
