"""Failures that only HTTP knows, and the status of every failure: chosen by class, along the MRO."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from chalicelib.domain.errors import (
    Conflict,
    InvalidRequest,
    InvalidTarball,
    NotFound,
    PrismError,
    TooLarge,
    Unavailable,
)


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


class StorageFailure(Unavailable):
    """The storage behind the registry did not answer."""

    code = "storage_unavailable"
    title = "The storage did not answer"

    def __init__(self, *, retryable: bool) -> None:
        hint = "; send the request again in a moment" if retryable else ""
        super().__init__(f"the storage behind the registry did not answer{hint}", retryable=retryable)


class InternalError(PrismError):
    """Something that is our fault; the details are in the log, under the request's id."""

    code = "internal_error"
    title = "Something went wrong"

    def __init__(self) -> None:
        super().__init__("the registry failed to answer; its log tells why under this request's id")


STATUS: Final[dict[type[PrismError], HTTPStatus]] = {
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    Conflict: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RangeNotSatisfiable: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    AddressTooLong: HTTPStatus.REQUEST_URI_TOO_LONG,
    InvalidTarball: HTTPStatus.UNPROCESSABLE_ENTITY,
    HeadersTooLarge: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    NotImplementedHere: HTTPStatus.NOT_IMPLEMENTED,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    PrismError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(kind: type[PrismError]) -> HTTPStatus:
    """Answer the status of an error class: its own, or that of its nearest ancestor."""
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)
