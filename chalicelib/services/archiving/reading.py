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

SMALL_BYTES: Final = 4 << 20
AHEAD: Final = 8

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
    for member, data in _ahead(members, read):
        yield reader.large(member) if data is None else reader.small(member, data())


def work_of(members: Iterable[Member], *, summed: bool) -> int:
    """Answer how many bytes are read for members."""
    return sum(each.size * (2 if summed and each.size > SMALL_BYTES else 1) for each in members)


class _Reader:
    def __init__(self, read: Open, tell: Tell, *, summed: bool) -> None:
        self._read = read
        self._tell = tell
        self._summed = summed

    def small(self, member: Member, data: bytes) -> Entry:
        if len(data) != member.size:
            raise OtherBytes(member)
        self._tell(len(data))
        return Entry(member.name, member.size, isal_zlib.crc32(data) if self._summed else 0, [data])

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


def _ahead(members: Sequence[Member], read: Open) -> Iterator[tuple[Member, Callable[[], bytes] | None]]:
    """Answer members in their order, the small ones with what waits for their bytes, which are being read."""
    waiting: deque[tuple[Member, Callable[[], bytes] | None]] = deque()
    for member in members:
        small = member.size <= SMALL_BYTES
        waiting.append((member, begun(partial(_whole, member, read)) if small else None))
        if len(waiting) > AHEAD:
            yield waiting.popleft()
    yield from waiting


def _whole(member: Member, read: Open) -> bytes:
    """Answer the bytes of a small member, or a few more of what is none."""
    pieces, size = [], 0
    for chunk in read(member):
        pieces.append(chunk)
        size += len(chunk)
        if size > member.size:
            break
    return b"".join(pieces)
