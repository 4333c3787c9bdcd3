"""Stores around a store: one that counts what is asked of it and one that fails on purpose."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from threading import Lock
from typing import NamedTuple, TypeVar

from chalicelib.storage.port import ObjectStore, StorageError, StorageUnavailable, StoredObject
from chalicelib.storage.wrappers.passing import SIGNATURES, PassingStore

Answer = TypeVar("Answer")


class Call(NamedTuple):
    """One call of a store; for `list` the key is the prefix, for `copy` it is the target."""

    verb: str
    key: str
    bytes_in: int
    bytes_out: int


@dataclass(slots=True)
class _Entry:
    verb: str
    key: str
    bytes_in: int = 0
    bytes_out: int = 0


class CountingStore(PassingStore):
    """Passes every call on and records it; a stream's bytes are counted as they are read."""

    def __init__(self, inner: ObjectStore) -> None:
        super().__init__(inner)
        self._lock = Lock()
        self._entries: list[_Entry] = []

    @property
    def calls(self) -> list[Call]:
        """Every call since the start or the last reset, in the order in which they began."""
        with self._lock:
            return [Call(entry.verb, entry.key, entry.bytes_in, entry.bytes_out) for entry in self._entries]

    def reset(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self._entries = []

    def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Count a streamed read and the bytes that are taken from it."""
        entry = self._enter("stream", key)
        return _counted(self.inner.stream(key, start=start, end=end), entry)

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
        """Count a write and its bytes, whether or not it succeeds."""
        self._enter("put", key, len(data))
        return self.inner.put(
            key, data, if_absent=if_absent, if_etag=if_etag, content_type=content_type, durable=durable
        )

    def put_stream(
        self, key: str, chunks: Iterable[bytes], *, if_absent: bool = False, content_type: str | None = None
    ) -> str:
        """Count a streamed write and the bytes that the store took."""
        entry = self._enter("put_stream", key)
        return self.inner.put_stream(
            key, _counted(chunks, entry, incoming=True), if_absent=if_absent, content_type=content_type
        )

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        entry = self._enter(verb, key)
        answer = call()
        if isinstance(answer, StoredObject):
            entry.bytes_out = len(answer.data)
        return answer

    def _enter(self, verb: str, key: str, bytes_in: int = 0) -> _Entry:
        entry = _Entry(verb, key, bytes_in)
        with self._lock:
            self._entries.append(entry)
        return entry


def _counted(pieces: Iterable[bytes], entry: _Entry, *, incoming: bool = False) -> Iterator[bytes]:
    for piece in pieces:
        if incoming:
            entry.bytes_in += len(piece)
        else:
            entry.bytes_out += len(piece)
        yield piece


class Fault(Enum):
    """What goes wrong at the chosen call."""

    DEATH_BEFORE = "the process dies before the call"
    DEATH_AFTER = "the process dies after the call, before it learns the answer"
    UNAVAILABLE = "the medium refuses; nothing was done"
    LOST_RESPONSE = "the call is done but its answer is lost"


class Death(BaseException):
    """The process is gone; not an Exception, so that no handler of the code under test survives it."""


class FaultyStore(PassingStore):
    """Fails at the `at`-th storage call, counted from 1, and passes every other one on.

    After a death every further call dies too, as cleaning up is not what dead processes do. The other faults
    strike `times` calls in a row. A call that answers an iterator is one call and fails when it is made;
    `presign_*` ask nothing of the medium and never fail. `struck` tells whether the fault has happened, so a
    test may take `at` = 1, 2, 3 … until an operation ends without one. Only calls whose key holds the text `within`
    are counted and fail.
    """

    def __init__(
        self,
        inner: ObjectStore,
        fault: Fault,
        *,
        at: int,
        times: int = 1,
        retryable: bool = True,
        within: str = "",
    ) -> None:
        super().__init__(inner)
        self.fault = fault
        self.calls = 0
        self.struck = False
        self._at = at
        self._times = times
        self._retryable = retryable
        self._within = within
        self._dead = False
        self._lock = Lock()

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if verb in SIGNATURES or (self._within not in key and not self._dead):
            return call()
        number = self._count()
        dies = self.fault in {Fault.DEATH_BEFORE, Fault.DEATH_AFTER}
        if number < self._at or (not dies and number >= self._at + self._times):
            return call()
        self.struck = True
        if self.fault is Fault.LOST_RESPONSE or (self.fault is Fault.DEATH_AFTER and number == self._at):
            # Whatever the store has to say, the caller will not hear it.
            with suppress(StorageError):
                call()
        if dies:
            self._dead = True
            raise Death
        raise StorageUnavailable(key, self.fault.value, retryable=self._retryable)

    def _count(self) -> int:
        with self._lock:
            self.calls += 1
            return self.calls
