"""What a page of another origin can do with the uploads of a registry, in a real browser."""

import hashlib
import os
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.browser.chromium import HERE, visit
from tests.servers import serving

CHUNK = 1 << 20
PAGE = "<!doctype html><title>Elsewhere</title><link rel=icon href=data:,><input type=file>"


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """The address of a page that is no page of the registry's."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=partial(server.serve_forever, poll_interval=0.02))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_a_page_of_another_origin_uploads_resumes_and_reads_back(tmp_path: Path, elsewhere: str) -> None:
    file = tmp_path / "photo of a café.jpg"
    file.write_bytes(os.urandom(2 * CHUNK + 12_345))
    with serving(tmp_path / "storage", PRISM_STORAGE_DRIVER="filesystem") as server:
        told = {
            "address": elsewhere,
            "endpoint": f"{server.url}/v1/uploads",
            "file": str(file),
            "chunkSize": CHUNK,
        }
        visited = visit(HERE / "upload.mjs", told, tmp_path)
        with urllib.request.urlopen(visited.result["url"]) as answer:
            stored = answer.read()
    assert stored == file.read_bytes()
    assert visited.result["sha256"] == hashlib.sha256(stored).hexdigest()
    assert visited.result["resumed"] == visited.result["url"]
    assert visited.complaints == []
    assert [request["method"] for request in visited.requests if request["method"] != "OPTIONS"] == [
        *("GET", "POST", "PATCH", "HEAD", "PATCH", "PATCH", "GET")
    ]
