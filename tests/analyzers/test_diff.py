"""The diff against the previous version, in numbers."""

from types import SimpleNamespace
from typing import Any

from chalicelib.analyzers import dependencies, diff, files
from chalicelib.analyzers.base import Found
from chalicelib.domain.diff import diff_versions
from chalicelib.domain.metadata import DiffSummary, ExportsMap, Metadata
from tests.analyzers.pictures import Picture, subject
from tests.domain.described import described, exports_map, runtime_analysis

ENTRIES = exports_map({".": {"default": "module"}, "./a": {"default": "module"}})
FEWER = exports_map({".": {"default": "module"}})


def analyzed(picture: Picture, previous: Metadata | None, exports: ExportsMap = ENTRIES) -> Found:
    bare = subject(picture)
    results: dict[str, Any] = {
        analyzer.name: analyzer.analyze(bare).value for analyzer in (files, dependencies)
    }
    results |= {"exports": SimpleNamespace(map=exports), "runtimes": runtime_analysis()}
    return diff.analyze(subject(picture, version="1.1.0", previous=previous, results=results))


def earlier(picture: Picture) -> Metadata:
    return described(picture, exports=ENTRIES, runtime=runtime_analysis())


def test_of_a_first_version_every_file_is_new() -> None:
    found = analyzed({"a.js": "1"}, None)
    assert found.value == DiffSummary(added=2, removed=0, modified=0, breaking=False, reasons=[])
    assert found.verdict == "first version"


def test_files_are_counted_by_what_became_of_them() -> None:
    found = analyzed({"b.js": "22", "c.js": "1"}, earlier({"a.js": "1", "b.js": "11"}))
    expected = DiffSummary(previous="1.0.0", added=1, removed=1, modified=1, breaking=False, reasons=[])
    assert found.value == expected
    assert found.verdict == "1 added, 1 removed, 1 modified since 1.0.0"


def test_a_version_that_takes_something_away_is_breaking() -> None:
    found = analyzed({}, earlier({}), exports=FEWER)
    assert found.value.breaking
    assert found.value.reasons == ["the entry `./a` was removed"]
    assert found.verdict.endswith(", breaking")


def test_the_summary_agrees_with_the_diff_of_the_stored_versions() -> None:
    old: Picture = {"a.js": "1", "package.json": {"name": "demo", "peerDependencies": {"p": "*"}}}
    new: Picture = {"a.js": "2", "package.json": {"name": "demo", "peerDependencies": {"p": "^2", "q": "1"}}}
    before = earlier(old)
    summary = analyzed(new, before).value
    whole = diff_versions(before, described(new, "1.1.0", exports=ENTRIES, runtime=runtime_analysis()))
    assert summary.reasons == whole.reasons
    assert summary.modified == len(whole.files) == 2


def test_it_reads_only_what_it_requires() -> None:
    assert set(diff.requires) == {"files", "dependencies", "exports", "runtimes"}
