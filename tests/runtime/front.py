"""API Gateway's place in front of the packaged function: an HTTP server for real clients.

It speaks plain HTTP and says so to the function, so that the addresses in answers lead back to it.
"""

import contextlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final

from tests.runtime.function import Function, TimedOut
from tests.runtime.gateway import INTEGRATION_SECONDS, MAX_BODY, Gateway, Given, Refused, Sent
from tests.runtime.runtime_api import FunctionError, RequestEntityTooLarge, read_body

Invoke = Callable[[Any], Any]
BODILESS: Final = frozenset({204, 304})


class Fleet:
    """The execution environments of one function: another is started when all are busy, up to `most`."""

    def __init__(self, start: Callable[[], Function], *, most: int) -> None:
        self._start = start
        self._most = most
        self._lock = Lock()
        self._busy: dict[int, int] = {}
        self.functions: list[Function] = []

    def invoke(self, event: Any) -> Any:
        """Answer what one of them answers."""
        with self._lock:
            number = self._least_busy()
            self._busy[number] += 1
        try:
            return self.functions[number].invoke(event)
        finally:
            with self._lock:
                self._busy[number] -= 1

    def _least_busy(self) -> int:
        idle = [number for number, count in self._busy.items() if count == 0]
        if not idle and len(self.functions) < self._most:
            self.functions.append(self._start())
            self._busy[len(self.functions) - 1] = 0
        return min(self._busy, key=lambda number: self._busy[number])

    def close(self) -> None:
        """End all of them."""
        for function in self.functions:
            function.close()


def request(gateway: Gateway, invoke: Invoke, sent: Sent) -> Given:
    """Answer a request as the gateway does: by the function, or by itself."""
    try:
        return gateway.answer(sent, invoke(gateway.event(sent)))
    except Refused as refused:
        return gateway.own_answer(refused.kind, sent)
    except RequestEntityTooLarge:
        return gateway.own_answer("REQUEST_TOO_LARGE", sent)
    except TimedOut:
        return gateway.own_answer("INTEGRATION_TIMEOUT", sent)
    except FunctionError:
        return gateway.own_answer("INTEGRATION_FAILURE", sent)


class Front(ThreadingHTTPServer):
    """A gateway that answers at `url`, stage included."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, gateway: Gateway, invoke: Invoke) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gateway = gateway
        self.invoke = invoke
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        """What the addresses of the registry begin with."""
        return f"http://127.0.0.1:{self.server_port}/{self.gateway.stage}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember a connection while it lasts."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        self._open.discard(request)
        super().shutdown_request(request)

    def close(self) -> None:
        """End the service and what connections clients have kept."""
        self.shutdown()
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


@contextmanager
def serving(gateway: Gateway, invoke: Invoke) -> Iterator[Front]:
    """Serve while the block runs."""
    front = Front(gateway, invoke)
    thread = Thread(target=front.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield front
    finally:
        front.close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = INTEGRATION_SECONDS * 2
    server: Front

    def handle_one_request(self) -> None:
        """Take a client that goes away for what it is."""
        with contextlib.suppress(ConnectionError):
            return super().handle_one_request()
        self.close_connection = True
        return None

    def _handle(self) -> None:
        stage = f"/{self.server.gateway.stage}"
        target = self.path.removeprefix(stage) if self.path.startswith((f"{stage}/", f"{stage}?")) else None
        sent = Sent(self.command, "/" if target is None else target, self._headers(), self._body())
        if target is None:
            self._answer(self.server.gateway.own_answer("MISSING_AUTHENTICATION_TOKEN", sent), sent)
        else:
            self._answer(request(self.server.gateway, self.server.invoke, sent), sent)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _handle  # noqa: N815 - the base class names them so

    def _headers(self) -> list[tuple[str, str]]:
        port = str(self.server.server_port)
        added = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Port": port}
        return [*self.headers.items(), *added.items()]

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length")
        if length and int(length) > MAX_BODY:
            self.close_connection = True  # after a few reads, so that the client hears why
            for _ in range(64):
                self.rfile.read(min(1 << 20, int(length)))
                length = str(int(length) - (1 << 20))
                if int(length) <= 0:
                    break
            return bytes(MAX_BODY + 1)
        return read_body(self.headers.get("Transfer-Encoding"), length, self.rfile)

    def _answer(self, given: Given, sent: Sent) -> None:
        self.send_response(given.status)
        for name, value in given.headers:
            self.send_header(name, value)
        self.send_header("x-amzn-RequestId", sent.id)
        if given.status not in BODILESS:
            self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        if given.status not in BODILESS:
            self.wfile.write(given.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of single requests."""
