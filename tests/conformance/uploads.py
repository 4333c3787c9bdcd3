"""Upload a large file with three clients of tus while connections are cut, and servers and clients are killed.

    python -m tests.conformance.uploads                        1 GiB, against the local server and the package
    python -m tests.conformance.uploads --size 64 tuspy        64 MiB with one of the clients
    python -m tests.conformance.uploads --server local         against one of the servers

Each client sends chunks of 4 MiB over a wire that breaks after random numbers of bytes; the local server is killed and
started again at random moments, and tus-js-client and tuspy are stopped and started again. What is stored in the end is
read back from the medium. Exits with 1 unless the digests are equal.
"""

import argparse
import hashlib
import logging
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiotus

from chalicelib.container import Container
from chalicelib.domain.uploads.ids import Fid
from chalicelib.settings import Settings
from tests.emulators import localstack_emulator
from tests.runtime.deployed import Deployed
from tests.runtime.front import Fleet
from tests.runtime.front import serving as in_front_of
from tests.runtime.package import unpacked
from tests.servers import serving
from tests.uploads.clients import CHUNK, aiotus_upload, tus_js, tuspy
from tests.uploads.cutting import wired
from tests.worlds import filesystem_world, s3_world

MIB: Final = 1 << 20
CUTS: Final = 16
STOPS: Final = 3
LIFE: Final = (4.0, 12.0)
"""How many seconds a server lives, at least and at most, before it is killed."""
PATIENT: Final = aiotus.RetryConfiguration(retry_attempts=60, max_retry_period_seconds=2)
logging.getLogger("aiotus").setLevel(logging.CRITICAL)  # or each cut would be a line beside the table
LINE: Final = "{:<14} {:<19} {:>8} {:>6} {:>6} {:>6} {:>8} {:>8}  {}"


@dataclass
class Server:
    """Where uploads are sent, what reads them back, and how often it was killed."""

    name: str
    port: int
    path: str
    settings: Settings
    kills: int = 0

    def digest(self, url: str) -> str:
        """Answer the digest of what was stored at an address."""
        sid, uuid = urlsplit(url).path.split("/")[-2:]
        digest = hashlib.sha256()
        for piece in Container(self.settings).uploading.open(Fid.of(sid, uuid)):
            digest.update(piece)
        return digest.hexdigest()


@contextmanager
def local_server(folder: Path, chance: random.Random) -> Iterator[Server]:
    """Serve a folder, by one process after the other."""
    root = folder / "storage"
    server = Server("local server", _free_port(), "/v1/uploads", filesystem_world(root).settings)
    ready, over = threading.Event(), threading.Event()

    def live() -> None:
        while not over.is_set():
            with serving(root, PORT=str(server.port), LOG_LEVEL="CRITICAL") as running:
                ready.set()
                if not over.wait(chance.uniform(*LIFE)):
                    running.process.send_signal(signal.SIGKILL)
                    running.process.wait()
                    server.kills += 1

    thread = threading.Thread(target=live)
    thread.start()
    try:
        assert ready.wait(60), "the server did not start"
        yield server
    finally:
        over.set()
        thread.join()


@contextmanager
def deployment_package(folder: Path, chance: random.Random) -> Iterator[Server]:
    """Serve the deployment package over an emulated bucket, behind the gateway's stand-in."""
    with ExitStack() as stack:
        emulator = stack.enter_context(localstack_emulator(folder / "localstack.log"))
        deployed = Deployed(unpacked(), emulator, emulator.new_bucket(), folder, stack=stack)
        settings = s3_world(emulator.endpoint, deployed.bucket).settings
        fleet = Fleet(deployed.start, most=2)
        with in_front_of(deployed.gateway, fleet.invoke) as front:
            path = urlsplit(front.url).path + "/v1/uploads"
            yield Server("deployment package", front.server_port, path, settings)


