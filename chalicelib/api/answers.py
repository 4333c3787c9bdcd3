"""What a handler answers, and the one place where answers become status, headers and bytes."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from chalicelib.api.errors import CHECKSUM_MISMATCH, AnswerTooLarge
from chalicelib.api.streams import Begun, close
from chalicelib.domain.document import compact_json

JSON: Final = "application/json"
IMMUTABLE: Final = "public, max-age=31536000, immutable"
REVALIDATE: Final = "public, max-age=5"
"""Fresh for a moment, then asked again with If-None-Match: a publish is seen by all within seconds."""
NO_STORE: Final = "no-store"

READS: Final = frozenset({"GET", "HEAD"})
SUCCESSFUL: Final = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})
BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
KEPT_BY_NOT_MODIFIED: Final = frozenset(
    {"cache-control", "content-location", "date", "etag", "expires", "retry-after", "vary"}
)

NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})

_ENTITY_TAG: Final = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def phrase_of(status: int) -> str:
    """Answer what a status is called."""
    return "Checksum Mismatch" if status == CHECKSUM_MISMATCH else HTTPStatus(status).phrase


class Answer(NamedTuple):
    """One answer; `content` is bytes or text as they are, any JSON value or document, or None for no body.

    A `stream` takes the place of the content: its pieces are sent as they come, and it is closed if whoever reads
    them goes away. `length` is that of the content in bytes: always of a stream's, else where HEAD is answered without
    having read it.
    """

    status: int = 200
    content: Any = None
    headers: Mapping[str, str] = NO_HEADERS
    content_type: str | None = None
    length: int | None = None
    stream: Iterator[bytes] | None = None

    def header(self, name: str) -> str | None:
        """Answer a header by its name in any case."""
        found = self.headers.get(name)
        if found is not None:
            return found
        wanted = name.lower()
        for key, value in self.headers.items():
            if key.lower() == wanted:
                return value
        return None

    def with_header(self, name: str, value: str) -> "Answer":
        """Answer the same with one header set, whatever the case it was given in."""
        wanted = name.lower()
        others = {key: kept for key, kept in self.headers.items() if key.lower() != wanted}
        return self._replace(headers={**others, name: value})

    def varying_by(self, request_header: str) -> "Answer":
        """Answer the same, telling caches that it also depends on one more header of the request."""
        vary = self.header("Vary")
        if vary and request_header in vary.split(", "):
            return self
        return self.with_header("Vary", f"{vary}, {request_header}" if vary else request_header)

    @property
    def size(self) -> int:
        """How many bytes its body has."""
        return len(self.content) if self.stream is None else self.length or 0

    def body(self) -> bytes:
        """Answer the bytes of the content."""
        if self.content is None:
            return b""
        if isinstance(self.content, bytes):
            return self.content
        if isinstance(self.content, str):
            return self.content.encode()
        return compact_json(plain(self.content))

    def media_type(self) -> str | None:
        """Answer the content type, which for JSON values need not be given."""
        if self.content_type or self.content is None:
            return self.content_type
        if isinstance(self.content, bytes):
            return "application/octet-stream"
        return "text/plain; charset=utf-8" if isinstance(self.content, str) else JSON


def json_answer(
    value: Any,
    *,
    status: int = 200,
    etag: str | None = None,
    cache: str = REVALIDATE,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer a JSON value; bytes are JSON already.

    Reads without an `etag` get one from their bytes, and answers to writes are never cached.
    """
    data = value if isinstance(value, bytes) else compact_json(plain(value))
    return Answer(status, data, {"Cache-Control": cache, **_etag(etag), **(headers or {})}, JSON)


def bytes_answer(
    data: bytes,
    *,
    content_type: str,
    status: int = 200,
    etag: str | None = None,
    cache: str = REVALIDATE,
    headers: Mapping[str, str] | None = None,
    length: int | None = None,
) -> Answer:
    """Answer bytes of a stated content type; for HEAD they may be left out if their `length` is told."""
    described = {"Cache-Control": cache, **_etag(etag), **(headers or {})}
    return Answer(status, data, described, content_type, length)


