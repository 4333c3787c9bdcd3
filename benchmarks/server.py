"""Requests a second on one kept connection, under Chalice's local server and ours, and the import of the app.

Run `python benchmarks/server.py`; prints one JSON object. The route touches no storage, so what is measured
is the server and the machinery between it and a handler.
"""

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from chalice.config import Config  # noqa: E402 - the project is made importable first
from chalice.local import ChaliceRequestHandler, create_local_server  # noqa: E402 - the same

from chalicelib.api.gateway import PrismApp  # noqa: E402 - the same
from chalicelib.api.local.server import running  # noqa: E402 - the same
from chalicelib.api.routing import Answer, Request, Routes, json_answer  # noqa: E402 - the same

PATH = "/v1/packages/left-pad"
SECONDS = 2.0
IMPORTS = 7


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


def rate(url: str) -> float:
    """Answer the requests a second on one connection."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    answered, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        connection.request("GET", PATH)
        assert connection.getresponse().read() == b'{"name":"left-pad"}'
        answered += 1
    elapsed = time.perf_counter() - started
    connection.close()
    return answered / elapsed


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
    with chalices_own() as url:
        before = rate(url)
    with running(app()) as url:
        after = rate(url)
    bare, imported = milliseconds("pass"), milliseconds("import app")
    print(
        json.dumps(
            {
                "chaliceRequestsPerSecond": round(before, 1),
                "prismRequestsPerSecond": round(after, 1),
                "ratio": round(after / before, 1),
                "interpreterMs": round(bare, 1),
                "importAppMs": round(imported, 1),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
