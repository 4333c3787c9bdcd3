"""How fast tarballs are read and packed, and in how much memory, beside the standard library doing the same.

    python benchmarks/ingest.py [--json] [--runs 3]

Every measurement runs in a process of its own; the best of the runs counts. `read` is the walk with all
digests (SHA-1, SHA-256 and SHA-512 of the tarball, SHA-256 of each file); `ingest` compresses every file
besides and writes the pack. The baselines do the same work with `tarfile` and `zlib`.
"""

import argparse
import hashlib
import io
import json
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

ROOT: Final = Path(__file__).resolve().parents[1]
CACHE: Final = ROOT / ".cache" / "tarballs"
TARBALLS: Final = {
    "typescript@5.9.3": "typescript-5.9.3.tgz",
    "next@15.5.4": "next-15.5.4.tgz",
    "@aws-sdk/client-ec2@3.899.0": "aws-sdk-client-ec2-3.899.0.tgz",
}
CHUNK: Final = 256 << 10


def chunks(path: Path) -> Iterator[bytes]:
    """Answer a file in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def prism_read(path: Path, sink: BinaryIO) -> int:
    """Walk with all digests, without the pack."""
    from chalicelib.domain.digests import TarballHasher
    from chalicelib.domain.tarball.archive import Archive
    from chalicelib.domain.tarball.gunzip import gunzip
    from chalicelib.domain.tarball.source import Source
    from chalicelib.settings import Limits

    unpacked = 0
    hasher = TarballHasher()
    for file in Archive(Source(gunzip(chunks(path), hasher, Limits())), Limits()).files():
        digest = hashlib.sha256()
        for chunk in file.chunks:
            digest.update(chunk)
        digest.hexdigest()
        unpacked += file.size
    hasher.digests()
    return unpacked


def prism_ingest(path: Path, sink: BinaryIO) -> int:
    """Do what publishing does."""
    from chalicelib.domain.tarball import read_tarball

    return sum(file.size for file in read_tarball(chunks(path), sink).files.values())


class Hashing(io.RawIOBase):
    """A file that hashes what is read from it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._hashes = (hashlib.sha1(), hashlib.sha256(), hashlib.sha512())

    def read(self, size: int = -1) -> bytes:
        """Read and hash."""
        data = self._file.read(size)
        for running in self._hashes:
            running.update(data)
        return data


def tarfile_read(path: Path, sink: BinaryIO, level: int | None = None) -> int:
    """Do the same with the standard library; with a level, also compress every file into the sink."""
    unpacked = 0
    source = Hashing(path)
    with tarfile.open(fileobj=source, mode="r|gz") as archive:
        for member in archive:
            data = archive.extractfile(member)
            if data is None:
                continue
            digest = hashlib.sha256()
            compressor = zlib.compressobj(level or 0, zlib.DEFLATED, 31) if level else None
            while piece := data.read(CHUNK):
                digest.update(piece)
                if compressor:
                    sink.write(compressor.compress(piece))
            if compressor:
                sink.write(compressor.flush())
            digest.hexdigest()
            unpacked += member.size
    while source.read(CHUNK):
        pass
    return unpacked


def refusal(path: Path, sink: BinaryIO) -> int:
    """Read what is to be refused, and answer how far it had inflated."""
    from chalicelib.domain.tarball import read_tarball
    from chalicelib.domain.tarball.refusals import RatioExceeded

    try:
        read_tarball(chunks(path), sink)
    except RatioExceeded as refused:
        return int(str(refused.facts["inflated"]))
    raise SystemExit("the bomb was not refused")


WORK: Final[dict[str, Callable[[Path, BinaryIO], int]]] = {
    "prism read": prism_read,
    "tarfile read": tarfile_read,
    "prism ingest": prism_ingest,
    "tarfile ingest, zlib 1": lambda path, sink: tarfile_read(path, sink, 1),
    "tarfile ingest, zlib 6": lambda path, sink: tarfile_read(path, sink, 6),
    "prism bomb": refusal,
    "tarfile bomb": tarfile_read,
}
COMPARISONS: Final = (
    ("read", "prism read", ("tarfile read",)),
    ("ingest", "prism ingest", ("tarfile ingest, zlib 1", "tarfile ingest, zlib 6")),
)


