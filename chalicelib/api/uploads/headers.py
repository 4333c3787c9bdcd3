"""The headers of tus, read into values and written (tus 1.0.0)."""

import re
from typing import Final, Literal
from urllib.parse import urlsplit

from chalicelib.api.requests import Request
from chalicelib.api.uploads.refusals import InvalidUploadHeader
from chalicelib.domain.uploads.ids import Fid

OFFSET: Final = "Upload-Offset"
LENGTH: Final = "Upload-Length"
DEFER_LENGTH: Final = "Upload-Defer-Length"
CONCAT: Final = "Upload-Concat"
METHOD_OVERRIDE: Final = "X-HTTP-Method-Override"
CHUNK: Final = "application/offset+octet-stream"
"""The content type of what is appended."""

_NUMBER: Final = re.compile(r"[0-9]{1,40}")
_ADDRESS: Final = re.compile(r"(?:/[^/]+)*/v1/uploads/([^/]+)/([^/]+)")


def offset_of(request: Request) -> int:
    """Answer where the bytes of a request belong; raises InvalidUploadHeader."""
    offset = number_of(request, OFFSET)
    if offset is None:
        raise InvalidUploadHeader(OFFSET, "is missing; send the offset at which these bytes belong")
    return offset


def number_of(request: Request, header: str) -> int | None:
    """Answer the whole number in a header, or None where there is none; raises InvalidUploadHeader."""
    text = request.headers.get(header.lower())
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidUploadHeader(header, "is not a whole number of bytes")
    return int(text)


def declared_length(request: Request) -> int | None:
    """Answer how long an upload is to be, or None where that is told later; raises InvalidUploadHeader."""
    length = number_of(request, LENGTH)
    deferred = request.headers.get(DEFER_LENGTH.lower())
    if deferred not in {None, "1"}:
        raise InvalidUploadHeader(DEFER_LENGTH, "has another value than 1, the only one it can have")
    if (length is None) == (deferred is None):
        raise InvalidUploadHeader(
            LENGTH, f"is to be sent, or else `{DEFER_LENGTH}: 1`: exactly one of the two"
        )
    return length


def concat_of(request: Request) -> Literal["partial"] | list[Fid] | None:
    """Answer whether an upload is a part of one to come, which uploads it is made of, or None for one of its own.

    Raises InvalidUploadHeader, and NoSuchUpload for what no upload is called.
    """
    text = request.headers.get(CONCAT.lower())
    if text is None:
        return None
    if text.strip() == "partial":
        return "partial"
    kind, _, addresses = text.partition(";")
    parts = [_part(address) for address in addresses.split()]
    if kind.strip() != "final" or not parts:
        raise InvalidUploadHeader(
            CONCAT, "is neither `partial` nor `final;` and addresses of partial uploads"
        )
    return parts


def _part(address: str) -> Fid:
    """Answer the id in an upload's address, whatever host that is said to be at."""
    try:
        found = _ADDRESS.fullmatch(urlsplit(address).path)
    except ValueError:
        found = None
    if found is None:
        raise InvalidUploadHeader(CONCAT, "names an address that is none of an upload here")
    return Fid.of(found[1], found[2])