def stream_answer(
    chunks: Iterator[bytes],
    *,
    length: int,
    content_type: str,
    etag: str | None = None,
    cache: str = REVALIDATE,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer bytes that are read while they are sent, `length` in all; what is not a generator needs no close."""
    described = {"Cache-Control": cache, **_etag(etag), **(headers or {})}
    return Answer(HTTPStatus.OK, None, described, content_type, length, chunks)


def no_content(*, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer that all is done and there is nothing to say (204)."""
    return Answer(HTTPStatus.NO_CONTENT, headers=headers or {})


def redirect(url: str, *, status: int = HTTPStatus.FOUND, cache: str = NO_STORE) -> Answer:
    """Answer where to go instead; not cached unless told, since signed URLs expire."""
    return Answer(status, headers={"Location": url, "Cache-Control": cache})


def not_modified(etag: str, *, cache: str = REVALIDATE) -> Answer:
    """Answer that what the caller has is still right (304)."""
    return Answer(HTTPStatus.NOT_MODIFIED, headers={"Cache-Control": cache, **_etag(etag)})


def _etag(etag: str | None) -> dict[str, str]:
    return {} if etag is None else {"ETag": quoted(etag)}


def quoted(etag: str) -> str:
    """Answer an ETag as it stands in a header; one that is quoted already stays as it is."""
    return etag if etag.endswith('"') else f'"{etag}"'


def plain(value: Any) -> Any:
    """Answer a value with the documents in it replaced by their JSON form."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def etag_matches(condition: str, etag: str) -> bool:
    """Tell whether an If-None-Match header names an ETag, by weak comparison (RFC 9110, 13.1.2)."""
    if condition.strip() == "*":
        return True
    return etag.removeprefix("W/").strip('"') in entity_tags(condition)


def entity_tags(condition: str) -> list[str]:
    """Answer the ETags that an If-None-Match header names, without their quotes."""
    return _ENTITY_TAG.findall(condition)


def is_known(condition: str | None, etag: str) -> bool:
    """Tell whether a caller has what an ETag names, so that it need not even be read; `condition` is If-None-Match."""
    return condition is not None and etag_matches(condition, quoted(etag))


def finish(answer: Answer, method: str, condition: str | None) -> Answer:
    """Complete an answer: bytes, ETag, caching, and 304 where If-None-Match (`condition`) names the ETag.

    Of a stream the first piece is read, so that what cannot be read at all is told as the failure it is.
    """
    answer = answer._replace(content=answer.body(), content_type=answer.media_type())
    if method not in READS:
        return _begun(answer.with_header("Cache-Control", NO_STORE), method)
    if (
        answer.status == HTTPStatus.OK
        and answer.header("ETag") is None
        and answer.stream is None
        and _cacheable(answer)
    ):
        answer = answer.with_header("ETag", f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"')
    return _begun(_unless_modified(answer, condition), method)


def _begun(answer: Answer, method: str) -> Answer:
    """Answer the same with its stream begun, or closed where its bytes are not to be sent."""
    if answer.stream is None:
        return answer
    if method == "HEAD" or answer.status in BODILESS:
        close(answer.stream)
        return answer._replace(stream=None)
    return answer._replace(stream=Begun(answer.stream))


def whole(answer: Answer, most: int) -> Answer:
    """Answer the same with its stream read to the end; raises AnswerTooLarge for more than `most` bytes."""
    if answer.stream is None:
        return answer
    try:
        if answer.size > most:
            raise AnswerTooLarge(answer.size, most)
        return answer._replace(content=b"".join(answer.stream), stream=None)
    finally:
        close(answer.stream)


def _unless_modified(answer: Answer, condition: str | None) -> Answer:
    etag = answer.header("ETag")
    if (
        condition is None
        or etag is None
        or answer.status not in SUCCESSFUL
        or not etag_matches(condition, etag)
    ):
        return answer
    if answer.stream is not None:
        close(answer.stream)
    kept = {name: value for name, value in answer.headers.items() if name.lower() in KEPT_BY_NOT_MODIFIED}
    return Answer(HTTPStatus.NOT_MODIFIED, b"", kept)


def _cacheable(answer: Answer) -> bool:
    cache = answer.header("Cache-Control")
    return cache is not None and "no-store" not in cache
