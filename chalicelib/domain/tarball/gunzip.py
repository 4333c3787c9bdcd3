"""The gzip layer (RFC 1952): one member, nothing after it, and no bomb.

The ratio is judged in windows of compressed input: what the first n windows inflate to is compared with n
whole windows. That keeps the verdict the same however the bytes are cut on the way, stops a bomb within its
first window, and leaves small packages alone, however well they compress.
"""

from collections.abc import Iterable, Iterator
from typing import Final, cast

from isal import igzip_lib

from chalicelib.domain.digests import TarballHasher
from chalicelib.domain.tarball.refusals import (
    CorruptGzip,
    NotGzip,
    RatioExceeded,
    SeveralGzipMembers,
    TrailingBytes,
    TruncatedGzip,
)
from chalicelib.settings import Limits

WINDOW: Final = 32 << 10
BLOCK: Final = 256 << 10
MAGIC: Final = b"\x1f\x8b"

_IsalError: Final = cast("type[Exception]", igzip_lib.error)


def gunzip(chunks: Iterable[bytes], hasher: TarballHasher, limits: Limits) -> Iterator[bytes]:
    """Answer the inflated bytes in blocks of at most BLOCK, giving every compressed byte to the hasher.

    Raises the refusals of this layer; the checksum has been verified when the iterator ends.
    """
    inflater = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP)
    head = tail = b""
    consumed = inflated = 0
    for piece in _windows(chunks, hasher):
        if inflater.eof:
            tail = _checked_tail(tail + piece, consumed)
            continue
        if len(head) < len(MAGIC):
            head = _checked_head(head + piece)
        consumed += len(piece)
        allowed = limits.ratio * WINDOW * -(-consumed // WINDOW)
        for block in _inflated(inflater, piece):
            inflated += len(block)
            if inflated > allowed:
                raise RatioExceeded(limit=limits.ratio, consumed=consumed, inflated=inflated)
            yield block
        if inflater.eof:
            consumed -= len(inflater.unused_data)
            tail = _checked_tail(inflater.unused_data, consumed)
    if tail:
        raise TrailingBytes(offset=consumed)
    if not inflater.eof:
        raise TruncatedGzip(size=consumed)


def _windows(chunks: Iterable[bytes], hasher: TarballHasher) -> Iterator[bytes]:
    """Cut the input so that no piece crosses a multiple of WINDOW."""
    room = WINDOW
    for chunk in chunks:
        hasher.update(chunk)
        start = 0
        while start < len(chunk):
            piece = chunk[start : start + room]
            yield piece
            start += len(piece)
            room = room - len(piece) or WINDOW


def _inflated(inflater: igzip_lib.IgzipDecompressor, piece: bytes) -> Iterator[bytes]:
    """Answer what one piece of input inflates to, in blocks."""
    try:
        while True:
            block = inflater.decompress(piece, BLOCK)
            if block:
                yield block
            if inflater.needs_input or inflater.eof:
                return
            piece = b""
    except _IsalError as error:
        raise CorruptGzip(reason=str(error)) from None


def _checked_head(start: bytes) -> bytes:
    """Answer the first bytes if they can begin a gzip member."""
    head = start[: len(MAGIC)]
    if not MAGIC.startswith(head):
        raise NotGzip
    return head


def _checked_tail(tail: bytes, offset: int) -> bytes:
    """Answer what follows the member while it is too short to say what it is."""
    if tail.startswith(MAGIC):
        raise SeveralGzipMembers(offset=offset)
    if len(tail) >= len(MAGIC):
        raise TrailingBytes(offset=offset)
    return tail
