"""Every failure in one shape: `application/problem+json` (RFC 9457).

`type` is the path of the problem's own page, `/v1/problems/<code>`; `code` is the same thing for programs,
and stable. The facts of the error are members beside the standard ones, in camelCase.
"""

from typing import Any, Final

from pydantic.alias_generators import to_camel

from chalicelib.api.answers import NO_STORE, Answer
from chalicelib.api.errors import (
    InternalError,
    MethodNotAllowed,
    Misconfigured,
    RangeNotSatisfiable,
    StorageFailure,
    UnsafeStore,
    UnsupportedTusVersion,
    status_of,
)
from chalicelib.api.requests import Request
from chalicelib.domain.access import AuthenticationRequired, InvalidToken
from chalicelib.domain.buckets.errors import DownloadRunning
from chalicelib.domain.errors import PayloadTooLarge, PrismError, Unavailable
from chalicelib.settings import InvalidSettings
from chalicelib.storage.port import StorageUnavailable, StorageUnsafe

PROBLEM_JSON: Final = "application/problem+json"
PROBLEMS_PATH: Final = "/v1/problems"
RETRY_AFTER_SECONDS: Final = 1
CHALLENGE: Final = 'Bearer realm="prism"'

NPM_PREFIX: Final = "/npm/"
"""Below it a problem also carries `error`, the one member that npm's clients print."""


def told(error: Exception) -> PrismError:
    """Answer what the caller is told of an exception; what is not ours to explain is an internal error."""
    if isinstance(error, PrismError):
        return error
    if isinstance(error, InvalidSettings):
        return Misconfigured(str(error))
    if isinstance(error, StorageUnsafe):
        return UnsafeStore(error.reason)
    if isinstance(error, StorageUnavailable):
        return StorageFailure(retryable=error.retryable)
    return InternalError()


def problem(error: PrismError, request: Request) -> Answer:
    """Answer an error as a problem document."""
    document = {
        **members(error, request),
        "requestId": request.id,
        **({"error": error.detail} if request.path.startswith(NPM_PREFIX) else {}),
    }
    headers = {"Cache-Control": NO_STORE, **headers_of(error)}
    return Answer(status_of(type(error)), _ordered(document), headers, PROBLEM_JSON)


def members(error: PrismError, request: Request) -> dict[str, Any]:
    """Answer what a problem document says of an error, whatever the request."""
    return _ordered(
        {
            **{to_camel(name): fact for name, fact in error.facts.items() if fact is not None},
            "type": f"{request.base_path}{PROBLEMS_PATH}/{error.code}",
            "title": error.title,
            "status": int(status_of(type(error))),
            "detail": error.detail,
            "code": error.code,
        }
    )


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    """Answer the document with the standard members first."""
    first = ("type", "title", "status", "detail", "code", "requestId")
    return {name: document[name] for name in first if name in document} | document


def headers_of(error: PrismError) -> dict[str, str]:
    """Answer the headers that an error is told with."""
    if isinstance(error, AuthenticationRequired):
        invalid = ', error="invalid_token"' if isinstance(error, InvalidToken) else ""
        return {"WWW-Authenticate": f"{CHALLENGE}{invalid}"}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": ", ".join(error.allowed)}
    if isinstance(error, RangeNotSatisfiable):
        return {"Content-Range": f"bytes */{error.size}"}
    if isinstance(error, DownloadRunning):
        return {"Retry-After": str(error.seconds)}
    if isinstance(error, UnsupportedTusVersion):
        return {"Tus-Version": str(error.facts["supported"])}
    if "chunk_size" in error.facts or isinstance(error, PayloadTooLarge):
        most = error.facts.get("chunk_size", error.facts["limit"])
        return {"Upload-Limit": f"max-append-size={most}"}
    if isinstance(error, Unavailable) and error.facts.get("retryable", True):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}
