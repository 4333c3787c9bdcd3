"""What becomes of a worker: a signal to its own process at a moment that is told by its storage calls."""

import json
import re
from collections.abc import Callable
from signal import SIGKILL, SIGSTOP, Signals, pthread_kill
from threading import Condition, Event, get_ident
from typing import NamedTuple, TypeVar

from chalicelib.storage.port import ObjectStore
from chalicelib.storage.wrappers.passing import PassingStore

Answer = TypeVar("Answer")


class Fate(NamedTuple):
    """A signal that strikes once all the calls `made` are done, and before any of those `unmade` is.

    A call is meant by a pattern that is found in what is told of it: its verb and its key, and of a record that is
    written also its type, its stage and its status, as in `finishStage read`.
    """

    made: tuple[str, ...] = ()
    unmade: tuple[str, ...] = ()
    signal: Signals = SIGKILL


class FatedStore(PassingStore):
    """Brings a worker's fate about, once; `foretold` is called just before."""

    def __init__(self, inner: ObjectStore, fate: Fate, foretold: Callable[[], None]) -> None:
        super().__init__(inner)
        self._fate = fate
        self._foretold = foretold
        self._awaited = set(fate.made)
        self._under_way: set[int] = set()
        self._is_due = False
        self._changed = Condition()
        self._over = Event()

    def put(
        self,
        key: str,
        data: bytes,
        *,
        if_absent: bool = False,
        if_etag: str | None = None,
        content_type: str | None = None,
        durable: bool = True,
    ) -> str:
        """Pass on, told with what is written."""
        return self._call(
            "put",
            f"{key} {_told_by(data)}",
            lambda: self.inner.put(
                key,
                data,
                if_absent=if_absent,
                if_etag=if_etag,
                content_type=content_type,
                durable=durable,
            ),
        )

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        told = f"{verb} {key}"
        if self._over.is_set():
            return call()
        if any(re.search(unmade, told) for unmade in self._fate.unmade):
            self._strike_if_due(set())
            # It has struck, or does so when another thread makes the last of the calls that are awaited.
            self._over.wait()
            return call()
        answer = self._count(call)
        done = {made for made in self._fate.made if re.search(made, told)}
        if done:
            self._strike_if_due(done)
        return answer

    def _count(self, call: Callable[[], Answer]) -> Answer:
        thread = get_ident()
        if thread in self._under_way:
            # It reads what it writes, say.
            return call()
        with self._changed:
            # Who is about to be stopped begins nothing more.
            self._changed.wait_for(lambda: not self._is_due or self._over.is_set())
            self._under_way.add(thread)
        try:
            return call()
        finally:
            with self._changed:
                self._under_way.remove(thread)
                self._changed.notify_all()

    def _strike_if_due(self, done: set[str]) -> None:
        with self._changed:
            self._awaited -= done
            if self._awaited or self._is_due:
                return
            self._is_due = True
            if self._fate.signal is SIGSTOP:
                # Who is stopped in the middle of a write to a folder holds its lock for as long.
                self._changed.wait_for(lambda: not self._under_way)
        self._foretold()
        # To this thread, which therefore does nothing more before the signal has worked on the whole process.
        pthread_kill(get_ident(), self._fate.signal)
        with self._changed:
            self._over.set()
            self._changed.notify_all()


def _told_by(data: bytes) -> str:
    """Answer what a record says that it is."""
    try:
        record = json.loads(data)
    except ValueError:
        return ""
    stage = (record.get("payload") or {}).get("stage")
    return " ".join(str(part) for part in (record.get("type"), stage, record.get("status")) if part)
