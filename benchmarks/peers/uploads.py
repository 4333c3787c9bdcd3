"""The servers that uploads are compared on, each a process of its own, and the client that sends to all of them."""

import contextlib
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from urllib.request import urlopen

from benchmarks.peers.servers import installed
from localstack.provision import CREDENTIAL, REGION
from tests.clients.client import MODULES, node
from tests.emulators import S3Emulator
from tests.servers import serving

HERE: Final = Path(__file__).resolve().parent
PIECE: Final = 1 << 20
TICKS: Final = os.sysconf("SC_CLK_TCK")


class Server(NamedTuple):
    """A running server that takes uploads by tus at `url`; `open` answers the bytes of one that is complete."""

    name: str
    url: str
    process: int
    open: Callable[[str], IO[bytes]] = urlopen

    def peak(self) -> float:
        """Answer the most memory in MB that the process had resident since `forget_peak`."""
        status = Path(f"/proc/{self.process}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def forget_peak(self) -> None:
        """Begin to look for the peak anew."""
        Path(f"/proc/{self.process}/clear_refs").write_text("5")

    def processor_seconds(self) -> float:
        """Answer how long the process has used a processor."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


class Uploaded(NamedTuple):
    """What one upload took, and to read it back; the peak in MB, times in seconds."""

    seconds: float
    read_seconds: float
    peak: float
    processor: float


@contextlib.contextmanager
def _peer(name: str, opened: Callable[[str], IO[bytes]], **settings: str) -> Iterator[Server]:
    """Run @tus/server; what it holds is read from where it keeps it, since its GET ends its process at times."""
    process = subprocess.Popen(
        [node(), HERE / "tus_server.mjs", installed(), json.dumps(settings)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url, f"{name} did not start: it ended with {process.poll()}"
        yield Server(name, url, process.pid, lambda upload: opened(upload.rpartition("/")[2]))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def peer_on_folder(name: str, folder: Path) -> Iterator[Server]:
    """Run @tus/server over a folder."""
    with _peer(name, lambda key: (folder / key).open("rb"), folder=str(folder)) as server:
        yield server


@contextlib.contextmanager
def peer_on_bucket(name: str, emulator: S3Emulator) -> Iterator[Server]:
    """Run @tus/server over an empty bucket."""
    told = {"bucket": emulator.new_bucket(), "endpoint": emulator.endpoint}
    with contextlib.closing(emulator.client("s3")) as client:

        def opened(key: str) -> IO[bytes]:
            body: IO[bytes] = client.get_object(Bucket=told["bucket"], Key=key)["Body"]
            return body

        with _peer(name, opened, region=REGION, credential=CREDENTIAL, **told) as server:
            yield server


@contextlib.contextmanager
def prism(name: str, folder: Path, **variables: str) -> Iterator[Server]:
    """Run Prism's local server over a folder, or over whatever the variables say."""
    with serving(folder, **{"PRISM_STORAGE_DRIVER": "filesystem", **variables}) as running:
        url = f"{running.url}/v1/uploads"
        yield Server(name, url, running.process.pid)


def prism_on_bucket(
    name: str, folder: Path, emulator: S3Emulator
) -> contextlib.AbstractContextManager[Server]:
    """Run Prism's local server over an empty bucket."""
    variables = {
        "PRISM_STORAGE_DRIVER": "s3",
        "PRISM_S3_BUCKET": emulator.new_bucket(),
        "PRISM_S3_REGION": REGION,
        "PRISM_S3_ENDPOINT": emulator.endpoint,
        "PRISM_S3_FORCE_PATH_STYLE": "true",
        "PRISM_S3_ACCESS_KEY_ID": CREDENTIAL,
        "PRISM_S3_SECRET_ACCESS_KEY": CREDENTIAL,
    }
    return prism(name, folder, **variables)


def upload(server: Server, file: Path, digest: str, *, chunk: int) -> Uploaded:
    """Send a file and read it back; raises AssertionError where other bytes come back."""
    os.sync()  # what others have written is not waited for by this one
    server.forget_peak()
    before = server.processor_seconds()
    told = _sent(server.url, file, chunk)
    processor = server.processor_seconds() - before
    started = time.perf_counter()
    with server.open(told["url"]) as stored:
        found = _digest(stored)
    took = time.perf_counter() - started
    assert found == digest, f"{server.name} has other bytes than were sent"
    return Uploaded(told["seconds"], took, server.peak(), processor)


def _sent(endpoint: str, file: Path, chunk: int) -> dict[str, Any]:
    command: list[str | Path] = [node(), HERE / "tus_client.mjs", MODULES, endpoint, file, str(chunk)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _digest(stored: IO[bytes]) -> str:
    running = hashlib.sha256()
    while piece := stored.read(PIECE):
        running.update(piece)
    return running.hexdigest()
