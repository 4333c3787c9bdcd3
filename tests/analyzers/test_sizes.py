"""Sizes: the whole package in numbers, and each directory."""

import pytest

from chalicelib.analyzers import files, sizes
from chalicelib.analyzers.sizes import readable
from chalicelib.domain.metadata import Sizes
from tests.analyzers.pictures import Picture, package, subject

PICTURE: Picture = {
    "a/b/c.js": "1" * 10,
    "a/d.js": "2" * 5,
    "x/y.js": "3" * 3,
    "package.json": {"name": "demo"},
}


def found() -> Sizes:
    value = sizes.analyze(subject(PICTURE)).value
    assert isinstance(value, Sizes)
    return value


def test_the_distribution_sums_all_files() -> None:
    records = package(PICTURE).files.values()
    distribution = found().distribution
    assert distribution.raw_bytes == sum(record.size for record in records)
    assert distribution.gzip_bytes == sum(record.gzip_size for record in records)
    assert (distribution.file_count, distribution.directory_count) == (4, 3)


def test_directories_are_listed_after_the_root_and_ascending() -> None:
    assert [directory.path for directory in found().by_directory] == [".", "a", "a/b", "x"]


def test_a_directory_weighs_all_that_is_below_it() -> None:
    raw = {directory.path: directory.size.raw_bytes for directory in found().by_directory}
    assert raw == {".": found().distribution.raw_bytes, "a": 15, "a/b": 10, "x": 3}


def test_a_package_of_root_files_has_the_root_alone() -> None:
    value = sizes.analyze(subject({"a.js": "1"})).value
    assert [directory.path for directory in value.by_directory] == ["."]
    assert value.distribution.directory_count == 0


def test_sizes_agree_with_the_file_tree() -> None:
    tree = files.analyze(subject(PICTURE)).value
    directories = {node.path: node.size for node in tree.tree if node.type == "directory"}
    listed = {directory.path: directory.size for directory in found().by_directory}
    assert directories == {path: listed[path] for path in ("a", "x")}


@pytest.mark.parametrize(
    ("size", "words"),
    [
        pytest.param(0, "0 bytes", id="nothing"),
        pytest.param(1023, "1023 bytes", id="bytes"),
        pytest.param(1024, "1.0 KiB", id="kibibytes"),
        pytest.param(1536, "1.5 KiB", id="halves"),
        pytest.param(3 * 1024 * 1024, "3.0 MiB", id="mebibytes"),
    ],
)
def test_sizes_are_told_in_the_unit_that_fits(size: int, words: str) -> None:
    assert readable(size) == words
