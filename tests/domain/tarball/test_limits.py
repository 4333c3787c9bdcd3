"""Limits: what a package may measure, and how little a bomb gets done before it is refused."""

import io
import subprocess
import sys
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidTarball
from chalicelib.domain.tarball import read_tarball
from chalicelib.domain.tarball.gunzip import WINDOW
from chalicelib.domain.tarball.refusals import (
    ExtendedHeaderTooLarge,
    PathTooLong,
    RatioExceeded,
    TooManyFiles,
    UnpackedSizeExceeded,
)
from chalicelib.settings import Limits
from tests.builders import (
    Content,
    content_bytes,
    gzipped,
    package_json,
    pax_header,
    raw_entry,
    raw_tar,
    tarball,
)

MIB = 1 << 20
PICTURE: dict[str, Content] = {"package.json": package_json(), "a.js": "1" * 100}
MANIFEST = raw_entry("package/package.json", content_bytes(package_json()))


def refused(chunks: Iterable[bytes], limits: Limits | None = None) -> Any:
    with pytest.raises(InvalidTarball) as refusal:
        read_tarball(chunks, io.BytesIO(), limits or Limits())
    return refusal.value


def repeated(entry: bytes, count: int, *, level: int = 6) -> bytes:
    return gzipped(raw_tar(MANIFEST, entry * count), level)


def test_a_package_at_its_limits_is_read() -> None:
    limits = Limits(unpacked_size=len(content_bytes(package_json())) + 100, file_count=2, path_length=20)

    read = read_tarball([tarball(PICTURE)], io.BytesIO(), limits)

    assert set(read.files) == {"package.json", "a.js"}


def test_one_byte_more_than_the_unpacked_size_is_refused() -> None:
    limits = Limits(unpacked_size=len(content_bytes(package_json())) + 99)

    refusal = refused([tarball(PICTURE)], limits)

    assert isinstance(refusal, UnpackedSizeExceeded)
    assert refusal.facts == {"path": "a.js", "size": limits.unpacked_size + 1, "limit": limits.unpacked_size}


def test_a_file_larger_than_the_limit_is_refused_by_its_header() -> None:
    header = raw_entry("package/a", size=b"\x80" + (1 << 60).to_bytes(11, "big"))

    assert isinstance(refused([gzipped(raw_tar(MANIFEST, header))]), UnpackedSizeExceeded)


def test_one_file_more_than_the_limit_is_refused() -> None:
    assert isinstance(refused([tarball(PICTURE)], Limits(file_count=1)), TooManyFiles)


def test_a_path_longer_than_the_limit_is_refused() -> None:
    assert isinstance(refused([tarball(PICTURE)], Limits(path_length=19)), PathTooLong)


def test_folders_count_as_files_do() -> None:
    data = repeated(raw_entry("package/lib", typeflag="5"), 101)

    assert isinstance(refused([data], Limits(file_count=100)), TooManyFiles)


def test_global_headers_count_as_files_do() -> None:
    data = repeated(pax_header({"comment": "x"}, typeflag="g"), 101)

    assert isinstance(refused([data], Limits(file_count=100)), TooManyFiles)


def test_all_extended_headers_together_are_limited() -> None:
    entries = [raw_entry(f"package/{n}", pax={"comment": "x" * (MIB - 100)}) for n in range(66)]

    refusal = refused([gzipped(raw_tar(MANIFEST, *entries))], Limits(ratio=10_000))

    assert isinstance(refusal, ExtendedHeaderTooLarge)
    assert refusal.facts["limit"] == 64 * MIB


def test_a_small_package_may_compress_as_well_as_it_likes() -> None:
    data = tarball({"package.json": package_json(), "zeros.bin": bytes(6 * MIB)})

    read = read_tarball([data], io.BytesIO())

    assert read.files["zeros.bin"].size == 6 * MIB > 800 * len(data)


def test_the_default_limits_admit_the_most_compressible_package_that_was_measured() -> None:
    generator = Random(31)
    block = b"".join(generator.randbytes(24) + bytes(1000) for _ in range(8 << 10))
    data = tarball({"package.json": package_json(), "table.bin": block})

    assert len(block) / len(data) > 31
    assert read_tarball([data], io.BytesIO(), Limits()).files["table.bin"].size == len(block)


BOMBS = [
    pytest.param(raw_entry("package/zeros", bytes(64 * MIB)), 1, id="one large file"),
    pytest.param(raw_entry("package/lib", typeflag="5"), 100_000, id="very many folders"),
    pytest.param(
        pax_header({"comment": "x" * 60_000}) + raw_entry("package/lib", typeflag="5"),
        1000,
        id="long pax headers",
    ),
    pytest.param(bytes(32 * MIB), 1, id="zeros after the end"),
]


@pytest.mark.parametrize("size", [1000, 256 << 10], ids=["in small chunks", "in large chunks"])
@pytest.mark.parametrize(("entry", "count"), BOMBS)
def test_a_bomb_is_refused_before_it_has_inflated_far(entry: bytes, count: int, size: int) -> None:
    data = repeated(entry, count)
    consumed = 0

    def chunks() -> Iterator[bytes]:
        nonlocal consumed
        for start in range(0, len(data), size):
            consumed = start + size
            yield data[start : start + size]

    refusal = refused(chunks())

    assert refusal.code in {"ratio_exceeded", "data_after_end"}
    assert refusal.facts.get("inflated", 0) <= 7 * MIB
    assert consumed <= WINDOW + size


def test_a_bomb_leaves_memory_flat() -> None:
    data = repeated(raw_entry("package/zeros", bytes(64 * MIB)), 1)
    tracemalloc.start()

    assert isinstance(refused([data]), RatioExceeded)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 * MIB


STREAMED = """
import io, random, resource, zlib
from chalicelib.domain.tarball import read_tarball
from tests.builders import END_OF_ARCHIVE, content_bytes, package_json, raw_entry

class Nowhere(io.RawIOBase):
    def write(self, data):
        return len(data)

NOISE = random.Random(1).randbytes(1 << 20)

def entries(files):
    yield raw_entry("package/package.json", content_bytes(package_json()))
    for number in range(files):
        yield raw_entry(f"package/{number}", NOISE)
    yield END_OF_ARCHIVE

def chunks(files):
    compressor = zlib.compressobj(0, zlib.DEFLATED, 31)
    for entry in entries(files):
        yield compressor.compress(entry)
    yield compressor.flush()

def peak_after(files):
    assert len(read_tarball(chunks(files), Nowhere()).files) == files + 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

small = peak_after(4)
print(peak_after(100) - small)
"""


def test_memory_does_not_grow_with_the_package() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STREAMED],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) < 4 * 1024, "KiB more for 96 MiB more"
