"""A registry that answers what a test tells it to, over real HTTP, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer: `value` is sent as JSON unless it is text."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """Answer the bytes that are sent."""
        return (self.value if isinstance(self.value, str) else json.dumps(self.value)).encode()


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def problem(status: int, code: str, detail: str, **facts: Any) -> Reply:
    """Answer a problem document."""
    document = {
        "type": f"/v1/problems/{code}",
        "title": "A problem",
        "status": status,
        "detail": detail,
        "code": code,
        "requestId": "request-1",
        **facts,
    }
    return Reply(document, status, {"Content-Type": "application/problem+json"})


class FakeRegistry:
    """Answers by method and target; a list of replies is used up one by one, its last one stays."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[Asked] = []
        self.url = ""

    def answer(self, request: str, *replies: Reply | dict[str, Any]) -> None:
        """Set what is answered to a request such as `GET /v1/packages/widget`."""
        self.replies[request] = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]

    def reply_to(self, asked: Asked) -> Reply:
        """Remember a request and answer it."""
        self.asked.append(asked)
        waiting = self.replies.get(f"{asked.method} {asked.target}")
        if not waiting:
            return problem(404, "not_found", f"nothing was prepared for {asked.method} {asked.target}")
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    @property
    def requests(self) -> list[str]:
        """Every request so far, as method and target."""
        return [f"{asked.method} {asked.target}" for asked in self.asked]


@contextmanager
def fake_registry() -> Iterator[FakeRegistry]:
    """Run a registry on a free port."""
    registry = FakeRegistry()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = registry.reply_to(Asked(self.command, self.path, headers, self.rfile.read(length)))
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body())), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body())

        do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 - the base class looks for these names

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
