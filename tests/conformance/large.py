"""Upload more than fits into memory to the local server, take it back, and watch how much memory the server uses.

python -m tests.conformance.large               5 GiB in chunks of 4 MiB; takes three times that on the disk
python -m tests.conformance.large --gib 0.5     less of it
python -m tests.conformance.large --no-archive  without making an archive of it

Exits with 1 where the digests differ or the server's process had more than 128 MB resident. Everything is removed at
the end.
"""

import argparse
import hashlib
import http.client
import json
import os
import sys
import tempfile
import time
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from tests.servers import RunningServer, serving

CHUNK: Final = 4 << 20
PIECE: Final = 1 << 20
MOST: Final = 128_000_000
NAME: Final = "large.bin"
TUS: Final = {"Tus-Resumable": "1.0.0"}
JSON: Final = {"Content-Type": "application/json"}
POLL_SECONDS: Final = 0.5


class Step(NamedTuple):
    """One thing that was done: how many bytes passed, how long it took, and the peak of the server's memory since."""

    name: str
    size: int
    seconds: float
    peak: int


class Client:
    """One kept connection to the server, and what its process uses."""

    def __init__(self, server: RunningServer) -> None:
        self.origin = server.url
        self._process = server.process.pid
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=600)

    def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> http.client.HTTPResponse:
        """Send a request; the answer is to be read before the next one. Raises AssertionError where it is a failure."""
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        self._connection.request(method, path, body, headers or {})
        answer = self._connection.getresponse()
        assert answer.status < 400, f"{method} {path}: {answer.status} {answer.read()[:1000]!r}"
        return answer

    def step(self, name: str, do: Callable[[], int]) -> Step:
        """Do something that answers how many bytes it passed on, and watch it."""
        Path(f"/proc/{self._process}/clear_refs").write_text("5")
        started = time.perf_counter()
        size = do()
        seconds = time.perf_counter() - started
        step = Step(name, size, seconds, self._peak())
        sys.stdout.write(
            f"{name:10}{size / 1e6:10.1f} MB{seconds:8.1f} s{size / 1e6 / seconds:8.1f} MB/s"
            f"{step.peak / 1e6:8.1f} MB resident at most\n"
        )
        sys.stdout.flush()
        return step

    def _peak(self) -> int:
        status = Path(f"/proc/{self._process}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


class Content:
    """A file that nobody keeps: as many bytes as are asked for, no two chunks of them alike."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.sha256 = hashlib.sha256()
        self._noise = os.urandom(CHUNK - 8)

    def chunks(self) -> Iterator[bytes]:
        """Answer the chunks once, and hash them on the way."""
        for offset in range(0, self.size, CHUNK):
            chunk = (offset.to_bytes(8, "big") + self._noise)[: self.size - offset]
            self.sha256.update(chunk)
            yield chunk


def upload(client: Client, content: Content) -> str:
    """Send all of it by tus into a bucket of its own, and answer the upload's address."""
    made = json.loads(client.ask("POST", "/v1/buckets", JSON, b"{}").read())
    described = {"filename": NAME, "sid": made["sid"]}
    metadata = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in described.items())
    asked = {"Upload-Length": str(content.size), "Upload-Metadata": metadata}
    ours = {**TUS, "Prism-Owner-Key": made["ownerKey"]}
    created = client.ask("POST", "/v1/uploads", {**ours, **asked})
    created.read()
    url: str = urljoin(client.origin, created.headers["Location"])
    offset = 0
    for chunk in content.chunks():
        headers = {**ours, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        client.ask("PATCH", url, headers, chunk).read()
        offset += len(chunk)
    return url


def download(client: Client, url: str) -> tuple[int, str]:
    """Take it back; answers size and SHA-256."""
    answer = client.ask("GET", url)
    size, sha256 = 0, hashlib.sha256()
    while piece := answer.read(PIECE):
        size += len(piece)
        sha256.update(piece)
    return size, sha256.hexdigest()


def archive(client: Client, url: str, target: Path) -> int:
    """Have an archive made of the upload's bucket, and download it; answers its size."""
    bucket = urlsplit(url).path.split("/")[-2]
    asked = json.dumps({"bucket": bucket, "format": "zip"}).encode()
    answer = client.ask("POST", "/v1/archives", JSON, asked)
    told = json.loads(answer.read())
    where = urljoin(client.origin, answer.headers.get("Location") or told["url"])
    while (answer := client.ask("GET", where)).status == http.HTTPStatus.ACCEPTED:
        answer.read()
        time.sleep(POLL_SECONDS)
    with target.open("wb") as file:
        while piece := answer.read(PIECE):
            file.write(piece)
    return target.stat().st_size


def member(path: Path) -> tuple[int, str]:
    """Read the one member of an archive as unzip would; answers size and SHA-256."""
    with zipfile.ZipFile(path) as read, read.open(NAME) as file:
        sha256, size = hashlib.sha256(), 0
        while piece := file.read(PIECE):
            sha256.update(piece)
            size += len(piece)
    return size, sha256.hexdigest()


def run(client: Client, content: Content, folder: Path, *, archived: bool) -> list[Step]:
    """Do all of it; raises AssertionError where other bytes come back."""
    url, found = "", (0, "")

    def up() -> int:
        nonlocal url
        url = upload(client, content)
        return content.size

    def down() -> int:
        nonlocal found
        found = download(client, url)
        return found[0]

    steps = [client.step("upload", up), client.step("download", down)]
    wanted = (content.size, content.sha256.hexdigest())
    assert found == wanted, f"other bytes came back: {found}, not {wanted}"
    if archived:
        steps.append(client.step("archive", lambda: archive(client, url, folder / "archive.zip")))
        found = member(folder / "archive.zip")
        assert found == wanted, f"the archive holds other bytes: {found}, not {wanted}"
    return steps


def main() -> int:
    """Do it and judge; answers the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gib", type=float, default=5.0, help="how much is uploaded")
    parser.add_argument("--no-archive", action="store_true", help="make no archive of it")
    options = parser.parse_args()
    content = Content(int(options.gib * (1 << 30)))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with serving(folder / "storage", PRISM_STORAGE_DRIVER="filesystem") as server:
            steps = run(Client(server), content, folder, archived=not options.no_archive)
    most = max(step.peak for step in steps)
    if most > MOST:
        sys.stderr.write(f"the server had {most / 1e6:.0f} MB resident, more than {MOST / 1e6:.0f} MB\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
