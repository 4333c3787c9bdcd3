"""The pack: every file is one byte range that is a gzip body, and the end of the object finds them all."""

import gzip
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import Buffer

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.pack import SLICE, PackEntry, PackIndex, PackWriter, unpack_member
from chalicelib.domain.package import FileRecord

CONTENTS = {"a.js": b"export default 1\n", "empty": b"", "bin/run.sh": b"#!/bin/sh\n" * 50}
TRAILER = 16


def packed(contents: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    writer = PackWriter(sink)
    for path, data in contents.items():
        writer.add(path, [data], executable=path.endswith(".sh"))
    writer.finish()
    return sink.getvalue()


def index_of(pack: bytes) -> PackIndex:
    index = PackIndex.from_suffix(pack, len(pack))
    assert isinstance(index, PackIndex)
    return index


def test_each_byte_range_is_a_finished_gzip_body() -> None:
    pack = packed(CONTENTS)

    bodies = {path: pack[entry.offset : entry.end] for path, entry in index_of(pack).entries.items()}

    assert {path: gzip.decompress(body) for path, body in bodies.items()} == CONTENTS


def test_an_entry_describes_its_file() -> None:
    pack = packed(CONTENTS)

    entry = index_of(pack).entries["bin/run.sh"]

    assert entry.record() == FileRecord(
        path="bin/run.sh",
        size=500,
        gzip_size=entry.length,
        sha256=hashlib.sha256(CONTENTS["bin/run.sh"]).hexdigest(),
        executable=True,
    )


def test_the_writer_answers_the_index_that_it_wrote() -> None:
    sink = io.BytesIO()
    writer = PackWriter(sink)
    entry = writer.add("a.js", [b"1"])

    index = writer.finish()

    assert index.entries == {"a.js": entry} == index_of(sink.getvalue()).entries


def test_a_suffix_of_the_length_asked_for_finds_the_index() -> None:
    pack = packed(CONTENTS)

    first = PackIndex.from_suffix(pack[-3:], len(pack))
    second = PackIndex.from_suffix(pack[-TRAILER:], len(pack))

    assert first == TRAILER
    assert isinstance(second, int)
    assert second < len(pack)
    assert PackIndex.from_suffix(pack[-second:], len(pack)) == index_of(pack)
    assert PackIndex.from_suffix(pack[-second + 1 :], len(pack)) == second


def test_a_pack_without_files_has_an_empty_index() -> None:
    assert index_of(packed({})).entries == {}


def test_equal_files_give_equal_bytes() -> None:
    assert packed(CONTENTS) == packed(dict(CONTENTS))


def test_a_member_has_neither_name_nor_time() -> None:
    assert packed(CONTENTS)[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


@pytest.mark.parametrize(
    "size", [0, 1, SLICE - 1, SLICE, SLICE + 1, 2 * SLICE, 3 * SLICE + 17], ids=lambda size: f"{size} bytes"
)
@pytest.mark.parametrize(
    "cut", [1000, SLICE - 1, SLICE, SLICE + 1, 5 * SLICE], ids=lambda cut: f"cut at {cut}"
)
def test_a_member_does_not_depend_on_how_the_bytes_come(size: int, cut: int) -> None:
    data = (b"a line of text that repeats itself, number %d\n" * (size // 40 + 1))[:size]
    sink = io.BytesIO()

    entry = PackWriter(sink).add("a", (data[start : start + cut] for start in range(0, size, cut)))

    assert sink.getvalue() == packed({"a": data})[: entry.length]
    assert entry.unpack(sink.getvalue()) == data


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.binary(max_size=2000), max_size=8))
def test_what_is_packed_is_unpacked(contents: dict[str, bytes]) -> None:
    pack = packed(contents)

    entries = index_of(pack).entries

    assert list(entries) == list(contents)
    assert {path: entry.unpack(pack[entry.offset : entry.end]) for path, entry in entries.items()} == contents


def test_a_member_with_other_bytes_is_not_unpacked() -> None:
    entry = PackEntry("a", 0, 21, 1, hashlib.sha256(b"1").hexdigest())

    with pytest.raises(UnreadableDocument, match="digest"):
        entry.unpack(gzip.compress(b"2"))


@pytest.mark.parametrize(
    "member", [b"", b"text", gzip.compress(b"text")[:-1]], ids=["none", "text", "cut off"]
)
def test_what_is_not_a_member_is_not_unpacked(member: bytes) -> None:
    with pytest.raises(UnreadableDocument):
        unpack_member(member)


def with_index(index: bytes) -> bytes:
    member = gzip.compress(index)
    return member + len(member).to_bytes(8, "big") + b"PRISMPK1"


WHOLE = packed(CONTENTS)


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"text" * 100, id="something else"),
        pytest.param(WHOLE[:-1], id="cut off at the end"),
        pytest.param(WHOLE[1:], id="cut off at the start"),
        pytest.param(WHOLE[-TRAILER:], id="a trailer alone"),
        pytest.param(WHOLE[: -TRAILER - 4] + bytes(4) + WHOLE[-TRAILER:], id="a damaged index"),
        pytest.param(with_index(b'{"format":2,"files":[]}'), id="another format"),
        pytest.param(with_index(b"[]"), id="an index of another shape"),
        pytest.param(with_index(b'{"format":1,"files":[["a"]]}'), id="an entry of another shape"),
        pytest.param(
            with_index(b'{"format":1,"files":[["a",-5,0,"",false],["b",5,0,"",false]]}'),
            id="a negative length",
        ),
    ],
)
def test_a_damaged_pack_is_not_read(pack: bytes) -> None:
    with pytest.raises(UnreadableDocument):
        PackIndex.from_suffix(pack, len(pack))


def test_a_file_larger_than_memory_passes_through() -> None:
    sink = Largest()
    pieces = (bytes(SLICE // 2) for _ in range(64))

    entry = PackWriter(sink).add("zeros", pieces)

    assert entry.size == 32 * SLICE
    assert sink.largest < SLICE


class Largest(io.BytesIO):
    """A sink that remembers its largest write."""

    largest = 0

    def write(self, data: Buffer) -> int:
        written = super().write(data)
        self.largest = max(self.largest, written)
        return written
