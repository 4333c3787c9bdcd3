"""A registry to mirror: it serves what a test puts into it, over real sockets, and remembers what it was asked."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from chalicelib.settings import Settings, UpstreamSettings
from tests.worlds import World, package, world

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Upstream:
    """What is served at `url`: packuments by name, anything else by path, and for a path also a reply of one's own."""

    url: str = ""
    packuments: dict[str, dict[str, Any]] = field(default_factory=dict)
    replies: dict[str, bytes | Reply] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    etags: bool = True

    def add(
        self, name: str = "left", version: str = "1.0.0", data: bytes | None = None, **fields: Any
    ) -> bytes:
        """Publish a version as other registries have it; answers its tarball."""
        data = package(version, name=name) if data is None else data
        path = f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        dist = {
            "tarball": self.url + path,
            "integrity": f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}",
            "shasum": hashlib.sha1(data).hexdigest(),
            "signatures": [{"keyid": "SHA256:x", "sig": "y"}],
        }
        document = self.packuments.setdefault(
            name,
            {
                "_id": name,
                "name": name,
                "description": f"What {name} is",
                "dist-tags": {},
                "versions": {},
                "time": {"created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z"},
                "readme": f"# {name}",
                "maintainers": [{"name": "them", "email": "them@example.org"}],
            },
        )
        document["versions"][version] = {"name": name, "version": version, "dist": dist, **fields}
        document["time"][version] = "2020-01-02T03:04:05.678Z"
        document["dist-tags"]["latest"] = version
        self.replies[path] = data
        return data

    def paths(self) -> list[str]:
        """Answer what was asked for since the last time."""
        found = [path for path, _ in self.asked]
        self.asked.clear()
        return found


def send(handler: BaseHTTPRequestHandler, body: bytes = b"", status: int = 200, **headers: str) -> None:
    """Answer a request; `_` in the name of a header stands for `-`."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def redirecting(location: str) -> Reply:
    """Answer a reply that leads elsewhere."""
    return lambda handler: send(handler, status=302, Location=location)


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Serve a registry on a free port while the block runs."""
    registry = Upstream()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            _answer(registry, self)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(registry: Upstream, handler: BaseHTTPRequestHandler) -> None:
    path = unquote(handler.path)
    reply = registry.replies.get(path)
    if callable(reply):
        reply(handler)
    elif reply is not None:
        send(handler, reply)
    elif path[1:] in registry.packuments:
        _send_document(registry, handler, json.dumps(registry.packuments[path[1:]]).encode())
    else:
        send(handler, b"{}", 404)


def _send_document(registry: Upstream, handler: BaseHTTPRequestHandler, body: bytes) -> None:
    etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
    if not registry.etags:
        send(handler, body)
    elif handler.headers.get("If-None-Match") == etag:
        send(handler, status=304, ETag=etag)
    else:
        send(handler, body, ETag=etag)


def mirror_world(url: str | None, *own: str, **settings: Any) -> World:
    """Make a registry in memory with an upstream; `settings` are those of the upstream."""
    behind = UpstreamSettings(url=url, **settings) if url else None
    return world(Settings(storage_driver="memory", upstream=behind, own_packages=own))
