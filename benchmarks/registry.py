"""Prism's local server against Verdaccio: the same packages, the same load, in turn, on the same machine.

    python benchmarks/registry.py                                  # about two minutes
    python benchmarks/registry.py --versions 1 100 1000 5000 --seconds 8 --publishes 100
    python benchmarks/registry.py --folder /dev/shm --versions 1000 --onto 1 1000
    python benchmarks/registry.py --json

Reads are packuments over kept connections: full, abbreviated, and what has not changed (304), all asked
for with gzip. Publishes are sequential PUTs by one client onto packages that have versions already. Each server is a
process of its own over a folder on the disk; the load tool shares the machine, so compare the ratios. Prism answers a
publish when it is on the disk, which Verdaccio does not wait for: with `--folder /dev/shm` neither does.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.peers.load import ABBREVIATED, Measured, headers_of, publish, read  # noqa: E402 - the path comes first
from benchmarks.peers.servers import Server, fill, installed, prism, verdaccio  # noqa: E402 - the same

SERVERS: Final[tuple[Callable[[Path], AbstractContextManager[Server]], ...]] = (verdaccio, prism)
ACCEPTED: Final = {"full": "application/json", "abbreviated": ABBREVIATED}
DESCRIBED: Final[dict[str, Any]] = {
    "description": "A package that is described as thoroughly as most are",
    "keywords": ["measure", "registry", "packument", "benchmark"],
    "license": "MIT",
    "author": {"name": "A. Person", "email": "person@example.org", "url": "https://example.org/person"},
    "homepage": "https://example.org/measured#readme",
    "repository": {"type": "git", "url": "git+https://git.example.org/person/measured.git"},
    "bugs": {"url": "https://git.example.org/person/measured/issues"},
    "main": "index.js",
    "types": "index.d.ts",
    "exports": {".": {"types": "./index.d.ts", "import": "./index.mjs", "require": "./index.js"}},
    "files": ["index.js", "index.mjs", "index.d.ts", "lib"],
    "bin": {"measured": "bin/measured.js"},
    "engines": {"node": ">=18"},
    "scripts": {name: f"node scripts/{name}.js" for name in ("build", "lint", "test", "prepare", "release")},
    "dependencies": {f"dependency-{number}": f"^{number}.1.0" for number in range(12)},
    "devDependencies": {f"development-{number}": f"^{number}.2.0" for number in range(14)},
    "peerDependencies": {"host": ">=3", "other-host": "^2.0.0 || ^3.0.0"},
}

Row = dict[str, Measured]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--versions", type=int, nargs="+", default=[1, 100, 1000], help="of the packages read"
    )
    parser.add_argument("--onto", type=int, nargs="+", default=[1, 1000], help="versions to publish onto")
    parser.add_argument("--publishes", type=int, default=25, help="how many versions are published onto each")
    parser.add_argument("--seconds", type=float, default=3, help="how long each address is read")
    parser.add_argument("--connections", type=int, default=10, help="how many are open at once")
    parser.add_argument(
        "--folder", type=Path, help="where both keep their storage; /dev/shm leaves the disk out of it"
    )
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    options = parser.parse_args()
    installed()
    rows: dict[str, Row] = {}
    memory: dict[str, tuple[float, float]] = {}
    for serve in SERVERS:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder, serve(Path(folder)) as server:
            before = server.memory()
            for row, measured in measure(server, options).items():
                rows.setdefault(row, {})[server.name] = measured
            memory[server.name] = (before, server.memory())
    if options.json:
        print(json.dumps({"measured": _told(rows), "residentMegabytes": memory}, indent=2))
    else:
        _print(rows, memory)
    return 0


def measure(server: Server, options: argparse.Namespace) -> dict[str, Measured]:
    """Measure one server: reads of each size, and publishes onto it."""
    found: dict[str, Measured] = {}
    for count in sorted({*options.versions, *options.onto}):
        name = f"measured-{count}"
        fill(server, name, count, DESCRIBED)
        if count in options.versions:
            found |= _reads(server, name, count, options)
        if count in options.onto:
            found[f"publish onto {count}"] = publish(
                server, name, DESCRIBED, first=count, count=options.publishes
            )
    return found


def _reads(server: Server, name: str, count: int, options: argparse.Namespace) -> dict[str, Measured]:
    how = {"seconds": options.seconds, "connections": options.connections}
    found = {}
    for kind, accept in ACCEPTED.items():
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        status, received, size = headers_of(f"{server.url}{name}", headers)
        assert status == 200, f"{server.name} answers {status}"
        measured = read(f"{server.url}{name}", headers, expected=200, **how)
        found[f"{kind}, {count} versions"] = measured._replace(bytes=size)
    unchanged = headers | {"If-None-Match": received["etag"]}
    found[f"unchanged, {count} versions"] = read(f"{server.url}{name}", unchanged, expected=304, **how)
    return found


def _told(rows: dict[str, Row]) -> dict[str, Any]:
    return {
        name: {server: measured._asdict() for server, measured in row.items()} | {"ratio": _ratio(row)}
        for name, row in rows.items()
    }


def _ratio(row: Row) -> float:
    return round(row["prism"].rate / row["verdaccio"].rate, 2)


def _print(rows: dict[str, Row], memory: dict[str, tuple[float, float]]) -> None:
    servers = [serve.__name__ for serve in SERVERS]
    columns = "".join(f"{server:>14}/s {'p50 ms':>8} {'p99 ms':>8}" for server in servers)
    print(f"{'':28}{columns} {'ratio':>8}")
    for name, row in rows.items():
        numbers = "".join(
            f"{measured.rate:16.1f} {measured.p50:8.1f} {measured.p99:8.1f}"
            for measured in (row[server] for server in servers)
        )
        print(f"{name:28}{numbers} {_ratio(row):7.1f}x")
    for server, (before, after) in memory.items():
        print(f"{server}: {before:.0f} MB resident when empty, {after:.0f} MB after all of it")


if __name__ == "__main__":
    sys.exit(main())
