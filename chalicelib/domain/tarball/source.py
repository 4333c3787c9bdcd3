"""Exact reads over bytes that arrive in blocks."""

from collections.abc import Iterable, Iterator

from chalicelib.domain.tarball.refusals import TruncatedArchive


class Source:
    """The archive's bytes, read once from front to back."""

    __slots__ = ("_at", "_block", "_blocks")

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._block = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """Answer the next `count` bytes, or nothing at the end; raises TruncatedArchive for fewer."""
        start, end = self._at, self._at + count
        if end <= len(self._block):
            self._at = end
            return self._block[start:end]
        held = bytearray()
        for piece in self._upto(count):
            held += piece
        if held and len(held) < count:
            raise TruncatedArchive(missing=count - len(held))
        return bytes(held)

    def pieces(self, count: int) -> Iterable[memoryview]:
        """Answer the next `count` bytes as they lie, uncopied; raises TruncatedArchive."""
        start, end = self._at, self._at + count
        if end > len(self._block):
            return self._pieces(count)
        self._at = end
        return (memoryview(self._block)[start:end],)

    def _pieces(self, count: int) -> Iterator[memoryview]:
        missing = count
        for piece in self._upto(count):
            missing -= len(piece)
            yield piece
        if missing:
            raise TruncatedArchive(missing=missing)

    def skip(self, count: int) -> None:
        """Pass over bytes; raises TruncatedArchive."""
        end = self._at + count
        if end <= len(self._block):
            self._at = end
            return
        for _ in self.pieces(count):
            pass

    def rest(self) -> Iterator[bytes]:
        """Answer everything that is left."""
        yield self._block[self._at :]
        self._block, self._at = b"", 0
        yield from self._blocks

    def _upto(self, count: int) -> Iterator[memoryview]:
        while count:
            if self._at == len(self._block):
                self._block, self._at = next(self._blocks, b""), 0
                if not self._block:
                    return
            start = self._at
            self._at = min(start + count, len(self._block))
            count -= self._at - start
            yield memoryview(self._block)[start : self._at]
