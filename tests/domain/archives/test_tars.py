"""Compressed tar archives are what every reader takes them for."""

import gzip
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.domain.archives.tars import SLICE_BYTES, gzipped, tarred
from chalicelib.domain.archives.zips import Entry
from tests.domain.archives.tapes import Tape, nothing

FILES = {
    "acme-widget-1.0.0.tgz": os.urandom(100_000),
    "empty.txt": b"",
    "größe_大.txt": b"text\n" * 300_000,
    f"{'long' * 60}.txt": bytes(512),
}
GIB = 1 << 30


def entries(files: dict[str, bytes] = FILES, *, step: int = 1 << 16) -> Iterator[Entry]:
    for name, data in files.items():
        yield Entry(name, len(data), 0, [data[at : at + step] for at in range(0, len(data), step)])


@pytest.mark.parametrize("compress", [True, False])
class TestReaders:
    """What reads them."""

    def test_python_reads_what_was_put_in(self, compress: bool) -> None:
        data = b"".join(gzipped(tarred(entries()), compress=compress))

        with tarfile.open(fileobj=io.BytesIO(data), mode="r|gz") as read:
            found = {info.name: (read.extractfile(info) or io.BytesIO()).read() for info in read}
        assert found == FILES

    def test_tar_reads_what_was_put_in_and_says_nothing(self, tmp_path: Path, compress: bool) -> None:
        packed, unpacked = tmp_path / "files.tar.gz", tmp_path / "unpacked"
        unpacked.mkdir()
        packed.write_bytes(b"".join(gzipped(tarred(entries()), compress=compress)))

        subprocess.run(["gzip", "-t", packed], check=True)
        done = subprocess.run(
            ["tar", "-xzf", packed, "-C", unpacked],
            check=True,
            capture_output=True,
            env={"LC_ALL": "C.UTF-8", **os.environ},
        )

        assert done.stderr == b""
        assert {path.name: path.read_bytes() for path in unpacked.iterdir()} == FILES
        assert {path.stat().st_mode & 0o777 for path in unpacked.iterdir()} <= {0o644, 0o640, 0o600}

    def test_equal_members_make_equal_bytes_in_whatever_pieces_they_come(self, compress: bool) -> None:
        made = {
            b"".join(gzipped(tarred(entries(step=step)), compress=compress))
            for step in (7_001, SLICE_BYTES, 1 << 30)
        }

        assert len(made) == 1

    def test_it_is_one_member_without_a_time(self, compress: bool) -> None:
        data = b"".join(gzipped(tarred(entries()), compress=compress))

        assert data[4:8] == bytes(4)
        assert len(gzip.decompress(data)) % tarfile.RECORDSIZE == 0
        assert data.count(b"\x1f\x8b\x08\0\0\0\0\0\0\xff") == 1


def test_what_can_be_compressed_is() -> None:
    text = {"log.txt": b"one line like the other\n" * 100_000}

    assert len(b"".join(gzipped(tarred(entries(text)), compress=True))) < 100_000


def test_what_cannot_be_compressed_costs_next_to_nothing() -> None:
    data = {"a.tgz": os.urandom(4 << 20)}

    assert len(b"".join(gzipped(tarred(entries(data)), compress=False))) < (4 << 20) * 1.001 + 12_000


def test_an_archive_of_nothing_can_be_read() -> None:
    data = b"".join(gzipped(tarred([]), compress=False))

    with tarfile.open(fileobj=io.BytesIO(data)) as read:
        assert read.getnames() == []


def test_members_of_more_than_eight_gib_can_be_read() -> None:
    sizes = {"large.bin": 9 * GIB + 1, "last.txt": 3}
    tape = Tape(tarred(Entry(name, size, 0, nothing(size)) for name, size in sizes.items()))

    with tarfile.open(fileobj=tape) as read:
        assert {info.name: info.size for info in read} == sizes
