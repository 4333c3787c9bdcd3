"""The bytes of members, one after the other, in memory that does not grow with their number or size.

What is small is read whole and ahead of its turn, several at a time, so that a thousand members do not wait a thousand
times for the medium. What is large is read in its turn; where its checksum has to stand before it, twice.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from isal import isal_zlib

from chalicelib.domain.archives.documents import Member
from chalicelib.domain.archives.zips import Entry
from chalicelib.storage.parallel import begun

SMALL_BYTES: Final = 8 << 20
AHEAD: Final = 8
AHEAD_BYTES: Final = 16 << 20
"""What is read ahead at most: so many members, and of so many bytes before one more is begun."""

Open = Callable[[Member], Iterator[bytes]]
Tell = Callable[[int], None]


class OtherBytes(Exception):
    """A member has not the bytes that it had, or was said to have."""

    def __init__(self, member: Member) -> None:
        super().__init__(member.name)
        self.member = member


def entries(members: Sequence[Member], read: Open, tell: Tell, *, summed: bool) -> Iterator[Entry]:
    """Answer members as they are to be written; `tell` is told how many bytes were read, `summed` asks for checksums.

    Raises OtherBytes, and what `read` raises.
    """
    reader = _Reader(read, tell, summed=summed)
    for member, pieces in _ahead(members, read):
        yield reader.large(member) if pieces is None else reader.small(member, pieces())


def work_of(members: Iterable[Member], *, summed: bool) -> int:
    """Answer how many bytes are read for members."""
    return sum(each.size * (2 if summed and each.size > SMALL_BYTES else 1) for each in members)


class _Reader:
    def __init__(self, read: Open, tell: Tell, *, summed: bool) -> None:
        self._read = read
        self._tell = tell
        self._summed = summed

    def small(self, member: Member, pieces: Sequence[bytes]) -> Entry:
        if sum(map(len, pieces)) != member.size:
            raise OtherBytes(member)
        self._tell(member.size)
        crc = 0
        for piece in pieces if self._summed else ():
            crc = isal_zlib.crc32(piece, crc)
        return Entry(member.name, member.size, crc, pieces)

    def large(self, member: Member) -> Entry:
        crc = self._crc(member) if self._summed else None
        return Entry(member.name, member.size, crc or 0, self._checked(member, crc))

    def _crc(self, member: Member) -> int:
        crc = 0
        for chunk in self._counted(member):
            crc = isal_zlib.crc32(chunk, crc)
        return crc

    def _checked(self, member: Member, expected: int | None) -> Iterator[bytes]:
        """Pass a member on; raises OtherBytes where the checksum that stands before it is not its own."""
        crc = 0
        for chunk in self._counted(member):
            if expected is not None:
                crc = isal_zlib.crc32(chunk, crc)
            yield chunk
        if expected is not None and crc != expected:
            raise OtherBytes(member)

    def _counted(self, member: Member) -> Iterator[bytes]:
        left = member.size
        for chunk in self._read(member):
            left -= len(chunk)
            if left < 0:
                break
            self._tell(len(chunk))
            yield chunk
        if left:
            raise OtherBytes(member)


def _ahead(
    members: Sequence[Member], read: Open
) -> Iterator[tuple[Member, Callable[[], list[bytes]] | None]]:
    """Answer members in their order, the small ones with what waits for their bytes, which are being read."""
    waiting: deque[tuple[Member, Callable[[], list[bytes]] | None]] = deque()
    held = 0
    for member in members:
        while waiting and (len(waiting) == AHEAD or held > AHEAD_BYTES):
            held -= _held(waiting[0][0])
            yield waiting.popleft()
        small, held = member.size <= SMALL_BYTES, held + _held(member)
        waiting.append((member, begun(partial(_whole, member, read)) if small else None))
    yield from waiting


def _held(member: Member) -> int:
    """Answer how many bytes of a member are held while it waits for its turn."""
    return member.size if member.size <= SMALL_BYTES else 0


def _whole(member: Member, read: Open) -> list[bytes]:
    """Answer the bytes of a small member, or a few more of what is none."""
    pieces: list[bytes] = []
    size = 0
    for piece in read(member):
        pieces.append(piece)
        size += len(piece)
        if size > member.size:
            break
    return pieces
