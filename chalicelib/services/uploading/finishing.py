"""Finishing: what a complete upload becomes.

    partial   nothing yet: others are made of it
    package   staged bytes and a queued job, as for every publish; a small one is published at once
    file      one object, where clients can be sent to the medium and the bytes are not one already

Each step may be repeated, and `done.json` is written when nothing is left that only a repeat would make good. Whoever
finds an upload complete and not done, finishes it: the request that brought the last bytes, a later one, or the sweep.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from chalicelib.domain.times import timestamp
from chalicelib.domain.uploads.documents import Refusal, UploadDone
from chalicelib.domain.uploads.limits import MIB
from chalicelib.domain.uploads.metadata import Wanted
from chalicelib.services.uploading.packages import Packages
from chalicelib.stores.uploads import State, Uploads

PUBLISHED_AT_ONCE: Final = 8 * MIB
COMPOSED_AT_ONCE: Final = 64 * MIB


class Finishing:
    """Finishes complete uploads; `packages` is asked for when one names a package."""

    def __init__(
        self, uploads: Uploads, packages: Callable[[], Packages], *, now: Callable[[], datetime]
    ) -> None:
        self._uploads = uploads
        self._packages = packages
        self._now = now

    def finish(self, state: State) -> State:
        """Answer a complete upload with what has become of it; raises what may be better the next time."""
        if state.done is not None:
            return state
        wanted = None if state.info.is_partial else Wanted.read(state.info.metadata)
        if wanted is not None:
            return self._publish(state, wanted)
        done = self._done(state)
        if not state.info.is_partial and state.size <= COMPOSED_AT_ONCE:
            done = self.compose(done)
        return done

    def compose(self, state: State) -> State:
        """Make a file one object, if that is of use and it is not one already."""
        is_useful = state.size > 0 and self._uploads.presigns and not self._uploads.is_one_object(state)
        return self._uploads.compose(state) if is_useful else state

    def _publish(self, state: State, wanted: Wanted) -> State:
        packages, is_small = self._packages(), state.size <= PUBLISHED_AT_ONCE
        job_id, sha256, refusal = packages.queue(
            state.info, wanted, partial(self._uploads.read, state), announce=not is_small
        )
        done = self._done(state, job_id=job_id, sha256=sha256, error=refusal)
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
    ) -> State:
        done = UploadDone(
            size=state.size,
            at=timestamp(self._now()),
            chunks=state.end.number if state.info.parts is None else None,
            job_id=job_id,
            sha256=sha256,
            error=error,
        )
        finished = self._uploads.finish(state, done)
        self._uploads.marks.close(state.info.owner, state.fid)
        return finished
