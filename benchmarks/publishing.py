"""How long a publish takes, over a folder and over a bucket that answers late, and how that grows with the versions.

    python benchmarks/publishing.py [--json] [--runs 20] [--latency 20] [--versions 1000]

The baseline of the same run is 13 small writes to the same medium, one after the other: about as many as a publish
needs for its effect (bytes, claim, documents, head, index). What is more is the package's reading and analysis, and the
record of its job. The bucket is a store in memory whose every call takes so many milliseconds. `serve.py` takes as many
versions of one package as are asked for over HTTP, on one kept connection; its rows are the first and the last of them.
Medians count.
"""

import argparse
import http.client
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import Final, TypeVar
from urllib.parse import urlsplit

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chalicelib.storage.filesystem import FilesystemStore  # noqa: E402 - the path comes first
from chalicelib.storage.port import ObjectStore  # noqa: E402 - the same
from chalicelib.storage.wrappers.passing import SIGNATURES, PassingStore  # noqa: E402 - the same
from tests.servers import serving  # noqa: E402 - the same
from tests.worlds import World, filesystem_world, memory_world, package, publish  # noqa: E402 - the same

EFFECTS: Final = 13
VERSIONS: Final = (1, 1_000)

Answer = TypeVar("Answer")


class Late(PassingStore):
    """A store whose every call takes its time, as a bucket's does."""

    def __init__(self, inner: ObjectStore, seconds: float) -> None:
        super().__init__(inner)
        self._seconds = seconds

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if verb not in SIGNATURES:
            time.sleep(self._seconds)
        return call()


def main() -> int:
    """Measure, and print a table of milliseconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument("--runs", type=int, default=20, help="publishes per row (default: 20)")
    parser.add_argument("--latency", type=float, default=20.0, help="milliseconds a call (default: 20)")
    parser.add_argument(
        "--versions", type=int, default=1_000, help="versions sent to serve.py (default: 1000)"
    )
    args = parser.parse_args()
    rows = [_measured(name, registry, args.runs) for name, registry in _registries(args.latency)]
    rows += _served(args.versions, args.runs)
    if args.json:
        print(json.dumps(rows, indent=2))
        return 0
    print(f"{'medium':<28}{'13 writes':>12}{'publish':>12}{'ratio':>8}")
    for row in rows:
        print(f"{row['medium']:<28}{row['writes']:>9.1f} ms{row['publish']:>9.1f} ms{row['ratio']:>7.2f}x")
    return 0


def _registries(latency: float) -> Iterator[tuple[str, World]]:
    with _folder() as registry:
        yield "a folder", registry
    for versions in VERSIONS:
        registry = _grown(versions)
        registry.medium = Late(registry.medium, latency / 1000)
        yield f"a bucket, {versions} version{'s' if versions > 1 else ''}", registry


def _grown(versions: int) -> World:
    """Make a registry in memory whose package has so many versions, all of them published."""
    registry = memory_world()
    for number in range(versions):
        publish(registry.container, f"1.{number}.0")
    return registry


@contextmanager
def _folder() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        yield filesystem_world(Path(folder))


def _measured(name: str, registry: World, runs: int) -> dict[str, str | float]:
    process = registry.fresh(registry.medium)
    publish(process, "2.1.0")
    publishes = [_milliseconds(partial(publish, process, f"3.{run}.0")) for run in range(runs)]
    writes = [_milliseconds(partial(_write, registry.medium, run)) for run in range(runs)]
    return {
        "medium": name,
        "writes": median(writes),
        "publish": median(publishes),
        "ratio": median(publishes) / median(writes),
    }


def _served(versions: int, runs: int) -> list[dict[str, str | float]]:
    """Measure the first and the last publishes of a package that grows, through the local server over a folder."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "served") as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        took = [_milliseconds(partial(_send, connection, package(f"1.{run}.0"))) for run in range(versions)]
        connection.close()
        medium = FilesystemStore(Path(folder) / "written")
        writes = median(_milliseconds(partial(_write, medium, run)) for run in range(runs))
    parts = {"the first": took[1 : runs + 1], f"up to version {versions}": took[-runs:]}
    return [
        {
            "medium": f"serve.py, {name}",
            "writes": writes,
            "publish": median(part),
            "ratio": median(part) / writes,
        }
        for name, part in parts.items()
    ]


def _send(connection: http.client.HTTPConnection, data: bytes) -> None:
    connection.request("POST", "/v1/packages/demo", data, {"Content-Type": "application/octet-stream"})
    answer = connection.getresponse()
    told = answer.read()
    assert answer.status == HTTPStatus.CREATED, told


def _write(medium: ObjectStore, run: int) -> None:
    for number in range(EFFECTS):
        medium.put(f"baseline/{run}/{number}.json", b"x" * 2048, if_absent=True)


def _milliseconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    sys.exit(main())
