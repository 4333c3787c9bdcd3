"""Compressed tar archives that are written from front to back: POSIX headers (pax) in one gzip member.

What is compressed already is stored in gzip's blocks as it is: that costs 5 bytes in 65,535 and next to no time, and
equal members make equal bytes on every machine. What may be compressed is, at a low level by isal, whose bytes are
equal on one processor architecture with one isal.
"""

import struct
from collections.abc import Iterable, Iterator
from tarfile import BLOCKSIZE, PAX_FORMAT, RECORDSIZE, TarInfo
from typing import Final

from isal import isal_zlib

from chalicelib.domain.archives.zips import Entry
from chalicelib.domain.deflating import deflated

MTIME: Final = 315_532_800
"""The first of January 1980, as in zip archives; of 1970 some readers say that it cannot be true."""
SLICE_BYTES: Final = 1 << 20

_HEADER: Final = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
"""Magic, deflate, no name, no time, no hint of the compression, no system."""
_LONGEST_BLOCK: Final = 0xFFFF
_LAST_BLOCK: Final = b"\x01\0\0\xff\xff"
"""A stored block with nothing in it, which says that it is the last."""


def tarred(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Answer the bytes of a tar archive in pieces."""
    size = 0
    for entry in entries:
        header = _header(entry)
        padding = bytes(-entry.size % BLOCKSIZE)
        yield header
        yield from entry.chunks
        if padding:
            yield padding
        size += len(header) + entry.size + len(padding)
    end = 2 * BLOCKSIZE
    yield bytes(end + -(size + end) % RECORDSIZE)


def _header(entry: Entry) -> bytes:
    info = TarInfo(entry.name)
    info.size, info.mtime, info.mode = entry.size, MTIME, 0o644
    return info.tobuf(PAX_FORMAT)


def gzipped(chunks: Iterable[bytes], *, compress: bool) -> Iterator[bytes]:
    """Answer bytes as one gzip member, compressed or stored as they are."""
    crc, size = 0, 0

    def counted() -> Iterator[bytes]:
        nonlocal crc, size
        for piece in _slices(chunks):
            crc = isal_zlib.crc32(piece, crc)
            size += len(piece)
            yield piece

    yield _HEADER
    yield from deflated(counted(), gzip=False) if compress else _stored(counted())
    yield struct.pack("<2L", crc, size & 0xFFFFFFFF)


def _slices(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut bytes at fixed offsets, so that it does not matter in which pieces they came."""
    held: list[memoryview] = []
    missing = SLICE_BYTES
    for chunk in chunks:
        rest = memoryview(chunk)
        while rest:
            held.append(rest[:missing])
            rest = rest[missing:]
            missing -= len(held[-1])
            if not missing:
                yield b"".join(held)
                held, missing = [], SLICE_BYTES
    if held:
        yield b"".join(held)


def _stored(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        rest = memoryview(piece)
        blocks: list[bytes | memoryview] = []
        for start in range(0, len(piece), _LONGEST_BLOCK):
            block = rest[start : start + _LONGEST_BLOCK]
            blocks += (struct.pack("<B2H", 0, len(block), len(block) ^ 0xFFFF), block)
        yield b"".join(blocks)
    yield _LAST_BLOCK
