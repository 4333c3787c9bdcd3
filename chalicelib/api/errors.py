"""Failures that only HTTP knows, and the status of every failure: chosen by class, along the MRO."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from chalicelib.domain.access import AuthenticationRequired, Forbidden, LoginRefused
from chalicelib.domain.buckets.errors import PasswordRequired
from chalicelib.domain.errors import (
    Conflict,
    InvalidRequest,
    InvalidTarball,
    NotFound,
    PrismError,
    TooLarge,
    Unavailable,
    UploadGone,
)
from chalicelib.domain.uploads.errors import ChecksumMismatch, FinalUpload, TooManyUploads
from chalicelib.domain.upstream import BadUpstream
from chalicelib.settings import ACCESS_MODES, DRIVERS, FILE_MODES, METRICS

CHECKSUM_MISMATCH: Final = 460
"""A status of tus alone: what arrived has another checksum than was told."""


class RouteNotFound(NotFound):
    """No route has this path."""

    code = "route_not_found"
    title = "No such route"

    def __init__(self, path: str) -> None:
        super().__init__(f"nothing is served at `{path}`; `/v1/openapi.json` lists every route", path=path)


class MethodNotAllowed(PrismError):
    """The path exists, but not for this method."""

    code = "method_not_allowed"
    title = "The method is not allowed here"

    def __init__(self, method: str, path: str, allowed: Iterable[str]) -> None:
        self.allowed = sorted(allowed)
        super().__init__(
            f"`{path}` does not take {method}; it takes {', '.join(self.allowed)}",
            method=method,
            path=path,
            allowed=self.allowed,
        )


class UnsupportedMediaType(PrismError):
    """The body is of a content type that the route does not take."""

    code = "unsupported_media_type"
    title = "The content type is not supported"

    def __init__(self, content_type: str, supported: Iterable[str]) -> None:
        known = sorted(supported)
        sent = f"the body is `{content_type}`" if content_type else "the body's content type is not stated"
        super().__init__(
            f"{sent}; send it as {' or '.join(f'`{name}`' for name in known)}",
            content_type=content_type,
            supported=known,
        )


class UnsupportedTusVersion(PrismError):
    """The request does not say that it speaks the version of tus that is spoken here."""

    code = "tus_version"
    title = "The version of tus is not supported"

    def __init__(self, version: str | None, supported: str) -> None:
        said = f"version `{version}` of tus" if version else "no version of tus"
        super().__init__(
            f"the request states {said}; send `Tus-Resumable: {supported}`",
            version=version,
            supported=supported,
        )


class RangeNotSatisfiable(PrismError):
    """No byte of the range asked for exists; `size` is the whole size in bytes."""

    code = "range_not_satisfiable"
    title = "The range cannot be served"

    def __init__(self, header: str, size: int) -> None:
        self.size = size
        super().__init__(f"`{header}` names no byte of the {size} there are", range=header, size=size)


class MalformedRequest(InvalidRequest):
    """The bytes received are not an HTTP request that can be answered safely."""

    code = "malformed_request"
    title = "The request is not valid HTTP"


class AddressTooLong(PrismError):
    """The request's address is longer than the server reads."""

    code = "address_too_long"
    title = "The address is too long"


class HeadersTooLarge(PrismError):
    """The request has more or longer headers than the server reads."""

    code = "headers_too_large"
    title = "The headers are too large"


class NotImplementedHere(PrismError):
    """The request uses a part of HTTP that the server does not have."""

    code = "not_implemented"
    title = "Not implemented"


class AnswerTooLarge(NotImplementedHere):
    """The answer has more bytes than the gateway in front carries, and the medium has no address to send clients to."""

    code = "answer_too_large"
    title = "The answer is too large"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"the answer has {size} bytes, and at most {limit} can be carried here; ask for it in ranges of at most "
            f"that many bytes, or keep the registry on a medium whose objects have addresses of their own",
            size=size,
            limit=limit,
        )


class StorageFailure(Unavailable):
    """The storage behind the registry did not answer."""

    code = "storage_unavailable"
    title = "The storage did not answer"

    def __init__(self, *, retryable: bool) -> None:
        hint = "; send the request again in a moment" if retryable else ""
        super().__init__(f"the storage behind the registry did not answer{hint}", retryable=retryable)


class UnsafeStore(Unavailable):
    """The storage does not honour conditional writes, so nothing is written to it; reads go on."""

    code = "unsafe_store"
    title = "The storage is not safe to write to"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, retryable=False)


class Misconfigured(PrismError):
    """A setting of the registry is missing or contradicts another; its operator has to correct it."""

    code = "misconfigured"
    title = "The registry is not configured"

    def __init__(self, sentence: str) -> None:
        super().__init__(without_values(sentence))


class TooManyRequests(PrismError):
    """The gateway in front has more requests than it lets through."""

    code = "too_many_requests"
    title = "Too many requests"


class AnswerTooLate(Unavailable):
    """The registry did not answer in the time that the gateway in front waits."""

    code = "gateway_timeout"
    title = "The answer took too long"


class InternalError(PrismError):
    """Something that is our fault; the details are in the log, under the request's id."""

    code = "internal_error"
    title = "Something went wrong"

    def __init__(self) -> None:
        super().__init__("the registry failed to answer; its log tells why under this request's id")


_VALUE: Final = re.compile(r" is `(?P<value>.*)`, (?P<rest>which|and)\b", re.DOTALL)
_HARMLESS: Final = frozenset({*DRIVERS, *ACCESS_MODES, *FILE_MODES, *METRICS})

STATUS: Final[dict[type[PrismError], int]] = {
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    AuthenticationRequired: HTTPStatus.UNAUTHORIZED,
    # Without a challenge: where npm is sent one, it prints a text of its own in place of ours.
    LoginRefused: HTTPStatus.UNAUTHORIZED,
    # Without a challenge, as it is no password of the registry's.
    PasswordRequired: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    UploadGone: HTTPStatus.GONE,
    FinalUpload: HTTPStatus.FORBIDDEN,
    ChecksumMismatch: CHECKSUM_MISMATCH,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    Conflict: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    UnsupportedTusVersion: HTTPStatus.PRECONDITION_FAILED,
    RangeNotSatisfiable: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    AddressTooLong: HTTPStatus.REQUEST_URI_TOO_LONG,
    InvalidTarball: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    TooManyUploads: HTTPStatus.TOO_MANY_REQUESTS,
    HeadersTooLarge: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    NotImplementedHere: HTTPStatus.NOT_IMPLEMENTED,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    BadUpstream: HTTPStatus.FAILED_DEPENDENCY,
    AnswerTooLate: HTTPStatus.GATEWAY_TIMEOUT,
    PrismError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def without_values(sentence: str) -> str:
    """Answer what is wrong with a setting without the value it has, which may be a secret in the wrong place."""
    return _VALUE.sub(_without_value, sentence)


def _without_value(found: re.Match[str]) -> str:
    return (
        found[0]
        if found["value"] in _HARMLESS or found["value"].isdigit()
        else f" has a value {found['rest']}"
    )


def status_of(kind: type[PrismError]) -> int:
    """Answer the status of an error class: its own, or that of its nearest ancestor."""
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)
