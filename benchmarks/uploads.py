"""Prism's uploads against @tus/server: the same file by the same client, in turn, on the same machine.

    python benchmarks/uploads.py                          # about a minute
    python benchmarks/uploads.py --mib 1024 --runs 5
    python benchmarks/uploads.py --json

Both serve over a folder on the disk and over a bucket of one LocalStack, which bounds what the latter can show. The
file goes up by tus-js-client in chunks of 4 MiB, and the digest of what is stored is compared: Prism is asked for it,
the peer's is read from where it lies. The servers take turns, so that whatever else the machine does slows down all of
them; the best run of each counts. `peak` is the most memory that the server's process had resident, `cpu` what it used
of both processors, and `requests` are those that LocalStack was sent until the file was read back.
"""

import argparse
import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.peers.servers import installed  # noqa: E402 - the path comes first
from benchmarks.peers.uploads import (  # noqa: E402 - the same
    Server,
    Uploaded,
    peer_on_bucket,
    peer_on_folder,
    prism,
    prism_on_bucket,
    upload,
)
from tests.emulators import localstack_emulator  # noqa: E402 - the same

MIB: Final = 1 << 20
REQUEST: Final = " AWS s3."
"""What LocalStack's log has in the line of each request."""
PAIRS: Final = (("folder: @tus/server", "folder: prism"), ("bucket: @tus/server", "bucket: prism"))
"""The servers as they are told, each peer before the one that is compared with it."""


class Log:
    """LocalStack's log, in which every request has a line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def requests(self) -> Counter[str]:
        """Answer how many requests of each kind there were since this was last asked."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            lines = file.read().decode(errors="replace").splitlines()
            self._read = file.tell()
        return Counter(line.partition(REQUEST)[2].split()[0] for line in lines if REQUEST in line)


def measure(mib: int, runs: int, chunk: int) -> tuple[dict[str, list[Uploaded]], dict[str, Counter[str]]]:
    """Answer what the uploads to each server took, and the requests that its last one made."""
    found: dict[str, list[Uploaded]] = {}
    requests: dict[str, Counter[str]] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file, digest = made(folder / "file", mib)
        log = Log(folder / "log")
        servers = _servers(stack, folder)
        for _ in range(runs):
            for server in servers:
                log.requests()
                found.setdefault(server.name, []).append(upload(server, file, digest, chunk=chunk))
                requests[server.name] = log.requests()
    return found, requests


def made(path: Path, mib: int) -> tuple[Path, str]:
    """Write a file of random bytes; answers it and its SHA-256."""
    running = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(mib):
            piece = os.urandom(MIB)
            running.update(piece)
            file.write(piece)
    return path, running.hexdigest()


def _servers(stack: contextlib.ExitStack, folder: Path) -> list[Server]:
    """Start all of them, over empty storage."""
    emulator = stack.enter_context(localstack_emulator(folder / "log"))
    (on_folder, ours_on_folder), (on_bucket, ours_on_bucket) = PAIRS
    return [
        stack.enter_context(server)
        for server in (
            peer_on_folder(on_folder, folder / "peer"),
            prism(ours_on_folder, folder / "prism"),
            peer_on_bucket(on_bucket, emulator),
            prism_on_bucket(ours_on_bucket, folder / "unused", emulator),
        )
    ]


def summary(
    found: dict[str, list[Uploaded]], requests: dict[str, Counter[str]], mib: int
) -> dict[str, dict[str, Any]]:
    """Answer a row for each server; `ratio` is of the upload's speed, to the peer's on the same storage."""
    rows: dict[str, dict[str, Any]] = {}
    for theirs, ours in PAIRS:
        for name in (theirs, ours):
            taken = found[name]
            rows[name] = {
                "uploadMegabytesPerSecond": _speed(mib, [run.seconds for run in taken]),
                "readMegabytesPerSecond": _speed(mib, [run.read_seconds for run in taken]),
                "peakMegabytes": round(max(run.peak for run in taken)),
                "processorMillisecondsPerMib": round(1000 * min(run.processor for run in taken) / mib, 2),
                "requestsPerMib": round(requests[name].total() / mib, 3),
                "requests": dict(requests[name].most_common()),
            }
        speed = "uploadMegabytesPerSecond"
        rows[ours]["ratio"] = round(rows[ours][speed] / rows[theirs][speed], 2)
    return rows


def _speed(mib: int, seconds: list[float]) -> float:
    """Answer the speed of the best run in MB/s."""
    return round(mib * MIB / 1e6 / min(seconds), 1)


def show(rows: dict[str, dict[str, Any]]) -> None:
    """Print the rows as a table."""
    titles = ("up MB/s", "of the peer", "read MB/s", "peak MB", "cpu ms/MiB", "requests/MiB")
    print(f"{'':22}{''.join(f'{title:>14}' for title in titles)}")
    for name, row in rows.items():
        cells = (
            f"{row['uploadMegabytesPerSecond']:.1f}",
            f"{row['ratio']:.2f}x" if "ratio" in row else "",
            f"{row['readMegabytesPerSecond']:.1f}",
            f"{row['peakMegabytes']}",
            f"{row['processorMillisecondsPerMib']:.2f}",
            f"{row['requestsPerMib']:.2f}" if row["requests"] else "-",
        )
        print(f"{name:22}{''.join(f'{cell:>14}' for cell in cells)}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mib", type=int, default=100, help="size of the file")
    parser.add_argument("--runs", type=int, default=3, help="how often each server gets it")
    parser.add_argument("--chunk", type=int, default=4 * MIB, help="bytes of a chunk")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    options = parser.parse_args()
    installed()
    rows = summary(*measure(options.mib, options.runs, options.chunk), options.mib)
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        show(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
