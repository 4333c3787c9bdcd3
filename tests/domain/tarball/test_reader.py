"""What one pass over a tarball learns."""

import hashlib
import io
import random
import tarfile
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.pack import PackIndex
from chalicelib.domain.tarball import ReadTarball, read_tarball
from tests.builders import Content, package_json, tarball

PICTURE: dict[str, Content] = {
    "package.json": package_json(),
    "lib/b.js": "2",
    "a.js": "1",
    "bin/run.sh": "#!/bin/sh\n",
}


def read(data: bytes, size: int = 1 << 20) -> tuple[ReadTarball, bytes]:
    sink = io.BytesIO()
    chunks = (data[start : start + size] for start in range(0, len(data), size))
    return read_tarball(chunks, sink), sink.getvalue()


def unpacked(pack: bytes) -> dict[str, bytes]:
    index = PackIndex.from_suffix(pack, len(pack))
    assert isinstance(index, PackIndex)
    return {path: entry.unpack(pack[entry.offset : entry.end]) for path, entry in index.entries.items()}


def test_files_are_sorted_by_path_below_the_top_directory() -> None:
    found, _ = read(tarball(PICTURE))

    assert list(found.files) == ["a.js", "bin/run.sh", "lib/b.js", "package.json"]


def test_a_file_is_known_by_size_digest_and_executable_bit() -> None:
    found, pack = read(tarball(PICTURE))

    file = found.files["bin/run.sh"]

    assert (file.size, file.sha256, file.executable) == (10, hashlib.sha256(b"#!/bin/sh\n").hexdigest(), True)
    assert not found.files["a.js"].executable
    assert file.gzip_size == found.pack.entries["bin/run.sh"].length < len(pack)


def test_the_digests_are_of_the_tarball_as_received() -> None:
    data = tarball(PICTURE)

    digests = read(data)[0].digests

    assert digests.sha1 == hashlib.sha1(data).hexdigest()
    assert digests.sha256 == hashlib.sha256(data).hexdigest()
    assert digests.sha512 == hashlib.sha512(data).hexdigest()
    assert digests.size == len(data)


def test_the_pack_holds_every_file_and_its_index() -> None:
    found, pack = read(tarball(PICTURE))

    assert unpacked(pack)["lib/b.js"] == b"2"
    assert PackIndex.from_suffix(pack, len(pack)) == found.pack


def test_package_json_keeps_the_order_of_its_keys() -> None:
    found, _ = read(
        tarball({"package.json": '{"version":"1.0.0","name":"demo","exports":{"b":"b","a":"a"}}'})
    )

    assert list(found.package_json) == ["version", "name", "exports"]
    assert list(found.package_json["exports"]) == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"name":"demo","version":"1.0.0","a":1,"a":2}', 2, id="the last of equal keys wins"),
        pytest.param(
            '\ufeff{"name":"demo","version":"1.0.0","a":1}', 1, id="a byte order mark is passed over"
        ),
        pytest.param(
            r'{"name":"demo","version":"1.0.0","a":"\ud83d\ude00"}', "😀", id="a surrogate pair is one"
        ),
    ],
)
def test_package_json_is_read_as_javascript_reads_it(text: str, value: object) -> None:
    found, _ = read(tarball({"package.json": text}))

    assert found.package_json["a"] == value


def test_only_the_package_json_at_the_root_counts() -> None:
    found, _ = read(tarball({"lib/package.json": {"type": "module"}, "package.json": package_json("demo")}))

    assert found.package_json["name"] == "demo"


def test_a_large_file_passes_in_pieces() -> None:
    data = random.Random(1).randbytes(3 << 20)

    found, pack = read(tarball({"package.json": package_json(), "data.bin": data}), size=100_000)

    assert found.files["data.bin"].sha256 == hashlib.sha256(data).hexdigest()
    assert unpacked(pack)["data.bin"] == data


NAMES = st.text(st.characters(categories=["Ll", "Nd"], max_codepoint=0x3FF), min_size=1, max_size=12)
FILES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=12).map("/".join),
    st.one_of(st.binary(max_size=3000), st.integers(0, 200_000).map(bytes)),
    max_size=10,
)


def without_collisions(files: dict[str, bytes]) -> dict[str, bytes]:
    """Keep what can stand beside each other: no folded name twice, no file that is a folder too."""
    kept: dict[str, bytes] = {}
    taken = {"package.json"}
    for path, data in files.items():
        folded = path.casefold()
        if any(
            folded == other or f"{folded}/".startswith(f"{other}/") or other.startswith(f"{folded}/")
            for other in taken
        ):
            continue
        taken.add(folded)
        kept[path] = data
    return kept


@settings(deadline=None, max_examples=60)
@given(FILES.map(without_collisions), st.integers(1, 5000))
def test_any_tree_is_read_and_packed_as_it_was_written(files: dict[str, bytes], size: int) -> None:
    picture: dict[str, Content] = {"package.json": package_json(), **files}
    data = tarball(picture)

    found, pack = read(data, size)

    contents = unpacked(pack)
    assert {path: contents[path] for path in files} == files
    assert sorted(contents) == list(found.files)
    assert read(data)[1] == pack


@settings(deadline=None, max_examples=30)
@given(FILES.map(without_collisions), st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))
def test_archives_of_the_standard_library_are_read(files: dict[str, bytes], dialect: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=dialect) as archive:
        for path, data in {**files, "package.json": b'{"name":"demo","version":"1.0.0"}'}.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))

    _, pack = read(buffer.getvalue())

    assert {path: data for path, data in unpacked(pack).items() if path != "package.json"} == files


def test_nothing_is_read_ahead_of_a_refusal() -> None:
    taken = 0

    def chunks() -> Iterator[bytes]:
        nonlocal taken
        data = tarball({"../a.js": "1", "noise": random.Random(2).randbytes(4 << 20)})
        for start in range(0, len(data), 1 << 16):
            taken += 1
            yield data[start : start + (1 << 16)]

    with pytest.raises(Exception, match=r"\.\."):
        read_tarball(chunks(), io.BytesIO())

    assert taken == 1
