"""Zip archives are what every reader takes them for."""

import io
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from isal import isal_zlib

from chalicelib.domain.archives.zips import Entry, zipped
from tests.domain.archives.tapes import Tape, nothing
from tests.oracles.driver import ask

FILES = {
    "acme-widget-1.0.0.tgz": b"\x1f\x8b" + bytes(range(256)) * 40,
    "empty.txt": b"",
    "größe_大.txt": b"text\n" * 1_000,
    "plain (2).txt": b"one",
}
GIB = 1 << 30


def entry(name: str, data: bytes) -> Entry:
    return Entry(name, len(data), zlib.crc32(data), [data[:7], data[7:]])


def archive(files: dict[str, bytes]) -> bytes:
    return b"".join(zipped(entry(*file) for file in files.items()))


def test_python_reads_what_was_put_in() -> None:
    with zipfile.ZipFile(io.BytesIO(archive(FILES))) as read:
        assert read.testzip() is None
        assert {info.filename: read.read(info) for info in read.infolist()} == FILES
        assert {info.date_time for info in read.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in read.infolist()} == {0o100644}
        assert all(not info.flag_bits & 0x08 for info in read.infolist()), "no descriptor follows the bytes"


def test_unzip_reads_what_was_put_in(tmp_path: Path) -> None:
    packed, unpacked = tmp_path / "files.zip", tmp_path / "unpacked"
    packed.write_bytes(archive(FILES))

    subprocess.run(["unzip", "-tq", packed], check=True, capture_output=True)
    subprocess.run(["unzip", "-q", packed, "-d", unpacked], check=True, env={"LC_ALL": "C.UTF-8"})

    assert {path.name: path.read_bytes() for path in unpacked.iterdir()} == FILES


def test_node_reads_what_was_put_in(tmp_path: Path) -> None:
    packed = tmp_path / "files.zip"
    packed.write_bytes(archive(FILES))

    [answer] = ask("unzip", [{"path": str(packed)}])

    assert answer == {name: zlib.crc32(data) for name, data in FILES.items()}


def test_equal_members_make_equal_bytes() -> None:
    cut_elsewhere = zipped(Entry(name, len(data), zlib.crc32(data), [data]) for name, data in FILES.items())

    assert b"".join(cut_elsewhere) == archive(FILES)


def test_an_archive_of_nothing_can_be_read() -> None:
    assert zipfile.ZipFile(io.BytesIO(b"".join(zipped([])))).namelist() == []


@pytest.mark.parametrize("count", [10_000, 65_535, 65_536])
def test_many_members_can_be_read(count: int) -> None:
    entries = (
        Entry(f"{number:06}.txt", 6, zlib.crc32(b"%06d" % number), [b"%06d" % number])
        for number in range(count)
    )

    read = zipfile.ZipFile(io.BytesIO(b"".join(zipped(entries))))

    assert len(read.infolist()) == count
    for number in (0, count // 2, count - 1):
        assert read.read(f"{number:06}.txt") == b"%06d" % number


class TestLarge:
    """More than 4 GiB."""

    SIZES = (4 * GIB - 1, 4 * GIB, 4 * GIB - 2, 3)

    @pytest.fixture(scope="class")
    @classmethod
    def tape(cls) -> Tape:
        def entries() -> Iterator[Entry]:
            for size in cls.SIZES[:-1]:
                yield Entry(f"{size}.bin", size, _crc(size), nothing(size))
            yield entry("last.txt", b"end")

        return Tape(zipped(entries()))

    def test_python_finds_every_member(self, tape: Tape) -> None:
        with zipfile.ZipFile(tape) as read:
            infos = read.infolist()
            assert [info.file_size for info in infos] == list(self.SIZES)
            assert [info.compress_size for info in infos] == list(self.SIZES)
            assert infos[2].header_offset > 8 * GIB
            assert read.read("last.txt") == b"end"

    def test_unzip_and_node_find_the_member_after_them(self, tape: Tape, tmp_path: Path) -> None:
        packed = tape.unroll(tmp_path / "large.zip")

        listed = subprocess.run(["unzip", "-l", packed], check=True, capture_output=True, text=True)
        last = subprocess.run(["unzip", "-p", packed, "last.txt"], check=True, capture_output=True)
        [answer] = ask("unzip", [{"path": str(packed), "only": "last.txt"}])

        assert all(str(size) in listed.stdout for size in self.SIZES)
        assert last.stdout == b"end"
        assert answer == {"last.txt": zlib.crc32(b"end")}


def _crc(size: int) -> int:
    crc = 0
    for piece in nothing(size):
        crc = isal_zlib.crc32(piece, crc)
    return crc


def test_a_reader_of_a_stream_needs_nothing_but_what_it_has_read() -> None:
    # bsdtar, and whoever reads from a pipe, goes by the headers in front of the members.
    with TemporaryFile() as file:
        file.write(archive(FILES))
        file.seek(0)
        for name, data in FILES.items():
            header = file.read(30)
            assert header[:4] == b"PK\x03\x04"
            assert int.from_bytes(header[14:18], "little") == zlib.crc32(data)
            length = int.from_bytes(header[18:22], "little")
            assert file.read(int.from_bytes(header[26:28], "little")).decode() == name
            assert file.read(length) == data