def by_tus_js(file: Path, endpoint: str, folder: Path, chance: random.Random) -> tuple[str, int]:
    """Upload with tus-js-client, a process after the other; answers the address and how many were stopped."""
    size, storage, stops = file.stat().st_size, str(folder / f"{chance.random()}.json"), 0
    for part in range(1, STOPS + 1):
        stop = int(size * (part - chance.random()) / (STOPS + 1)) + CHUNK
        done = tus_js(file, endpoint, told={"storage": storage, "stopAfter": stop})
        if not done.stopped:
            return done.well(), stops
        stops += 1
    return tus_js(file, endpoint, told={"storage": storage}).well(), stops


def by_tuspy(file: Path, endpoint: str, folder: Path, chance: random.Random) -> tuple[str, int]:
    """Upload with tuspy, an uploader after the other; answers the address and how many were stopped."""
    size, url, told = file.stat().st_size, None, {"retries": 60, "upload_checksum": True}
    for part in range(1, STOPS + 1):
        stop = int(size * (part - chance.random()) / (STOPS + 1)) // CHUNK * CHUNK + CHUNK
        url = tuspy(file, endpoint, stop_at=min(stop, size), url=url, **told)
    return tuspy(file, endpoint, url=url, **told), STOPS


def by_aiotus(file: Path, endpoint: str, folder: Path, chance: random.Random) -> tuple[str, int]:
    """Upload with aiotus, which goes on by itself; answers the address and that it was never stopped."""
    return aiotus_upload(file, endpoint, config=PATIENT), 0


Client = Callable[[Path, str, Path, random.Random], tuple[str, int]]
CLIENTS: Final[dict[str, Client]] = {"tus-js-client": by_tus_js, "tuspy": by_tuspy, "aiotus": by_aiotus}
SERVERS: Final = {"local": local_server, "package": deployment_package}


def main(arguments: Sequence[str]) -> int:
    """Upload with each client to each server; answers 0 if all that was stored is what was sent."""
    parser = argparse.ArgumentParser(
        prog="tests.conformance.uploads",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("clients", nargs="*", metavar="client", help=f"default: {' '.join(CLIENTS)}")
    parser.add_argument("--server", choices=SERVERS, help="default: both")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="default: 1024")
    parser.add_argument("--seed", type=int, default=20261121, help="default: 20261121")
    chosen = parser.parse_args(arguments)
    chance = random.Random(chosen.seed)
    print(LINE.format("client", "server", "MiB", "cuts", "kills", "stops", "seconds", "MiB/s", "digest"))
    equal = True
    with tempfile.TemporaryDirectory() as folder:
        file, digest = _file(Path(folder), chosen.size * MIB, chance)
        for name in [chosen.server] if chosen.server else SERVERS:
            with SERVERS[name](Path(folder), chance) as server:
                for client in chosen.clients or CLIENTS:
                    equal &= _try(client, server, file, digest, Path(folder), chance)
    return 0 if equal else 1


def _try(client: str, server: Server, file: Path, digest: str, folder: Path, chance: random.Random) -> bool:
    """Upload with a client, and print what came of it."""
    size, kills, started = file.stat().st_size, server.kills, time.monotonic()
    with wired(server.port, cuts=CUTS, mean=size // (CUTS + 1), seed=chance.randrange(1 << 30)) as wire:
        endpoint = f"http://127.0.0.1:{wire.port}{server.path}"
        try:
            url, stops = CLIENTS[client](file, endpoint, folder, chance)
            seconds = time.monotonic() - started
            outcome = "equal" if server.digest(url) == digest else "DIFFERENT"
        except Exception as error:  # noqa: BLE001 - one client's failure is a line of the table
            seconds, stops, outcome = time.monotonic() - started, 0, f"FAILED: {error}"
    rate = size / MIB / seconds
    told = (client, server.name, size // MIB, wire.cut, server.kills - kills, stops)
    print(LINE.format(*told, f"{seconds:.1f}", f"{rate:.1f}", outcome), flush=True)
    return outcome == "equal"


def _file(folder: Path, size: int, chance: random.Random) -> tuple[Path, str]:
    """Make a file of random bytes, and answer its digest."""
    path, digest = folder / "large.bin", hashlib.sha256()
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            piece = chance.randbytes(min(MIB, size - start))
            digest.update(piece)
            file.write(piece)
    return path, digest.hexdigest()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
