"""How fast archives are made on a folder, and in how much memory.

    python benchmarks/archives.py [--json] [--runs 3] [--megabytes 400]

The baseline of the same run copies the same bytes out of the same objects into one, as the driver streams and flushes
them: nobody can write an archive faster. Every case is a process of its own, whose memory is what it has taken at its
peak beyond what it began with. Times are of the whole job, with its lease, its log and its checkpoint. Medians count.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chalicelib.container import Container  # noqa: E402 - the path comes first
from chalicelib.domain.archives.documents import Archive, ArchiveFormat, Member, archive_of  # noqa: E402 - the same
from chalicelib.domain.executions.records import Job  # noqa: E402 - the same
from chalicelib.services.archiving import ARCHIVE, job_of  # noqa: E402 - the same
from chalicelib.settings import Settings  # noqa: E402 - the same
from tests.services.archiving.shelves import SID, Shelf, shelved  # noqa: E402 - the same

MEGABYTE: Final = 1 << 20
LINE: Final = b'{"level":"info","message":"a line of a log, much like the one before it","took":17}\n'


class Tarballs(Shelf):
    """A bucket whose files are tarballs, named by their versions."""

    def __init__(self, container: Container) -> None:
        super().__init__()
        self._container = container

    def open(self, fid: str) -> Iterator[bytes]:
        """Read a tarball."""
        return self._container.artifacts.open_tarball("demo", fid)


class Case(NamedTuple):
    """Something to measure: members of a size, of bytes that can be compressed or not."""

    name: str
    size: int
    kind: ArchiveFormat | None
    bucket: bool = False
    text: bool = False


CASES: Final = (
    Case("copy, 5 MiB each", 5 * MEGABYTE, None),
    Case("zip", 5 * MEGABYTE, "zip"),
    Case("tar.gz, stored", 5 * MEGABYTE, "tar.gz"),
    Case("copy, 20 KiB each", 20 << 10, None),
    Case("zip", 20 << 10, "zip"),
    Case("tar.gz, stored", 20 << 10, "tar.gz"),
    Case("copy, 100 MiB each", 100 * MEGABYTE, None),
    Case("zip, read twice", 100 * MEGABYTE, "zip"),
    Case("tar.gz, compressed", 100 * MEGABYTE, "tar.gz", bucket=True),
    Case("tar.gz of text", 100 * MEGABYTE, "tar.gz", bucket=True, text=True),
)


def main() -> int:
    """Measure, and print a table of speeds, of ratios to copying, and of memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument("--runs", type=int, default=3, help="runs per row (default: 3)")
    parser.add_argument(
        "--megabytes", type=int, default=400, help="of the members of each archive (default: 400)"
    )
    args = parser.parse_args()
    rows, baseline = [], 1.0
    for case in CASES:
        row = _measured(case, args.runs, args.megabytes * MEGABYTE)
        baseline = row["speed"] if case.kind is None else baseline
        rows.append({**row, "ratio": row["speed"] / baseline})
    if args.json:
        print(json.dumps(rows, indent=2))
        return 0
    print(f"{'case':<24}{'members':>9}{'MB/s':>9}{'of copying':>12}{'memory':>10}")
    for row in rows:
        print(
            f"{row['case']:<24}{row['members']:>9}{row['speed']:>9.0f}{row['ratio']:>11.2f}x"
            f"{row['memory']:>6.0f} MiB"
        )
    return 0


def _measured(case: Case, runs: int, total: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        archive = _stored(Path(folder), case, total)
        results = [_alone(lambda: _run(Path(folder), case, archive)) for _ in range(runs)]
    seconds, memory = (median(values) for values in zip(*results, strict=True))
    return {
        "case": case.name,
        "members": len(archive.members),
        "speed": archive.size / seconds / 1e6,
        "memory": memory,
    }


def _stored(folder: Path, case: Case, total: int) -> Archive:
    """Put members into a registry's folder, and tell what the archive of them is to be."""
    container = _process(folder)
    members = []
    for number in range(max(total // case.size, 1)):
        data = (LINE * (case.size // len(LINE) + 1))[: case.size] if case.text else os.urandom(case.size)
        version = f"{number}.0.0"
        container.artifact_store.put(container.artifact_keys.tarball("demo", version), data, durable=False)
        members.append(
            Member(name=f"{number}.bin", size=case.size, file=version)
            if case.bucket
            else Member(name=f"{number}.tgz", size=case.size, package="demo", version=version)
        )
    archive = archive_of(members, case.kind or "zip", bucket=SID if case.bucket else None)
    container.archives.describe(archive)
    return archive


def _process(folder: Path) -> Container:
    container = Container(
        Settings(storage_driver="filesystem", storage_root=folder, max_archive_bytes=1 << 50)
    )
    return shelved(container, Tarballs(container))


def _run(folder: Path, case: Case, archive: Archive) -> float:
    """Make the archive, or copy what belongs into it; answers the seconds."""
    container = _process(folder)
    started = time.perf_counter()
    if case.kind is None:
        container.artifact_store.put_stream("copied", _all(container, archive))
    else:
        job = Job(id=job_of(archive.id), type=ARCHIVE, started_at=0, digest=archive.id, attempts=0)
        container.executions.store_job(job)
        ended = container.working.work(job.id)
        assert ended.state == "completed", ended.error
    seconds = time.perf_counter() - started
    container.artifact_store.delete("copied")
    container.archives.remove(archive)
    return seconds


def _all(container: Container, archive: Archive) -> Iterator[bytes]:
    for member in archive.members:
        yield from container.artifacts.open_tarball("demo", member.version or member.file or "")


def _alone(run: Callable[[], float]) -> tuple[float, float]:
    """Run something in a process of its own; answers its seconds, and the MiB that it took at its peak."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def work() -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = run()
        sender.send((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))

    process = context.Process(target=work)
    process.start()
    result: tuple[float, float] = receiver.recv()
    process.join()
    return result


if __name__ == "__main__":
    sys.exit(main())
