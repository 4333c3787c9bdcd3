"""Archives that are too large to be kept: long runs of nothing are remembered by their length."""

import io
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path

NOTHING = bytes(16 << 20)


def nothing(size: int) -> Iterator[bytes]:
    """Answer so many zeros, in pieces that are always the same object but for the last."""
    for _ in range(size // len(NOTHING)):
        yield NOTHING
    if size % len(NOTHING):
        yield bytes(size % len(NOTHING))


class Tape(io.RawIOBase):
    """A file of pieces, of which those that are NOTHING take no memory."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._starts: list[int] = []
        self._pieces: list[bytes] = []
        self.size = self._at = 0
        for piece in pieces:
            self._starts.append(self.size)
            self._pieces.append(piece)
            self.size += len(piece)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self.size if size < 0 else min(self._at + size, self.size)
        found = []
        while self._at < end:
            number = bisect_right(self._starts, self._at) - 1
            first = self._at - self._starts[number]
            found.append(self._pieces[number][first : first + end - self._at])
            self._at += len(found[-1])
        return b"".join(found)

    def unroll(self, path: Path) -> Path:
        """Write the file, with holes for what is nothing, which take no room on a disk."""
        with path.open("wb") as file:
            for piece in self._pieces:
                if piece is NOTHING:
                    file.seek(len(piece), io.SEEK_CUR)
                else:
                    file.write(piece)
        return path
