"""One gzip member put together from pieces that were compressed before (RFC 1951, RFC 1952).

A piece is raw deflate that ends at a byte and refers to nothing before it, so pieces follow each other as they are.
What a member needs beside is the checksum of the whole, which follows from those of the pieces. (Members that follow
each other would be simpler, but some clients read the first alone.)
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from isal import isal_zlib

LEVEL: Final = 6
MAX_EXTRA: Final = 65_535 - 8

_RAW: Final = -zlib.MAX_WBITS
_HEADER: Final = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff"
"""Magic, deflate, an extra field, no time, no hint of the compression, no system."""
_FIELD: Final = b"Pr"
_END: Final = b"\x03\0"
"""The last block, which holds nothing."""
_POLYNOMIAL: Final = 0xEDB88320
_ONE: Final = 1 << 31
"""The polynomial 1, as CRC-32 writes them: the highest bit is the lowest power."""


class Piece(NamedTuple):
    """Compressed bytes, and the checksum and size of what they unpack to."""

    data: bytes
    crc: int = 0
    size: int = 0

    def followed_by(self, other: "Piece") -> "Piece":
        """Answer the piece that two make."""
        crc = combined(self.crc, other.crc, other.size)
        return Piece(self.data + other.data, crc, self.size + other.size)


NOTHING: Final = Piece(b"")


class Member(NamedTuple):
    """A gzip member taken apart: its extra field, and the compressed bytes after it."""

    extra: bytes
    body: bytes


def deflated(text: bytes) -> Piece:
    """Answer a text as a piece."""
    if not text:
        return NOTHING
    deflater = zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW)
    return Piece(deflater.compress(text) + deflater.flush(zlib.Z_FULL_FLUSH), zlib.crc32(text), len(text))


def inflated(data: bytes, *, most: int = 0) -> bytes:
    """Answer what compressed pieces unpack to; of that only the beginning where `most` is given. Raises ValueError."""
    try:
        return zlib.decompressobj(_RAW).decompress(data, most)
    except zlib.error as error:
        raise ValueError(f"a piece cannot be unpacked: {error}") from error


def member(extra: Callable[[Sequence[int]], bytes], parts: Iterable["Piece | bytes"]) -> bytes:
    """Answer a gzip member that unpacks to pieces and texts, one after the other; texts are compressed now.

    `extra` answers the extra field, and is told the compressed length of each part. Raises ValueError for one that is
    longer than MAX_EXTRA.
    """
    crc, size, bodies = 0, 0, []
    for part in parts:
        if isinstance(part, bytes):
            bodies.append(deflated(part).data)
            crc = zlib.crc32(part, crc)
            size += len(part)
        else:
            bodies.append(part.data)
            crc = combined(crc, part.crc, part.size)
            size += part.size
    told = extra([len(body) for body in bodies])
    if len(told) > MAX_EXTRA:
        raise ValueError(f"an extra field of {len(told)} bytes is too long")
    body = b"".join((*bodies, _END, struct.pack("<II", crc, size & 0xFFFFFFFF)))
    field = _FIELD + struct.pack("<HI", 4 + len(told), zlib.crc32(body, zlib.crc32(told))) + told
    return b"".join((_HEADER, struct.pack("<H", len(field)), field, body))


def taken_apart(data: bytes) -> Member:
    """Answer the extra field and the body of a member that was put together here; raises ValueError.

    Bytes that are no longer what was written are noticed: the field begins with a checksum of the rest of it and of
    the compressed body, which tells without unpacking anything.
    """
    start = len(_HEADER) + 2
    if not data.startswith(_HEADER) or data[start : start + 2] != _FIELD or len(data) < start + 8:
        raise ValueError("this is no member that was put together from pieces")
    size, length, crc = (
        *struct.unpack_from("<H", data, start - 2),
        *struct.unpack_from("<HI", data, start + 2),
    )
    if size != 4 + length or zlib.crc32(memoryview(data)[start + 8 :]) != crc:
        raise ValueError("the member is not the one that was written")
    body = start + 4 + length
    return Member(data[start + 8 : body], data[body:])


def unpacked(data: bytes) -> bytes:
    """Answer what a member unpacks to."""
    return bytes(isal_zlib.decompress(data, zlib.MAX_WBITS | 16))


def packed(text: bytes) -> bytes:
    """Answer a text as a member that says nothing beside."""
    return zlib.compress(text, level=1, wbits=zlib.MAX_WBITS | 16)


def combined(crc: int, following: int, size: int) -> int:
    """Answer the CRC-32 of two texts in a row, from theirs and the size of the second."""
    if size == 0:
        return crc
    return _product(_shift(size), crc) ^ following


@lru_cache(maxsize=1024)
def _shift(size: int) -> int:
    """Answer x to the power of a number of bytes' bits, modulo the polynomial."""
    power, bit = _ONE, 3
    while size:
        if size & 1:
            power = _product(_power_of_two(bit), power)
        size >>= 1
        bit += 1
    return power


@cache
def _power_of_two(exponent: int) -> int:
    """Answer x to the power of 2 to the power of an exponent."""
    if exponent == 0:
        return _ONE >> 1
    half = _power_of_two(exponent - 1)
    return _product(half, half)


def _product(left: int, right: int) -> int:
    """Answer the product of two polynomials modulo that of CRC-32."""
    product = 0
    while left:
        if left & _ONE:
            product ^= right
        left = (left << 1) & 0xFFFFFFFF
        right = (right >> 1) ^ (_POLYNOMIAL if right & 1 else 0)
    return product
