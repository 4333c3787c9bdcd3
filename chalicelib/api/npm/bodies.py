"""JSON bodies as npm's clients send them, and never larger than was agreed; some may come in gzip."""

import zlib
from typing import Any, Final

from pydantic_core import from_json

from chalicelib.api.errors import UnsupportedMediaType
from chalicelib.api.requests import Request
from chalicelib.container import container
from chalicelib.domain.errors import InvalidPayload, PayloadTooLarge, PrismError, TooLarge

GZIP: Final = b"\x1f\x8b"
KNOWN_ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip"})


class InflatedTooLarge(TooLarge):
    """The body is larger than the route takes, once it is inflated."""

    code = "inflated_too_large"
    title = "The body is too large inside"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"the body has more than {limit} bytes once it is inflated; send several requests", limit=limit
        )


class UnsupportedEncoding(UnsupportedMediaType):
    """The body is encoded in a way that the route does not take."""

    code = "unsupported_encoding"
    title = "The content encoding is not supported"

    def __init__(self, encoding: str) -> None:
        PrismError.__init__(
            self,
            f"the body is encoded as `{encoding[:40]}`; send it as it is, or as `gzip`",
            encoding=encoding[:40],
        )


def document_of(request: Request) -> dict[str, Any]:
    """Answer the document in a request; raises InvalidPayload, and PayloadTooLarge telling what works instead."""
    limit = container().settings.limits.payload
    if len(request.body) > limit:
        raise PayloadTooLarge(limit, len(request.body))
    document = json_value(request.body)
    if not isinstance(document, dict):
        raise InvalidPayload("the body is not a JSON object")
    return document


def text_of(request: Request) -> str:
    """Answer the one text that a request's JSON body is; raises InvalidPayload."""
    text = json_value(request.body)
    if not isinstance(text, str):
        raise InvalidPayload('the body is not a JSON text such as `"1.0.0"`')
    return text


def json_body(request: Request, *, limit: int) -> Any:
    """Answer the JSON value that a body holds, of at most `limit` bytes once inflated.

    Raises InvalidPayload, InflatedTooLarge and UnsupportedEncoding.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in KNOWN_ENCODINGS:
        raise UnsupportedEncoding(encoding)
    # No JSON begins as gzip does, and a gateway may have inflated the body and left the header: the bytes decide.
    data = _inflated(request.body, limit) if request.body.startswith(GZIP) else request.body
    if len(data) > limit:
        raise InflatedTooLarge(limit)
    return json_value(data)


def json_value(data: bytes) -> Any:
    """Answer the value in JSON; raises InvalidPayload, for NaN and infinities too."""
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidPayload(f"the body is not JSON: {error}") from None


def _inflated(body: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        data = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise InvalidPayload(f"the body is no gzip that can be read: {error}") from None
    if len(data) > limit:
        raise InflatedTooLarge(limit)
    if not inflater.eof or inflater.unused_data:
        raise InvalidPayload("the body is not one whole gzip member")
    return data
