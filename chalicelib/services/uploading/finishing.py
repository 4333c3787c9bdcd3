"""Finishing: what a complete upload becomes.

    partial   nothing yet: others are made of it
    package   staged bytes and a queued job, as for every publish; a small one is published at once
    file      one object, where clients can be sent to the medium and the bytes are not one already

Each step may be repeated, and `done.json` is written when nothing is left that only a repeat would make good. Whoever
finds an upload complete and not done, finishes it: the request that brought the last bytes, a later one, or the sweep.
What is too large for a request is left to a job.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from chalicelib.domain.times import timestamp
from chalicelib.domain.uploads.documents import Refusal, UploadDone
from chalicelib.domain.uploads.limits import GIB, MIB
from chalicelib.domain.uploads.metadata import Wanted
from chalicelib.stores.uploads import State, Uploads

if TYPE_CHECKING:
    from chalicelib.services.executing import Watch
    from chalicelib.services.uploading.jobs import UploadJobs
    from chalicelib.services.uploading.packages import Packages

PUBLISHED_AT_ONCE: Final = 8 * MIB
FINISHED_AT_ONCE: Final = 64 * MIB
"""The most bytes that a request makes one object of, or stages."""
COMPOSED_AT_MOST: Final = 64 * GIB
"""What is larger stays in chunks: functions have not the time, nor buckets of equal parts the parts, to join it."""
KEPT_AFTER: Final = timedelta(days=1)
"""How long the chunks of a package are kept that has become a job, and those of a file that has become one object."""
LOOKED_AFTER: Final = timedelta(minutes=15)
"""When the sweep looks whether a job has made one object of a file."""


class Finishing:
    """Finishes complete uploads; `packages` and `jobs` are asked for when they are needed."""

    def __init__(
        self,
        uploads: Uploads,
        packages: Callable[[], "Packages"],
        jobs: Callable[[], "UploadJobs"],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._uploads = uploads
        self._packages = packages
        self._jobs = jobs
        self._now = now

    def finish(self, state: State) -> State:
        """Answer a complete upload with what has become of it, or leave it to a job; what it raises may pass."""
        if state.done is not None:
            return state
        if state.size <= FINISHED_AT_ONCE or state.info.is_partial:
            return self.finish_whole(state)
        wanted = Wanted.read(state.info.metadata)
        if wanted is not None:
            self._jobs().queue(state, wanted.package)
            return state
        done = self._done(state, look_after=LOOKED_AFTER if self._is_to_be_composed(state) else None)
        self.compose_later(done)
        return done

    def finish_whole(self, state: State, watch: "Watch | None" = None) -> State:
        """Answer a complete upload of any size with what has become of it."""
        wanted = None if state.info.is_partial else Wanted.read(state.info.metadata)
        if state.done is None and wanted is not None:
            return self._publish(state, wanted, watch)
        to_be_composed = wanted is None and not state.info.is_partial and self._is_to_be_composed(state)
        done = state if state.done else self._done(state, look_after=KEPT_AFTER if to_be_composed else None)
        return self._compose(done, watch) if to_be_composed else done

    def compose_later(self, state: State) -> bool:
        """See to it that a job makes a file one object, if that is of use; answers whether it is."""
        is_file = not state.info.is_partial and "package" not in state.info.metadata
        is_of_use = is_file and self._is_to_be_composed(state)
        if is_of_use:
            self._jobs().queue(state)
        return is_of_use

    def _is_to_be_composed(self, state: State) -> bool:
        chunks = state.done.chunks if state.done else state.end.number
        is_one = state.composed or (state.info.parts is None and chunks == 1)
        return 0 < state.size <= COMPOSED_AT_MOST and not is_one and self._uploads.presigns

    def _compose(self, state: State, watch: "Watch | None") -> State:
        self._uploads.reminders.remind(self._now() + KEPT_AFTER, *state.fid)
        return self._uploads.compose(state, partial(_watched, watch, state.size))

    def _publish(self, state: State, wanted: Wanted, watch: "Watch | None") -> State:
        packages, is_small = self._packages(), state.size <= PUBLISHED_AT_ONCE
        job_id, sha256, refusal = packages.queue(
            state.info,
            wanted,
            lambda: _watched(watch, state.size, self._uploads.read(state)),
            announce=not is_small,
        )
        done = self._done(state, job_id=job_id, sha256=sha256, error=refusal, look_after=KEPT_AFTER)
        if job_id is not None and refusal is None and is_small:
            packages.work(job_id)
        return done

    def _done(
        self,
        state: State,
        *,
        job_id: str | None = None,
        sha256: str | None = None,
        error: Refusal | None = None,
        look_after: timedelta | None = None,
    ) -> State:
        """Say that an upload is complete; with `look_after` the sweep comes by after that time."""
        now = self._now()
        if look_after is not None:
            self._uploads.reminders.remind(now + look_after, *state.fid)
        done = UploadDone(
            size=state.size,
            at=timestamp(now),
            chunks=state.end.number if state.info.parts is None else None,
            job_id=job_id,
            sha256=sha256,
            error=error,
        )
        finished = self._uploads.finish(state, done)
        self._uploads.marks.close(state.info.owner, state.fid)
        return finished


def _watched(watch: "Watch | None", size: int, chunks: Iterable[bytes]) -> Iterable[bytes]:
    return chunks if watch is None else watch.bytes(chunks, size)
