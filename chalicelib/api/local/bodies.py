"""A request's body, read off a connection (RFC 9112, 6 and 7) so that the next request begins where it ends.

What cannot be framed with certainty is refused, and the connection is closed after the refusal: a server that
guesses can be made to take the end of one request for the beginning of another.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from chalicelib.api.errors import MalformedRequest, NotImplementedHere
from chalicelib.api.local.heads import HEADER
from chalicelib.domain.errors import PayloadTooLarge

MAX_LINE: Final = 8192
MAX_TRAILERS: Final = 64

_LENGTH: Final = re.compile(r"\d{1,18}", re.ASCII)
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")


class Reader(Protocol):
    """The reading side of a connection."""

    def read(self, size: int, /) -> bytes:
        """Answer `size` bytes, fewer only at the end."""
        ...

    def readline(self, size: int, /) -> bytes:
        """Answer a line with its end, at most `size` bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Framing:
    """How a body is delimited: by a length in bytes, or in chunks."""

    length: int = 0
    chunked: bool = False


class Body(NamedTuple):
    """A body, and the headers that came after it; the names of those are in lower case."""

    data: bytes
    trailers: Mapping[str, str]


def framing(lengths: Sequence[str], codings: Sequence[str], *, limit: int) -> Framing:
    """Tell how a body is delimited from its Content-Length and Transfer-Encoding headers.

    Raises MalformedRequest, NotImplementedHere, and PayloadTooLarge for more than `limit` bytes.
    """
    if codings and lengths:
        raise MalformedRequest("the request has both Content-Length and Transfer-Encoding; send one of them")
    if codings:
        if [coding.strip().lower() for coding in codings] != ["chunked"]:
            raise NotImplementedHere("the only Transfer-Encoding taken is `chunked`")
        return Framing(chunked=True)
    distinct = {part.strip() for length in lengths for part in length.split(",")}
    if not distinct:
        return Framing()
    if len(distinct) > 1 or not _LENGTH.fullmatch(min(distinct)):
        raise MalformedRequest("the Content-Length is not one whole number")
    length = int(min(distinct))
    if length > limit:
        raise PayloadTooLarge(limit, length)
    return Framing(length=length)


def read_body(reader: Reader, frame: Framing, *, limit: int) -> Body:
    """Read a body of at most `limit` bytes; raises PayloadTooLarge, or MalformedRequest for a broken one."""
    if not frame.chunked:
        return Body(_exactly(reader, frame.length), {})
    body = bytearray()
    while size := _chunk_size(reader):
        if len(body) + size > limit:
            raise PayloadTooLarge(limit, len(body) + size)
        body += _exactly(reader, size)
        if _exactly(reader, 2) != b"\r\n":
            raise MalformedRequest("a chunk is longer than it says")
    return Body(bytes(body), _trailers(reader))


def _exactly(reader: Reader, size: int) -> bytes:
    data = reader.read(size) if size else b""
    if len(data) != size:
        raise MalformedRequest(f"the body ended after {len(data)} of {size} bytes")
    return data


def _chunk_size(reader: Reader) -> int:
    found = _CHUNK.fullmatch(reader.readline(MAX_LINE))
    if found is None:
        raise MalformedRequest("a chunk has no readable size")
    return int(found[1], 16)


def _trailers(reader: Reader) -> dict[str, str]:
    """Answer the headers after a chunked body, the first of those that are repeated."""
    trailers: dict[str, str] = {}
    for _ in range(MAX_TRAILERS):
        line = reader.readline(MAX_LINE)
        if line == b"\r\n":
            return trailers
        if not line.endswith(b"\r\n"):
            break
        found = HEADER.fullmatch(line.decode("latin-1"))
        if found is not None:
            trailers.setdefault(found[1].lower(), found[2].strip(" \t"))
    raise MalformedRequest("the chunked body does not end")
