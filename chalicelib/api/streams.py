"""Bodies that are read while they are sent."""

from collections.abc import Iterator


class Begun(Iterator[bytes]):
    """A stream whose first piece has been read, and waits to be sent."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._first: bytes | None = next(chunks, b"")

    def __next__(self) -> bytes:
        """Answer the next piece."""
        if self._first is None:
            return next(self._chunks)
        first, self._first = self._first, None
        return first

    def close(self) -> None:
        """Let go of what the pieces come from."""
        self._first = None
        close(self._chunks)


def close(chunks: Iterator[bytes]) -> None:
    """Close what pieces come from, where it holds anything that wants to be let go."""
    end = getattr(chunks, "close", None)
    if end is not None:
        end()
