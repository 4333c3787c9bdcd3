"""The file tree: nested, summed, sorted, with digests, and quick for the largest packages."""

import base64
import hashlib
from time import perf_counter

import pytest

from chalicelib.analyzers import files
from chalicelib.analyzers.base import Subject
from chalicelib.domain.metadata import FileTree, TreeNode
from chalicelib.domain.package import FileRecord, Package
from tests.analyzers.pictures import CLAIM, Picture, package, subject


def tree(picture: Picture) -> FileTree:
    value = files.analyze(subject(picture)).value
    assert isinstance(value, FileTree)
    return value


def node(picture: Picture, path: str) -> TreeNode:
    pending = list(tree(picture).tree)
    while pending:
        found = pending.pop()
        if found.path == path:
            return found
        pending.extend(found.children or ())
    raise AssertionError(f"no node {path}")


def test_every_file_of_the_package_is_in_the_tree_once() -> None:
    picture = {"a/b/c.js": "1", "a/d.js": "2", "e.js": "3"}
    assert sorted(file.path for file in tree(picture).walk_files()) == [
        "a/b/c.js",
        "a/d.js",
        "e.js",
        "package.json",
    ]


def test_directories_nest_and_depth_counts_the_segments() -> None:
    outer = node({"a/b/c.js": "1"}, "a")
    assert outer.children is not None
    inner = outer.children[0]
    assert inner.children is not None
    leaf = inner.children[0]
    assert [(each.type, each.path, each.depth) for each in (outer, inner, leaf)] == [
        ("directory", "a", 1),
        ("directory", "a/b", 2),
        ("file", "a/b/c.js", 3),
    ]


def test_a_directory_weighs_all_that_is_below_it() -> None:
    picture = {"a/b/c.js": "1" * 10, "a/d.js": "2" * 5, "e.js": "3"}
    records = package(picture).files
    size = node(picture, "a").size
    assert size.raw_bytes == 15
    assert size.gzip_bytes == records["a/b/c.js"].gzip_size + records["a/d.js"].gzip_size


def test_siblings_are_sorted_by_path_files_and_directories_together() -> None:
    picture = {"b/x.js": "", "a.js": "", "b-c.js": "", "b.js": "", "Z.js": ""}
    assert [each.path for each in tree(picture).tree] == [
        "Z.js",
        "a.js",
        "b",
        "b-c.js",
        "b.js",
        "package.json",
    ]


def test_totals_count_files_and_directories_without_the_root() -> None:
    found = tree({"a/b/c.js": "1", "a/d.js": "2"})
    assert (found.total_files, found.total_directories) == (3, 2)


def test_a_file_has_the_sri_of_its_bytes() -> None:
    expected = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
    assert node({"a.js": "hello"}, "a.js").integrity == f"sha256-{expected}"


def test_executable_files_are_marked() -> None:
    picture = {"run.sh": "", "a.js": ""}
    assert [node(picture, path).executable for path in ("run.sh", "a.js")] == [True, False]


@pytest.mark.parametrize(
    ("path", "extension"),
    [
        pytest.param("a.js", ".js", id="plain"),
        pytest.param("A.JS", ".js", id="lower case"),
        pytest.param("a.d.ts", ".ts", id="the last part alone"),
        pytest.param("LICENSE", None, id="none"),
        pytest.param(".npmrc", None, id="a leading dot begins a name"),
        pytest.param("dir.d/file", None, id="a dot in the directory"),
    ],
)
def test_the_extension_is_what_follows_the_last_dot(path: str, extension: str | None) -> None:
    assert node({path: ""}, path).extension == extension


def test_directories_have_children_and_files_have_none() -> None:
    picture = {"a/b.js": ""}
    assert (node(picture, "a").extension, node(picture, "a/b.js").children) == (None, None)


def test_the_tree_survives_storing() -> None:
    found = tree({"a/b/c.js": "1", "run.sh": ""})
    assert FileTree.from_bytes(found.to_bytes()) == found


def test_field_names_are_camel_case_in_json() -> None:
    value = tree({"a/b.js": "12"}).to_json_value()
    assert value["totalFiles"] == 2
    assert value["tree"][0]["size"] == {
        "rawBytes": 2,
        "gzipBytes": package({"a/b.js": "12"}).files["a/b.js"].gzip_size,
    }


def test_nine_thousand_files_take_little_time() -> None:
    paths = sorted(f"dist/a{number % 30}/b{number % 100}/file{number}.js" for number in range(9_000))
    records = {path: FileRecord(path, 10, 5, "ab" * 32) for path in paths}
    small = package({})
    large = Package(small.package_json, records, small.digests, small.read)
    looked_at = Subject(name=subject({}).name, version="1.0.0", package=large, claim=CLAIM)
    times = []
    for _ in range(5):
        start = perf_counter()
        files.analyze(looked_at)
        times.append(perf_counter() - start)
    # About 45 ms; the bound leaves room for a busy machine and still refuses anything quadratic.
    assert min(times) < 0.5
