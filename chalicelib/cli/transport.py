"""One HTTP exchange over the network, with the standard library; redirects and retries are the client's."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import IO, Any, Final, Protocol

TIMEOUT: Final = 60.0
"""Seconds without a byte after which a connection is given up."""
PIECE: Final = 1 << 18
"""Bytes of an answer that are in memory at once while it is saved."""


class Readable(Protocol):
    """What a body is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Answer the next bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Body:
    """A request body of `size` bytes that can be sent again: `open` starts it anew."""

    open: Callable[[], Readable]
    size: int


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Writable(Protocol):
    """What a body is written to."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""


Save = Callable[[HttpResponse], Writable | None]
"""Is shown the head of a success, and answers what its body is written to; None keeps it in memory."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it goes out; with `save`, a success's body goes there piece by piece and not into the response."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    save: Save | None = None


class Unanswered(Exception):
    """No response came; the message is the system's reason."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def send(request: HttpRequest) -> HttpResponse:
    """Send a request and answer what came back; raises Unanswered.

    Proxies are taken from the usual variables (`https_proxy`, `no_proxy`).
    """
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(_urllib_request(request), timeout=TIMEOUT) as response:
            return _taken(_response(response.status, response.headers, b""), response, request.save)
    except urllib.error.HTTPError as error:
        with error:
            return _response(error.code, error.headers, error.read())
    except urllib.error.URLError as error:
        raise Unanswered(_reason(error.reason)) from error
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered(_reason(error)) from error


def _urllib_request(request: HttpRequest) -> urllib.request.Request:
    body = request.body
    length = {"Content-Length": str(body.size)} if body else {}
    data: Any = body.open() if body else None
    # The client has checked that the address is http or https.
    return urllib.request.Request(  # noqa: S310
        request.url, data=data, headers={**request.headers, **length}, method=request.method
    )


def _taken(head: HttpResponse, source: IO[bytes], save: Save | None) -> HttpResponse:
    """Take the body of a success, into memory or to where it is saved; raises Unanswered for one that is cut short."""
    target = save(head) if save else None
    if target is None:
        return HttpResponse(head.status, head.headers, source.read())
    taken = 0
    while piece := source.read(PIECE):
        target.write(piece)
        taken += len(piece)
    promised = head.headers.get("content-length", "")
    if promised.isdigit() and taken < int(promised):
        raise Unanswered(f"the answer broke off after {taken} of {promised} bytes")
    return head


def _response(status: int, headers: Message, body: bytes) -> HttpResponse:
    return HttpResponse(status, {name.lower(): value for name, value in headers.items()}, body)


def _reason(reason: object) -> str:
    if isinstance(reason, ConnectionRefusedError):
        return "connection refused"
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return str(reason) or type(reason).__name__
