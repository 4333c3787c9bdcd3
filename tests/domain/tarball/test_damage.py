"""Whatever happens to the bytes, the reader answers or refuses; it never breaks."""

import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.errors import InvalidTarball
from chalicelib.domain.tarball import read_tarball
from tests.builders import content_bytes, gzipped, package_json, pax_header, raw_entry, raw_tar

ARCHIVE = raw_tar(
    pax_header({"comment": "0123456789abcdef"}, typeflag="g"),
    raw_entry("package", typeflag="5", mode=0o755),
    raw_entry("package/package.json", content_bytes(package_json())),
    raw_entry("package/long", b"1", pax={"path": "package/" + "long/" * 30 + "a.js", "size": "1"}),
    raw_entry("././@LongLink", b"package/" + b"other/" * 30 + b"b.js\x00", typeflag="L"),
    raw_entry("package/other", b"2"),
    raw_entry("c.js", b"3" * 600, prefix="package/lib"),
)
CHANGES = st.lists(st.tuples(st.integers(0, len(ARCHIVE) - 1), st.binary(min_size=1, max_size=6)), max_size=4)


def outcome(data: bytes) -> str:
    """Answer the code of the refusal, or `read`; anything else rises."""
    try:
        read_tarball([data], io.BytesIO())
    except InvalidTarball as refusal:
        return refusal.code
    return "read"


def with_true_checksums(archive: bytes) -> bytes:
    """Give every header block the checksum of its bytes, so that damage reaches what lies behind it."""
    blocks = [archive[start : start + 512] for start in range(0, len(archive), 512)]
    return b"".join(resealed(block) if block[257:262] == b"ustar" else block for block in blocks)


def resealed(block: bytes) -> bytes:
    blank = block[:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\x00 " % sum(blank) + block[156:]


def damaged(data: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    found = bytearray(data)
    for at, replacement in changes:
        found[at : at + len(replacement)] = replacement
    return bytes(found)


def test_the_archive_is_whole_before_it_is_damaged() -> None:
    assert outcome(gzipped(ARCHIVE)) == outcome(gzipped(with_true_checksums(ARCHIVE))) == "read"


@settings(deadline=None, max_examples=150)
@given(CHANGES)
@pytest.mark.parametrize(
    "seal", [with_true_checksums, bytes], ids=["true checksums", "checksums as they are"]
)
def test_a_damaged_archive_is_read_or_refused(
    seal: Callable[[bytes], bytes], changes: list[tuple[int, bytes]]
) -> None:
    outcome(gzipped(seal(damaged(ARCHIVE, changes))))


@settings(deadline=None, max_examples=150)
@given(CHANGES)
def test_damaged_gzip_data_is_read_or_refused(changes: list[tuple[int, bytes]]) -> None:
    data = gzipped(ARCHIVE)

    outcome(damaged(data, [(at % len(data), replacement) for at, replacement in changes]))


@pytest.mark.parametrize("kept", range(0, len(gzipped(ARCHIVE)), 11))
def test_a_tarball_cut_off_anywhere_is_refused(kept: int) -> None:
    assert outcome(gzipped(ARCHIVE)[:kept]) in {"truncated_gzip", "corrupt_gzip"}
