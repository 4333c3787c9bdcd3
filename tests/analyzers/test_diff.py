"""The diff against the previous version, in numbers."""

from chalicelib.analyzers import diff
from chalicelib.analyzers.base import Found
from chalicelib.domain.comparison.diff import diff_versions
from chalicelib.domain.metadata import DiffSummary, Metadata
from tests.analyzers.pictures import Picture, subject
from tests.domain.described import described, results_of

TWO_ENTRIES: Picture = {
    "a.js": "1",
    "b.js": "1",
    "package.json": {"exports": {"./a": "./a.js", "./b": "./b.js"}},
}
ONE_ENTRY: Picture = {"a.js": "1", "b.js": "1", "package.json": {"exports": {"./a": "./a.js"}}}


def analyzed(picture: Picture, previous: Metadata | None) -> Found:
    results = {name: value for name, value in results_of(picture).items() if name in diff.requires}
    return diff.analyze(subject(picture, version="1.1.0", previous=previous, results=results))


def test_of_a_first_version_every_file_is_new() -> None:
    found = analyzed({"a.js": "1"}, None)
    assert found.value == DiffSummary(added=2, removed=0, modified=0, breaking=False, reasons=[])
    assert found.verdict == "first version"


def test_files_are_counted_by_what_became_of_them() -> None:
    found = analyzed({"b.js": "22", "c.js": "1"}, described({"a.js": "1", "b.js": "11"}))
    expected = DiffSummary(previous="1.0.0", added=1, removed=1, modified=1, breaking=False, reasons=[])
    assert found.value == expected
    assert found.verdict == "1 added, 1 removed, 1 modified since 1.0.0"


def test_a_version_that_takes_something_away_is_breaking() -> None:
    found = analyzed(ONE_ENTRY, described(TWO_ENTRIES))
    assert found.value.breaking
    assert found.value.reasons == ["the entry `./b` was removed"]
    assert found.verdict.endswith(", breaking")


def test_a_version_that_adds_something_is_not_breaking() -> None:
    assert not analyzed(TWO_ENTRIES, described(ONE_ENTRY)).value.breaking


def test_the_summary_agrees_with_the_diff_of_the_stored_versions() -> None:
    old: Picture = {"a.js": "1", "package.json": {"name": "demo", "peerDependencies": {"p": "*"}}}
    new: Picture = {"a.js": "2", "package.json": {"name": "demo", "peerDependencies": {"p": "^2", "q": "1"}}}
    before = described(old)
    summary = analyzed(new, before).value
    whole = diff_versions(before, described(new, "1.1.0"))
    assert summary.reasons == whole.reasons
    assert len(summary.reasons) == 2
    assert summary.modified == len(whole.files) == 2
