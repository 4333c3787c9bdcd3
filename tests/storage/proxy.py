"""An HTTP proxy before the emulator that answers, loses and cuts as a network and a busy service do."""

import re
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "expect", "transfer-encoding", "keep-alive"}


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"


@dataclass(frozen=True)
class Response:
    """What is sent back; `cut` is how much of the body arrives, and nothing at all arrives of a lost one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    lost: bool = False


Step = Callable[[Request, Callable[[Request], Response]], Response]


def refuse(status: int, code: str) -> Step:
    """Answer with an error of the service; the emulator sees nothing."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>injected</Message></Error>".encode()
    headers = {"Content-Type": "application/xml", "Content-Length": str(len(body))}

    def step(request: Request, forward: Callable[[Request], Response]) -> Response:
        return Response(status, headers, b"" if request.method == "HEAD" else body)

    return step


def answer(body: bytes) -> Step:
    """Answer with this and nothing else; the emulator sees nothing."""

    def step(request: Request, forward: Callable[[Request], Response]) -> Response:
        return Response(200, {"Content-Length": str(len(body))}, body)

    return step


def lose(request: Request, forward: Callable[[Request], Response]) -> Response:
    """Do what is asked and close the connection without an answer."""
    return Response(forward(request).status, lost=True)


def drop(request: Request, forward: Callable[[Request], Response]) -> Response:
    """Close the connection without doing anything."""
    return Response(0, lost=True)


def cut(size: int) -> Step:
    """Close the connection after so many bytes of the body."""

    def step(request: Request, forward: Callable[[Request], Response]) -> Response:
        whole = forward(request)
        return Response(whole.status, whole.headers, whole.body, cut=size)

    return step


def after(action: Callable[[], object], step: Step) -> Step:
    """Do something else first."""

    def both(request: Request, forward: Callable[[Request], Response]) -> Response:
        action()
        return step(request, forward)

    return both


class Proxy:
    """Forwards every request, except where a plan or a rule says otherwise, and remembers all of them."""

    def __init__(self, upstream: str) -> None:
        self.url = ""
        self.seen: list[Request] = []
        self.rules: list[Callable[[Request], Response | None]] = []
        self._plans: list[tuple[re.Pattern[str], deque[Step]]] = []
        self._upstream = urlsplit(upstream)
        self._lock = Lock()

    def plan(self, pattern: str, *steps: Step) -> None:
        """Let the next requests whose `METHOD /target` has the pattern in it meet these steps, in order."""
        self._plans.append((re.compile(pattern), deque(steps)))

    def reset(self) -> None:
        """Forget what was seen and planned."""
        self.seen.clear()
        self._plans.clear()

    def lines(self) -> list[str]:
        """Answer the method of each request, and what of its query tells it from others."""
        return [request.method + _operation(request) for request in self.seen]

    def answer(self, request: Request) -> Response:
        with self._lock:
            self.seen.append(request)
            step = self._step(request)
            refused = None if step else next(filter(None, (rule(request) for rule in self.rules)), None)
        if step is not None:
            return step(request, self._forward)
        return refused or self._forward(request)

    def _step(self, request: Request) -> Step | None:
        for pattern, steps in self._plans:
            if steps and pattern.search(request.line):
                return steps.popleft()
        return None

    def _forward(self, request: Request) -> Response:
        connection = HTTPConnection(self._upstream.hostname or "", self._upstream.port)
        try:
            connection.request(request.method, request.target, request.body, request.headers)
            answer = connection.getresponse()
            body = answer.read()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
            if request.method != "HEAD":
                headers = {n: v for n, v in headers.items() if n.lower() != "content-length"}
                headers["Content-Length"] = str(len(body))
            return Response(answer.status, headers, body)
        finally:
            connection.close()


def _operation(request: Request) -> str:
    if "x-amz-copy-source" in request.headers:
        return " copy"
    for mark in ("partNumber", "uploadId", "uploads", "list-type"):
        if mark in request.target:
            return f" {mark}"
    return ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = (
        True  # head and body are sent apart, and the body would wait for the head's receipt
    )
    proxy: Proxy

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers = {name: value for name, value in headers.items() if name not in HOP_BY_HOP}
        answer = self.proxy.answer(Request(self.command, self.path, headers, self.rfile.read(length)))
        if answer.lost:
            self._hang_up()
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
        if answer.cut is not None:
            self._hang_up()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 - named by http.server

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


@contextmanager
def running_proxy(upstream: str) -> Iterator[Proxy]:
    """Serve a proxy on a free port until the block ends."""
    proxy = Proxy(upstream)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
