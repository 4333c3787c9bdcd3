"""What breaks users: each rule by a change that breaks, and by one near it that does not."""

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.domain.breaking import breaking_reasons
from chalicelib.domain.comparable import comparable
from chalicelib.domain.metadata import ExportsMap, Metadata
from tests.domain.described import described, exports_map, runtime_analysis

if TYPE_CHECKING:
    from tests.analyzers.pictures import Picture

ROOT = {".": {"default": "commonjs"}}
DUAL = {".": {"import": "module", "require": "commonjs"}}
MODULE = {".": {"default": "module"}}


def reasons(before: Metadata, after: Metadata) -> list[str]:
    return breaking_reasons(comparable(before), comparable(after))


def exporting(**fields: Any) -> ExportsMap:
    return exports_map(fields.pop("entries", ROOT), **fields)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            {**ROOT, "./a": {"default": "json"}}, ROOT, ["the entry `./a` was removed"], id="an entry"
        ),
        pytest.param(
            {**ROOT, "./a": {"default": "json"}},
            {"./a": {"default": "json"}},
            ["the root entry `.` was removed"],
            id="the root",
        ),
        pytest.param(ROOT, {**ROOT, "./a": {"default": "json"}}, [], id="an entry added"),
        pytest.param(
            {"./f/a": {"default": "json"}, "./f/b": {"default": "json"}},
            {"./f/*": {"default": "json"}},
            [],
            id="entries that a pattern took over",
        ),
        pytest.param(
            {"./f/a.css": {"default": "json"}},
            {"./f/*.js": {"default": "json"}},
            ["the entry `./f/a.css` was removed"],
            id="an entry that the pattern does not match",
        ),
        pytest.param(
            DUAL, MODULE, ["`.` has only ES modules left and no CommonJS file"], id="dual to ES modules"
        ),
        pytest.param(
            ROOT, MODULE, ["`.` has only ES modules left and no CommonJS file"], id="CommonJS to ES modules"
        ),
        pytest.param(ROOT, DUAL, [], id="CommonJS to dual"),
        pytest.param(MODULE, ROOT, [], id="ES modules to CommonJS, which can be imported"),
        pytest.param(MODULE, MODULE, [], id="ES modules as before"),
        pytest.param(ROOT, {".": {"default": "unknown"}}, [], id="a format nobody knows"),
    ],
)
def test_entries_that_are_lost_break(before: Any, after: Any, expected: list[str]) -> None:
    old = described({}, exports=exports_map(before))
    new = described({}, exports=exports_map(after))
    assert reasons(old, new) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            False,
            ROOT,
            ["a new exports map hides `lib/a.js` and 1 more, which could be imported by path"],
            id="files that are no entries any more",
        ),
        pytest.param(False, {**ROOT, "./*": {"default": "json"}}, [], id="all files are entries"),
        pytest.param(
            False,
            {**ROOT, "./package.json": {"default": "json"}, "./lib/*": {"default": "json"}},
            [],
            id="each file is an entry",
        ),
        pytest.param(True, ROOT, [], id="the map was there before"),
    ],
)
def test_an_exports_map_that_hides_files_breaks(*, before: bool, after: Any, expected: list[str]) -> None:
    picture: Picture = {"lib/a.js": "", "README.md": "", "package.json": {"name": "demo"}}
    old = described(picture, exports=exporting(has_export_map=before))
    new = described(picture, exports=exports_map(after))
    assert reasons(old, new) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("bundled", "none", ["the package no longer brings its types"], id="removed"),
        pytest.param("types-field", "bundled", [], id="moved"),
        pytest.param("none", "bundled", [], id="added"),
        pytest.param("none", "none", [], id="never there"),
    ],
)
def test_types_that_are_removed_break(before: str, after: str, expected: list[str]) -> None:
    old = described({}, exports=exporting(types=before))
    new = described({}, exports=exporting(types=after))
    assert reasons(old, new) == expected


def test_a_runtime_that_is_lost_breaks() -> None:
    everywhere, not_on_deno = (
        described({}, runtime=runtime_analysis()),
        described({}, runtime=runtime_analysis(deno=False)),
    )
    assert reasons(everywhere, not_on_deno) == ["the package is no longer expected to run on deno"]
    assert reasons(not_on_deno, everywhere) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            {"node": ">=14"},
            {"node": ">=18"},
            ["`engines.node` went from `>=14` to `>=18` and shuts out 14.0.0"],
            id="narrowed",
        ),
        pytest.param(
            {},
            {"node": ">=18"},
            ["`engines.node` went from `*` to `>=18` and shuts out 0.0.0"],
            id="demanded",
        ),
        pytest.param({"node": ">=18"}, {"node": ">=14"}, [], id="widened"),
        pytest.param({"node": ">=18"}, {}, [], id="dropped"),
        pytest.param({"node": "^16 || >=18"}, {"node": ">=16"}, [], id="written otherwise"),
    ],
)
def test_engines_that_are_narrowed_break(before: Any, after: Any, expected: list[str]) -> None:
    old = described({"package.json": {"engines": before}})
    new = described({"package.json": {"engines": after}})
    assert reasons(old, new) == expected


OPTIONAL = {"peerDependenciesMeta": {"a": {"optional": True}}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            {},
            {"peerDependencies": {"a": "^1"}},
            ["the peer dependency `a` (^1) must now be present"],
            id="new",
        ),
        pytest.param({}, {"peerDependencies": {"a": "^1"}, **OPTIONAL}, [], id="new but optional"),
        pytest.param(
            {"peerDependencies": {"a": "^1"}, **OPTIONAL},
            {"peerDependencies": {"a": "^1"}},
            ["the peer dependency `a` (^1) must now be present"],
            id="optional no more",
        ),
        pytest.param(
            {"peerDependencies": {"a": "^1 || ^2"}},
            {"peerDependencies": {"a": "^2"}},
            ["the peer dependency `a` went from `^1 || ^2` to `^2` and shuts out 1.0.0"],
            id="narrowed",
        ),
        pytest.param(
            {"peerDependencies": {"a": "^1"}}, {"peerDependencies": {"a": "^1 || ^2"}}, [], id="widened"
        ),
        pytest.param({"peerDependencies": {"a": "^1"}}, {}, [], id="dropped"),
        pytest.param({}, {"dependencies": {"a": "^1"}}, [], id="installed without the user"),
    ],
)
def test_stricter_peers_break(before: Any, after: Any, expected: list[str]) -> None:
    assert reasons(described({"package.json": before}), described({"package.json": after})) == expected


def test_a_long_pattern_is_matched_in_no_time() -> None:
    pattern = "./" + "a*" * 5_000
    before = described({}, exports=exports_map({"./" + "a" * 10_000: {"default": "json"}}))
    after = described({}, exports=exports_map({pattern: {"default": "json"}}))
    assert len(reasons(before, after)) == 1
