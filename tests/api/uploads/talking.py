"""Speaking tus to a registry of one's own: through events of the gateway, or over a socket of the local server."""

import base64
import http.client
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from urllib.parse import urlsplit

from chalicelib.api import RESOURCES
from chalicelib.api.gateway import PrismApp
from chalicelib.api.local.server import running
from chalicelib.container import Container, installed
from chalicelib.settings import Limits, Settings
from chalicelib.storage.memory import MemoryStore
from tests.api.callers import Received, call

TUS: Final = {"Tus-Resumable": "1.0.0"}
CHUNK: Final = {"Content-Type": "application/offset+octet-stream"}
GATEWAY, LOCAL = "gateway", "local server"
DOORS: Final = (GATEWAY, LOCAL)
LOCAL_LIMIT: Final = 8 << 20


class Sends(Protocol):
    """A way to send a request."""

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Received:
        """Answer a request."""
        ...


class Talker:
    """A client of a registry, which speaks tus unless told otherwise; `passed` is how far its clock is ahead."""

    def __init__(self, send: Sends, settings: Settings) -> None:
        self._send = send
        self.settings = settings
        self.passed = timedelta()
        self.store = MemoryStore()
        self.container = Container(settings, store=self.store, now=lambda: datetime.now(UTC) + self.passed)

    def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Received:
        """Answer a request as it is given, at a path or an address."""
        parts = urlsplit(path)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return self._send(method, target, dict(headers or {}), body)

    def tus(self, method: str, path: str, body: bytes = b"", /, **headers: str) -> Received:
        """Answer a request of tus; bytes go with their content type."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(method, path, {**TUS, **(CHUNK if body else {}), **named}, body)

    def begin(self, length: int | None = None, /, **headers: str) -> str:
        """Begin an upload, and answer its address."""
        told = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
        begun = self.tus("POST", "/v1/uploads", **told, **headers)
        assert begun.status == 201, begun.body
        return begun.headers["location"]

    def uploaded(self, data: bytes, /, **headers: str) -> str:
        """Upload bytes in one piece, and answer their address."""
        address = self.begin(len(data), **headers)
        added = self.tus("PATCH", address, data, Upload_Offset="0", Content_Type=CHUNK["Content-Type"])
        assert added.status == 204, added.body
        return address


@contextmanager
def talking(door: str, **told: object) -> Iterator[Talker]:
    """Give a client of an empty registry, at the door that is named; `told` are settings."""
    app = PrismApp("prism")
    app.mount(RESOURCES)
    settings = Settings(
        storage_driver="memory",
        on_lambda=door == GATEWAY,
        limits=Limits(payload=LOCAL_LIMIT),
        **told,  # type: ignore[arg-type]  # what settings take
    )
    with ExitStack() as stack:
        if door == GATEWAY:
            talker = Talker(_gateway(app), settings)
        else:
            url = stack.enter_context(running(app))
            talker = Talker(_socket(url), settings)
        stack.enter_context(installed(talker.container))
        yield talker


def _gateway(app: PrismApp) -> Sends:
    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Received:
        return call(app, method, path, headers=headers, body=body)

    return send


def _socket(url: str) -> Sends:
    host = urlsplit(url).netloc

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Received:
        with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
            connection.request(method, path, body=body or None, headers=dict(headers))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Received(answer.status, named, answer.read())

    return send


def described(**pairs: str) -> dict[str, str]:
    """Answer the header that carries metadata."""
    told = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
    return {"Upload-Metadata": told}
