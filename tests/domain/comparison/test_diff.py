"""The diff of two versions: by content, complete, and able to rebuild one side from the other."""

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.comparison.diff import diff_versions
from chalicelib.domain.metadata import FileTree, Metadata, Size, TreeNode, VersionDiff
from tests.domain.described import described

contents = st.dictionaries(
    st.sampled_from(["a.js", "b.js", "lib/a.js", "lib/b.js", "lib/deep/c.js", "README.md", "é.js"]),
    st.sampled_from(["", "1", "2", "12", "21"]),
)


def digests(metadata: Metadata) -> dict[str, str | None]:
    assert metadata.files is not None
    return {file.path: file.integrity for file in metadata.files.walk_files()}


def changes(diff: VersionDiff) -> dict[str, str]:
    return {change.path: change.change for change in diff.files}


@given(contents)
@settings(deadline=None, max_examples=50)
def test_a_version_does_not_differ_from_itself(picture: dict[str, str]) -> None:
    side = described({**picture, "package.json": {"exports": "./a.js"}})
    diff = diff_versions(side, side)
    assert (diff.files, diff.dependencies, diff.exports.added, diff.exports.removed) == ([], [], [], [])
    assert (diff.breaking, diff.reasons) == (False, [])


@given(contents, contents)
@settings(deadline=None, max_examples=100)
def test_the_changes_rebuild_the_files_of_the_later_version(old: dict[str, str], new: dict[str, str]) -> None:
    before, after = described(old), described(new)
    rebuilt = digests(before)
    for path, change in changes(diff_versions(before, after)).items():
        if change == "removed":
            del rebuilt[path]
        else:
            assert (change == "added") == (path not in rebuilt)
            rebuilt[path] = digests(after)[path]
    assert rebuilt == digests(after)


@given(contents, contents)
@settings(deadline=None, max_examples=50)
def test_the_way_back_is_the_opposite(old: dict[str, str], new: dict[str, str]) -> None:
    before, after = described(old), described(new)
    opposite = {"added": "removed", "removed": "added", "modified": "modified"}
    there, back = diff_versions(before, after), diff_versions(after, before)
    assert {path: opposite[change] for path, change in changes(there).items()} == changes(back)


def test_an_edit_that_keeps_the_size_is_seen() -> None:
    diff = diff_versions(described({"a.js": "1 + 2"}), described({"a.js": "2 + 1"}))
    assert changes(diff) == {"a.js": "modified"}
    assert diff.files[0].before is not None
    assert diff.files[0].after is not None
    assert diff.files[0].before.raw_bytes == diff.files[0].after.raw_bytes == 5


def test_a_change_carries_the_sizes_of_the_sides_it_has() -> None:
    diff = diff_versions(described({"gone.js": "1"}), described({"new.js": "12"}))
    sides = {change.path: (change.before is not None, change.after is not None) for change in diff.files}
    assert sides == {"gone.js": (True, False), "new.js": (False, True)}


def test_files_are_ascending_by_path() -> None:
    diff = diff_versions(described({"m.js": "1"}), described({"z.js": "1", "a/b.js": "1", "m.js": "2"}))
    assert [change.path for change in diff.files] == ["a/b.js", "m.js", "z.js"]


def test_it_says_from_which_version_to_which() -> None:
    value = diff_versions(described({}, "1.0.0"), described({}, "1.1.0")).to_json_value()
    assert value["from"] == {"name": "demo", "version": "1.0.0"}
    assert value["to"] == {"name": "demo", "version": "1.1.0"}


def test_entries_that_came_and_went_are_named() -> None:
    before = described({"package.json": {"exports": {".": "./a.js", "./b": "./b.js"}}})
    after = described({"package.json": {"exports": {".": "./a.js", "./c": "./b.js"}}})
    exports = diff_versions(before, after).exports
    assert (exports.added, exports.removed) == (["./c"], ["./b"])


def test_dependencies_are_compared_in_every_group() -> None:
    before = described(
        {"package.json": {"dependencies": {"a": "1", "b": "1"}, "devDependencies": {"d": "1"}}}
    )
    after = described(
        {"package.json": {"dependencies": {"a": "2", "c": "1"}, "peerDependencies": {"d": "1"}}}
    )
    listed = [change.to_json_value() for change in diff_versions(before, after).dependencies]
    assert listed == [
        {"name": "a", "before": "1", "after": "2"},
        {"name": "b", "before": "1"},
        {"name": "c", "after": "1"},
        {"name": "d", "group": "devDependencies", "before": "1"},
        {"name": "d", "group": "peerDependencies", "after": "1"},
    ]


def test_the_sizes_of_both_versions_are_given_by_directory() -> None:
    before, after = described({"lib/a.js": "1"}), described({"src/a.js": "1"})
    diff = diff_versions(before, after).size_by_directory
    assert [directory.path for directory in diff.before] == [".", "lib"]
    assert [directory.path for directory in diff.after] == [".", "src"]


def test_what_was_not_analyzed_is_not_compared() -> None:
    whole = described({"a.js": "1", "package.json": {"exports": "./a.js"}})
    blank = whole.model_copy(update={"files": None, "exports_map": None, "runtime": None})
    for diff in (diff_versions(blank, whole), diff_versions(whole, blank)):
        assert (diff.files, diff.exports.added, diff.exports.removed, diff.reasons) == ([], [], [], [])


def test_a_diff_survives_storing() -> None:
    diff = diff_versions(described({"a.js": "1"}), described({"a.js": "2"}))
    assert VersionDiff.from_bytes(diff.to_bytes()) == diff


def test_stored_metadata_differs_as_the_fresh_does() -> None:
    before, after = described({"a.js": "1"}), described({"a.js": "2", "b/c.js": "3"})
    again = [Metadata.from_bytes(side.to_bytes()) for side in (before, after)]
    assert diff_versions(*again) == diff_versions(before, after)


def test_nine_thousand_changed_files_take_little_time() -> None:
    def large(integrity: str) -> Metadata:
        nodes = [
            TreeNode("file", f"file{number}.js", 1, Size(1, 1), ".js", executable=False, integrity=integrity)
            for number in range(9_000)
        ]
        tree = FileTree(total_files=9_000, total_directories=0, tree=nodes)
        return described({}).model_copy(update={"files": tree})

    before, after = large("sha256-A"), large("sha256-B")
    start = perf_counter()
    diff = diff_versions(before, after)
    # About 40 ms; the bound leaves room for a busy machine and still refuses anything quadratic.
    assert perf_counter() - start < 1
    assert len(diff.files) == 9_000


@pytest.mark.parametrize("version", ["1.0.1", "2.0.0"])
def test_breaking_is_said_of_the_content_whatever_the_number(version: str) -> None:
    before = described({"a.js": "1", "package.json": {"exports": {".": "./a.js"}}})
    after = described({"a.js": "1", "package.json": {"exports": {"./a": "./a.js"}}}, version)
    assert diff_versions(before, after).breaking