def measure_here(work: str, path: Path) -> dict[str, Any]:
    """Do the work once, in this process."""
    do = WORK[work]
    sys.path.insert(0, str(ROOT))
    import chalicelib.domain.tarball  # noqa: F401  loading it is not part of the work

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryFile() as sink:
        started = time.perf_counter()
        size = do(path, sink)
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "bytes": size, "peak_mib": peak / 1024, "base_mib": before / 1024}


def measure(work: str, path: Path, runs: int) -> dict[str, Any]:
    """Do the work in fresh processes and answer the fastest."""
    command = [sys.executable, __file__, "--measure", work, "--path", str(path)]
    results: list[dict[str, Any]] = [
        json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(runs)
    ]
    best = min(results, key=lambda result: float(result["seconds"]))
    return {"work": work, **best, "mb_per_second": best["bytes"] / best["seconds"] / 1e6}


def fetch(spec: str, name: str) -> Path:
    """Answer a real tarball, packed once from the registry that npm is set to."""
    path = CACHE / name
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", spec, "--silent"], cwd=CACHE, check=True, stdout=subprocess.DEVNULL)
    return path


def make_bomb(path: Path, size: int = 1 << 30) -> None:
    """Write a tarball of about 1 MB whose one file inflates to 1 GiB."""
    member = tarfile.TarInfo("package/zeros")
    member.size = size
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    with path.open("wb") as file:
        file.write(compressor.compress(member.tobuf()))
        for _ in range(size >> 20):
            file.write(compressor.compress(bytes(1 << 20)))
        file.write(compressor.compress(bytes(1024)) + compressor.flush())


def compare(runs: int) -> list[dict[str, Any]]:
    """Measure every tarball and the bomb; `speedup` is against each baseline."""
    rows: list[dict[str, Any]] = []
    for spec, name in TARBALLS.items():
        path = fetch(spec, name)
        for _, work, baselines in COMPARISONS:
            ours = measure(work, path, runs)
            theirs = [measure(baseline, path, runs) for baseline in baselines]
            rows.append({"tarball": spec, **ours})
            rows.extend(
                {"tarball": spec, **row, "speedup": row["seconds"] / ours["seconds"]} for row in theirs
            )
    with tempfile.TemporaryDirectory() as folder:
        bomb = Path(folder) / "bomb.tgz"
        make_bomb(bomb)
        label = f"bomb, {bomb.stat().st_size >> 10} KiB to 1 GiB"
        rows.append({"tarball": label, **measure("prism bomb", bomb, runs)})
        rows.append({"tarball": label, **measure("tarfile bomb", bomb, 1)})
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows as a table."""
    print(f"{'tarball':30} {'work':24} {'ms':>8} {'MB/s':>6} {'peak MiB':>9} {'over base':>9}  prism is")
    for row in rows:
        speedup = f"{row['speedup']:.2f}x as fast" if "speedup" in row else ""
        print(
            f"{row['tarball']:30} {row['work']:24} {row['seconds'] * 1e3:8.1f} {row['mb_per_second']:6.0f} "
            f"{row['peak_mib']:9.1f} {row['peak_mib'] - row['base_mib']:9.1f}  {speedup}"
        )


def main() -> None:
    """Run the benchmark, or one measurement of it."""
    parser = argparse.ArgumentParser(description="Measure how tarballs are read and packed.")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--runs", type=int, default=3, help="processes for each measurement; the best counts")
    parser.add_argument("--measure", choices=WORK, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure_here(arguments.measure, arguments.path)))
        return
    rows = compare(arguments.runs)
    if arguments.json:
        print(json.dumps(rows, indent=2))
    else:
        show(rows)


if __name__ == "__main__":
    main()
