"""Requests a second under our local server, under Chalice's, and what the loopback and Python's threads can do.

    python benchmarks/server.py [--seconds 3] [--connections 10]

Prints one JSON object. `routes` are small answers on one kept connection: they touch no storage, so what is measured is
the server and the machinery between it and a handler. `files` are stored files of 2 and 160 kB, asked for on several
kept connections of `serve.py` over a folder; their baseline sends the same bytes to whoever sends a line.
"""

import argparse
import http.client
import json
import selectors
import socket
import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request as Asking
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from chalice.config import Config  # noqa: E402 - the project is made importable first
from chalice.local import ChaliceRequestHandler, create_local_server  # noqa: E402 - the same

from chalicelib.api.gateway import PrismApp  # noqa: E402 - the same
from chalicelib.api.local.server import running  # noqa: E402 - the same
from chalicelib.api.routing import Answer, Request, Routes, json_answer  # noqa: E402 - the same
from tests.servers import serving  # noqa: E402 - the same
from tests.worlds import package  # noqa: E402 - the same

PATH = "/v1/packages/left-pad"
FILES = {"2 kB": 2 << 10, "160 kB": 160 << 10}
IMPORTS = 7
PIECE = 1 << 20


def app() -> PrismApp:
    """Make an app with one route."""
    routes = Routes()

    @routes.get("/v1/packages/{name}", summary="A package")
    def package(request: Request) -> Answer:
        return json_answer({"name": request.params["name"]})

    made = PrismApp("benchmark")
    made.mount([routes])
    return made


@contextmanager
def chalices_own() -> Iterator[str]:
    """Serve with Chalice's server as it comes."""
    ChaliceRequestHandler.log_message = lambda *_: None  # its line per request is not what is measured
    server = create_local_server(app(), Config.create(lambda_timeout=29), "127.0.0.1", 0)
    thread = threading.Thread(target=server.server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server.server_address[1]}"
    server.shutdown()
    server.server.server_close()


@contextmanager
def bare(size: int) -> Iterator[str]:
    """Send so many bytes as an answer to every request, whatever it says, from a process of its own."""
    program = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; from benchmarks.server import echo; echo({size})"
    server = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def echo(size: int) -> None:
    """Serve what `bare` promises until killed; prints the address first."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)

    class Sending(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):
                while self.request.recv(65536):
                    self.request.sendall(answer)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sending)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


def rate(url: str, seconds: float) -> float:
    """Answer the requests a second on one connection."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    answered, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        connection.request("GET", PATH)
        assert connection.getresponse().read() == b'{"name":"left-pad"}'
        answered += 1
    elapsed = time.perf_counter() - started
    connection.close()
    return answered / elapsed


def load(url: str, path: str, connections: int, seconds: float) -> dict[str, float]:
    """Keep so many connections busy; answers requests a second, and milliseconds that half and 99 % stay below."""
    address = urlsplit(url)
    sent = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAccept: */*\r\n\r\n".encode()
    selector, took = selectors.DefaultSelector(), list[float]()
    buffer = bytearray(PIECE)
    for _ in range(connections):
        opened = socket.create_connection((address.hostname or "", address.port or 0))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(opened, selectors.EVENT_READ, Asked(opened, sent))
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        for key, _ in selector.select():
            asked: Asked = key.data
            if asked.read(buffer):
                took.append(asked.again())
    for key in list(selector.get_map().values()):
        key.data.close()
    took.sort()
    return {
        "requestsPerSecond": round(len(took) / seconds, 1),
        "p50Ms": round(took[len(took) // 2] * 1000, 2),
        "p99Ms": round(took[len(took) * 99 // 100] * 1000, 2),
    }


class Asked:
    """A connection on which an answer is awaited."""

    def __init__(self, connection: socket.socket, sent: bytes) -> None:
        self._connection, self._sent, self._left = connection, sent, -1
        self.again()

    def again(self) -> float:
        """Ask; answers how long the answer before took."""
        now = time.perf_counter()
        took = now - getattr(self, "_since", now)
        self._left, self._since = -1, now
        self._connection.sendall(self._sent)
        return took

    def read(self, buffer: bytearray) -> bool:
        """Read what is there; tells whether the answer is whole."""
        count = self._connection.recv_into(buffer)
        if self._left < 0:
            head, _, _ = bytes(buffer[: min(count, 4096)]).partition(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            assert head.startswith(b"HTTP/1.1 200 "), head
            self._left = len(head) + 4 + int(length.split(b":")[1])
        self._left -= count
        return self._left == 0

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def files(connections: int, seconds: float) -> dict[str, Any]:
    """Measure stored files of a few sizes under `serve.py`, and the baseline of each."""
    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        contents = {f"{size}.js": "x" * size for size in FILES.values()}
        asking = Asking(
            f"{server.url}/v1/packages/demo",
            data=package(files={**contents, "index.js": "1"}),
            headers={"Content-Type": "application/octet-stream"},
            method="POST",
        )
        with urlopen(asking):
            pass
        for name, size in FILES.items():
            with bare(size) as url:
                baseline = load(url, "/", connections, seconds)
            prism = load(server.url, f"/packages/demo/1.0.0/{size}.js", connections, seconds)
            ratio = round(prism["requestsPerSecond"] / baseline["requestsPerSecond"], 2)
            measured[name] = {"prism": prism, "bare": baseline, "ratio": ratio}
    return measured


def milliseconds(statement: str) -> float:
    """Answer the median time of a fresh interpreter that runs a statement."""
    times = []
    for _ in range(IMPORTS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], cwd=ROOT, check=True)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each is measured (default: 3)")
    parser.add_argument("--connections", type=int, default=10, help="connections kept busy (default: 10)")
    args = parser.parse_args()
    with chalices_own() as url:
        before = rate(url, args.seconds)
    with running(app()) as url:
        after = rate(url, args.seconds)
    told = {
        "routes": {
            "chaliceRequestsPerSecond": round(before, 1),
            "prismRequestsPerSecond": round(after, 1),
            "ratio": round(after / before, 1),
        },
        "files": files(args.connections, args.seconds),
        "interpreterMs": round(milliseconds("pass"), 1),
        "importAppMs": round(milliseconds("import app"), 1),
    }
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
