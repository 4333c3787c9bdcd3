"""A store that counts and times what is asked of it, for the metrics and spans of the invocation; it keeps nothing."""

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TypeVar

from chalicelib import telemetry
from chalicelib.storage.port import ObjectInfo, Prefix
from chalicelib.storage.wrappers.passing import SIGNATURES, PassingStore

Answer = TypeVar("Answer")
Piece = TypeVar("Piece")


class MeasuredStore(PassingStore):
    """Measures every call, and of streams and listings also the reading."""

    def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Pass on, and time the reading."""
        return _timed("stream", super().stream(key, start=start, end=end))

    def list(
        self, prefix: str, *, after: str | None = None, delimiter: str | None = None, limit: int | None = None
    ) -> Iterator[ObjectInfo | Prefix]:
        """Pass on, and time the reading."""
        return _timed("list", super().list(prefix, after=after, delimiter=delimiter, limit=limit))

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if verb in SIGNATURES:
            return call()
        with telemetry.operation(verb, key):
            return call()


def _timed(verb: str, pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Pass pieces on; whoever leaves some unread closes what they come from, as before."""
    seconds = 0.0
    try:
        while True:
            started = perf_counter()
            piece = next(pieces, None)
            seconds += perf_counter() - started
            if piece is None:
                return
            yield piece
    finally:
        telemetry.count("StorageMilliseconds", seconds * 1000, unit="Milliseconds", Verb=verb)
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
