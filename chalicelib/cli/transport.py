"""One HTTP exchange over the network, with the standard library; redirects and retries are the client's."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Final, Protocol

TIMEOUT: Final = 60.0
"""Seconds without a byte after which a connection is given up."""


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
class HttpRequest:
    """A request as it goes out."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


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
            return _response(response.status, response.headers, response.read())
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
