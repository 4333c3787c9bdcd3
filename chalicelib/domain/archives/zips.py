"""Zip archives (APPNOTE 6.3.10) that are written from front to back.

Members are stored as they are, with their size and CRC-32 before their bytes: no descriptor follows them, so that
readers of streams understand the archive too. What does not fit into the fields of old, a member or an offset of 4 GiB
or 65,535 members, is in the fields of ZIP64. Times and modes are the same for all, so equal members make equal bytes.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_END: Final = struct.Struct("<4s4H2LH")

_MANY: Final = 0xFFFF
_LARGE: Final = 0xFFFFFFFF
"""What stands in a field whose value is in the one of ZIP64."""
_PLAIN: Final = 20
_ZIP64: Final = 45
"""The versions of the format that a reader has to know."""
_UNIX: Final = 3 << 8
_UTF_8: Final = 1 << 11
_STORED: Final = 0
_TIME: Final = 0
_DATE: Final = 1 << 5 | 1
"""The first of January 1980, before which the format knows no time."""
_MODE: Final = 0o100644 << 16


class Entry(NamedTuple):
    """A member: its name, its size in bytes, its CRC-32, and its bytes in pieces."""

    name: str
    size: int
    crc: int
    chunks: Iterable[bytes]


def zipped(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Answer the bytes of an archive in pieces; it holds of each member no more than its name."""
    offset, directory = 0, []
    for entry in entries:
        header = _local(entry)
        directory.append(_central(entry, offset))
        yield header
        yield from entry.chunks
        offset += len(header) + entry.size
    listing = b"".join(directory)
    yield listing
    yield _end(len(directory), len(listing), offset)


def _local(entry: Entry) -> bytes:
    name = entry.name.encode()
    large = entry.size >= _LARGE
    extra = _extra(entry.size, entry.size) if large else b""
    size = _LARGE if large else entry.size
    return (
        _LOCAL.pack(
            b"PK\x03\x04",
            _ZIP64 if large else _PLAIN,
            _flags(entry),
            _STORED,
            _TIME,
            _DATE,
            entry.crc,
            size,
            size,
            len(name),
            len(extra),
        )
        + name
        + extra
    )


def _central(entry: Entry, offset: int) -> bytes:
    name = entry.name.encode()
    # All three or none: where only some are in the field of ZIP64, a reader has to know which.
    large = max(entry.size, offset) >= _LARGE
    extra = _extra(entry.size, entry.size, offset) if large else b""
    version = _ZIP64 if large else _PLAIN
    size = _LARGE if large else entry.size
    return (
        _CENTRAL.pack(
            b"PK\x01\x02",
            _UNIX | version,
            version,
            _flags(entry),
            _STORED,
            _TIME,
            _DATE,
            entry.crc,
            size,
            size,
            len(name),
            len(extra),
            0,
            0,
            0,
            _MODE,
            _LARGE if large else offset,
        )
        + name
        + extra
    )


def _flags(entry: Entry) -> int:
    return 0 if entry.name.isascii() else _UTF_8


def _extra(*values: int) -> bytes:
    """Answer the field of ZIP64 with the values of those whose place says that they are there."""
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)


def _end(count: int, size: int, offset: int) -> bytes:
    large = count >= _MANY or size >= _LARGE or offset >= _LARGE
    end = _END.pack(
        b"PK\x05\x06",
        0,
        0,
        min(count, _MANY),
        min(count, _MANY),
        min(size, _LARGE),
        min(offset, _LARGE),
        0,
    )
    if not large:
        return end
    end_64 = _END_64.pack(
        b"PK\x06\x06", _END_64.size - 12, _UNIX | _ZIP64, _ZIP64, 0, 0, count, count, size, offset
    )
    return end_64 + _LOCATOR.pack(b"PK\x06\x07", 0, offset + size, 1) + end
