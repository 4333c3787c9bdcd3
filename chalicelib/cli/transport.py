"""One HTTP exchange over the network, with the standard library; redirects and retries are the client's."""

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import IO, Any, Final, Protocol
from urllib.parse import urlsplit

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


Origin = tuple[str, str]
Pool = dict[Origin, http.client.HTTPConnection]

_OF_THIS_THREAD: Final = threading.local()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def send(request: HttpRequest) -> HttpResponse:
    """Send a request and answer what came back; raises Unanswered.

    Proxies are taken from the usual variables (`https_proxy`, `no_proxy`).
    """
    pool: Pool | None = getattr(_OF_THIS_THREAD, "pool", None)
    if pool is not None and request.save is None and not _goes_through_a_proxy(request.url):
        return _send_kept(request, pool)
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


@contextmanager
def kept_connections() -> Iterator[None]:
    """Keep the connections of this thread open between its requests while the block runs.

    A connection begins slowly, and a chunk is over before it is fast.
    """
    pool: Pool = {}
    _OF_THIS_THREAD.pool = pool
    try:
        yield
    finally:
        _OF_THIS_THREAD.pool = None
        for connection in pool.values():
            connection.close()


def _send_kept(request: HttpRequest, pool: Pool) -> HttpResponse:
    """Send a request over the connection that is open, or a new one where that turns out to have been closed."""
    parts = urlsplit(request.url)
    origin = parts.scheme, parts.netloc
    connection = pool.pop(origin, None)
    if connection is not None:
        try:
            return _exchange(connection, request, pool, origin)
        except Unanswered:
            pass
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.netloc, timeout=TIMEOUT, blocksize=PIECE)
    except http.client.HTTPException as error:
        raise Unanswered(_reason(error)) from error
    return _exchange(connection, request, pool, origin)


def _exchange(
    connection: http.client.HTTPConnection, request: HttpRequest, pool: Pool, origin: Origin
) -> HttpResponse:
    body = request.body
    headers = {**request.headers, **({"Content-Length": str(body.size)} if body else {})}
    parts = urlsplit(request.url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    opened: Any = body.open() if body else None
    try:
        connection.request(request.method, target, opened, headers)
        with connection.getresponse() as response:
            answer = _response(response.status, response.headers, response.read())
            stays = not response.will_close
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise Unanswered(_reason(error)) from error
    if stays:
        pool[origin] = connection
    else:
        connection.close()
    return answer


def _goes_through_a_proxy(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(parts.netloc)


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
