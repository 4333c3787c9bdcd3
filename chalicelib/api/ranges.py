"""Byte ranges (RFC 9110, 14): which part of a file a request asks for, and the answer that carries it.

One range is served; several at once, other units and malformed headers are ignored, as the RFC allows, and
the whole is answered.
"""

import re
from http import HTTPStatus
from typing import Final

from chalicelib.api.answers import Answer, quoted
from chalicelib.api.errors import RangeNotSatisfiable
from chalicelib.api.requests import Request

_ACCEPT: Final = {"Accept-Ranges": "bytes"}

_RANGE: Final = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


def byte_range(header: str | None, size: int) -> slice | None:
    """Answer the bytes that a Range header names, or None for the whole; raises RangeNotSatisfiable.

    `size` is of the whole in bytes. The slice has a start and a stop, and at least one byte.
    """
    found = _RANGE.fullmatch(header) if header else None
    if header is None or found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        return _suffix(header, int(found[2]), size)
    start, last = int(found[1]), int(found[2]) if found[2] else size - 1
    if found[2] and last < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable(header, size)
    return slice(start, min(last + 1, size))


def _suffix(header: str, length: int, size: int) -> slice | None:
    if length == 0:
        raise RangeNotSatisfiable(header, size)
    return slice(max(0, size - length), size) if size else None


def range_of(request: Request, *, size: int, etag: str) -> slice | None:
    """Answer the part of a file that a request asks for, or None for all of it; raises RangeNotSatisfiable.

    An If-Range that names another ETag, or a date, or weakly, asks for all of it.
    """
    condition = request.headers.get("if-range")
    if request.method != "GET" or (condition is not None and condition.strip() != quoted(etag)):
        return None
    return byte_range(request.headers.get("range"), size)


def partial(answer: Answer, part: slice | None, *, size: int) -> Answer:
    """Answer the same as the `part` that it is of a whole of `size` bytes (206), or as the whole (200)."""
    headers = {**answer.headers, **_ACCEPT}
    if part is None:
        return answer._replace(headers=headers)
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return answer._replace(status=int(HTTPStatus.PARTIAL_CONTENT), headers=headers)
