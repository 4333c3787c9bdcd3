"""Lambda's Runtime API as one function process sees it: events go out, answers come in.

It serves what the runtime client asks for below `/2018-06-01/runtime/`, and holds both to Lambda's limits.
"""

import json
import time
import uuid
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

RUNTIME: Final = "/2018-06-01/runtime/"
ARN: Final = "arn:aws:lambda:us-east-1:123456789012:function:prism-dev"
MAX_REQUEST: Final = 6_291_456
"""Bytes of an event; Lambda refuses to invoke a function with more."""
MAX_RESPONSE: Final = 6_291_556
"""Bytes of an answer; that it is a hundred more than an event may have is Lambda's own."""


class FunctionError(Exception):
    """The function failed; `kind` is the error's type as Lambda tells it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class RequestEntityTooLarge(Exception):
    """The event is larger than Lambda takes (413)."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event on its way through the function; `outcome` is the answer's bytes, or a FunctionError."""

    payload: bytes
    deadline_ms: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    outcome: "Future[bytes]" = field(default_factory=Future)

    def headers(self) -> dict[str, str]:
        """Answer what the client is told beside the event."""
        return {
            "Lambda-Runtime-Aws-Request-Id": self.id,
            "Lambda-Runtime-Deadline-Ms": str(self.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};"
            f"Parent={uuid.uuid4().hex[:16]};Sampled=1",
        }

    def fail(self, error: FunctionError) -> None:
        """Tell the caller of a failure, unless the answer was there before."""
        if not self.outcome.done():
            self.outcome.set_exception(error)


class RuntimeApi(ThreadingHTTPServer):
    """The Runtime API of one function process, on a free port."""

    daemon_threads = False  # so that closing waits for the threads, and no socket is left open
    request_queue_size = 16

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.polled_at: float | None = None
        self.answered_at: float | None = None
        self.init_error: FunctionError | None = None
        self._queue: SimpleQueue[Invocation | None] = SimpleQueue()
        self._running: dict[str, Invocation] = {}
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, as the client is told them."""
        return f"127.0.0.1:{self.server_port}"

    def submit(self, payload: bytes, *, timeout: float) -> Invocation:
        """Queue an event; raises RequestEntityTooLarge."""
        if len(payload) > MAX_REQUEST:
            raise RequestEntityTooLarge(
                f"Request must be smaller than {MAX_REQUEST} bytes for the InvokeFunction operation"
            )
        invocation = Invocation(payload, deadline_ms=int((time.time() + timeout) * 1000))
        self._running[invocation.id] = invocation
        self._queue.put(invocation)
        return invocation

    def next(self) -> Invocation | None:
        """Wait for the next event; None when the function is to end."""
        if self.polled_at is None:
            self.polled_at = time.perf_counter()
        return self._queue.get()

    def settle(self, request_id: str, body: bytes) -> int:
        """Take an answer, and answer the status that the client is told."""
        if self.answered_at is None:
            self.answered_at = time.perf_counter()
        invocation = self._running.pop(request_id)
        if len(body) > MAX_RESPONSE:
            invocation.fail(
                FunctionError(
                    "Function.ResponseSizeTooLarge",
                    f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes).",
                )
            )
            return 413
        try:
            invocation.outcome.set_result(body)
        except InvalidStateError:
            return 400
        return 202

    def fail(self, request_id: str | None, body: bytes) -> None:
        """Take the failure of an event, or of the start when there is no request id."""
        told: dict[str, Any] = json.loads(body)
        error = FunctionError(told.get("errorType", ""), told.get("errorMessage", ""))
        if request_id is not None:
            self._running.pop(request_id).fail(error)
            return
        self.init_error = error
        for invocation in self._running.values():
            invocation.fail(error)

    def close(self) -> None:
        """End the service once the function's process has ended."""
        self._queue.put(None)
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a process that was ended while it was being answered."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: RuntimeApi

    def do_GET(self) -> None:
        assert self.path == f"{RUNTIME}invocation/next", self.path
        invocation = self.server.next()
        if invocation is None:
            self.close_connection = True
            return
        self._answer(200, invocation.payload, invocation.headers())

    def do_POST(self) -> None:
        body = read_body(
            self.headers.get("Transfer-Encoding"), self.headers.get("Content-Length"), self.rfile
        )
        what = self.path.removeprefix(RUNTIME).split("/")
        if what == ["init", "error"]:
            self.server.fail(None, body)
            self._answer(202)
        elif what[2] == "error":
            self.server.fail(what[1], body)
            self._answer(202)
        else:
            self._answer(self.server.settle(what[1], body))

    def _answer(self, status: int, body: bytes = b"{}", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of single requests."""


def read_body(transfer_coding: str | None, length: str | None, file: BufferedIOBase) -> bytes:
    """Answer a request's body, in chunks or of a stated length."""
    if (transfer_coding or "").lower() != "chunked":
        return file.read(int(length or 0))
    parts: list[bytes] = []
    while size := int(file.readline().partition(b";")[0], 16):
        parts.append(file.read(size))
        file.readline()
    while file.readline().strip():
        pass
    return b"".join(parts)
