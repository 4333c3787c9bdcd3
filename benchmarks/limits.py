"""How much memory and time real packages take to publish in the deployed functions, under AWS's runtime client.

    python benchmarks/limits.py [--json] [--write] [name …]

Each publish is the first event of a fresh process, so that its cold start counts. `peak` is the most memory that the
process ever had resident, `wall` is from the start of the process to its answer, and `processor` is what it used of
both cores until then. Packages small enough for one invocation are published over HTTP; all are published by the event
that a bucket sends. `--write` writes the page of all limits, docs/reference/limits.md.
"""

import argparse
import contextlib
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.ingest import TARBALLS  # noqa: E402 - the path comes first
from benchmarks.ingest import fetch as fetch_tarball  # noqa: E402 - the same
from scripts.fetch_packages import fetch, pinned  # noqa: E402 - the same
from tests.emulators import S3Emulator, s3_emulator  # noqa: E402 - the same
from tests.runtime.events import s3_event  # noqa: E402 - the same
from tests.runtime.function import API_HANDLER, UPLOADS_HANDLER, Function, running  # noqa: E402 - the same
from tests.runtime.gateway import Gateway, Refused, Sent  # noqa: E402 - the same
from tests.runtime.package import unpacked  # noqa: E402 - the same
from tests.runtime.runtime_api import RequestEntityTooLarge  # noqa: E402 - the same

PAGE: Final = ROOT / "docs" / "reference" / "limits.md"
LARGEST: Final = "next@15.5.4"
"""Larger than anything that is pinned for the tests."""
PATIENCE_SECONDS: Final = 120
BEGIN: Final = "<!-- measured -->"
END: Final = "<!-- end of what was measured -->"
"""What is between them in the page is written by `--write`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a publish took: sizes in bytes, times in seconds."""

    peak: int
    wall: float
    processor: float


@dataclass(frozen=True, slots=True)
class Row:
    """One package: its tarball's size, and what its publishes took; over HTTP it may be too large."""

    package: str
    size: int
    http: Measured | None
    event: Measured


class Registry:
    """Buckets of an emulator, and fresh processes of the deployed functions over them."""

    def __init__(self, emulator: S3Emulator, log: Path) -> None:
        self._emulator = emulator
        self._log = log
        self._gateway = Gateway(unpacked().read_template())

    def over_http(self, name: str, data: bytes) -> Measured | None:
        """Publish a tarball as the body of a request; None if it is too large for the gateway or an invocation."""
        digest = hashlib.sha256(data).hexdigest()
        headers = [("Content-Type", "application/gzip"), ("x-prism-sha256", digest)]
        sent = Sent("POST", f"/v1/packages/{name.replace('/', '%2f')}", headers, data)
        with (
            self._function(API_HANDLER, self._emulator.new_bucket()) as function,
            contextlib.suppress(Refused, RequestEntityTooLarge),
        ):
            return _measured(function, self._gateway.event(sent), lambda answer: answer["statusCode"] == 201)
        return None

    def by_event(self, data: bytes) -> Measured:
        """Publish a tarball that was dropped into a bucket."""
        bucket, key = self._emulator.new_bucket(), "prism/incoming/upload.tgz"
        with contextlib.closing(self._emulator.client("s3")) as client:
            client.put_object(Bucket=bucket, Key=key, Body=data)
        with self._function(UPLOADS_HANDLER, bucket) as function:
            return _measured(
                function,
                s3_event(bucket, key),
                lambda answer: answer["verdicts"][key]["status"] == "published",
            )

    @contextlib.contextmanager
    def _function(self, handler: str, bucket: str) -> Iterator[Function]:
        variables = {
            "PRISM_S3_BUCKET": bucket,
            "PRISM_S3_ENDPOINT": self._emulator.endpoint,
            "PRISM_S3_FORCE_PATH_STYLE": "true",
            "PRISM_ACCESS": "open",
        }
        with running(
            unpacked().code, handler, variables, log=self._log, timeout=PATIENCE_SECONDS
        ) as function:
            yield function


def _measured(function: Function, event: Any, succeeded: Any) -> Measured:
    answer = function.invoke(event)
    if not succeeded(answer):
        raise SystemExit(f"not published: {str(answer)[:500]}\n{function.said()[-2000:]}")
    return Measured(function.peak_bytes, function.seconds_to_first_answer, function.processor_seconds)


def packages(named: list[str]) -> Iterator[tuple[str, bytes]]:
    """Answer `name@version` and tarball of what is named, or of everything pinned and the largest."""
    rows = [row for row in pinned() if not named or row["name"] in named]
    for row, path in zip(rows, fetch(rows), strict=True):
        yield f"{row['name']}@{row['version']}", path.read_bytes()
    if not named:
        yield LARGEST, fetch_tarball(LARGEST, TARBALLS[LARGEST]).read_bytes()


def measure(named: list[str]) -> list[Row]:
    """Answer a row for each package, the largest tarball first."""
    rows: list[Row] = []
    with s3_emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        registry = Registry(emulator, Path(folder) / "log")
        for package, data in packages(named):
            name = package.rpartition("@")[0]
            rows.append(Row(package, len(data), registry.over_http(name, data), registry.by_event(data)))
    return sorted(rows, key=lambda row: -row.size)


def write_page(rows: list[Row]) -> None:
    """Replace the page's figures."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{_figures(rows)}\n{END}{after}")


def _figures(rows: list[Row]) -> str:
    """Answer the measured part of the page."""
    every = [measured for row in rows for measured in (row.http, row.event) if measured]
    lines = "\n".join(
        f"| {row.package} | {row.size / 1e6:.2f} | {_columns(row.http)} | {_columns(row.event)} |"
        for row in rows
    )
    peak, wall = max(it.peak for it in every) / 1e6, max(it.wall for it in every)
    today = datetime.now(UTC).date()
    return f"""Measured on {today} on a 2-core machine: at most {peak:.0f} MB and {wall:.1f} s.

| package | tarball, MB | HTTP: peak, MB | wall, s | processor, s | event: peak, MB | wall, s | processor, s |
|---|--:|--:|--:|--:|--:|--:|--:|
{lines}
"""


def _columns(measured: Measured | None) -> str:
    if measured is None:
        return "too large | - | -"
    return f"{measured.peak / 1e6:.0f} | {measured.wall:.2f} | {measured.processor:.2f}"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument(
        "--write", action="store_true", help="replace the figures in docs/reference/limits.md"
    )
    parser.add_argument("names", nargs="*", help="only these of the pinned packages")
    arguments = parser.parse_args()
    if arguments.write and arguments.names:
        parser.error("--write measures everything")
    started = time.perf_counter()
    rows = measure(arguments.names)
    if arguments.write:
        write_page(rows)
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        _print(rows)
        print(f"{len(rows)} packages in {time.perf_counter() - started:.0f} s")
    return 0


def _print(rows: list[Row]) -> None:
    print(f"{'':34}{'tarball':>10} | {'over http':^27} | {'by event':^27}")
    print(
        f"{'package':34}{'MB':>10} | {'peak MB':>9}{'wall s':>9}{'cpu s':>9} | {'peak MB':>9}{'wall s':>9}{'cpu s':>9}"
    )
    for row in rows:
        print(f"{row.package:34}{row.size / 1e6:10.2f} | {_cells(row.http)} | {_cells(row.event)}")


def _cells(measured: Measured | None) -> str:
    if measured is None:
        return f"{'too large':^27}"
    return f"{measured.peak / 1e6:9.0f}{measured.wall:9.2f}{measured.processor:9.2f}"


if __name__ == "__main__":
    sys.exit(main())
