"""What breaks users: each rule by a change that breaks, and by one near it that does not."""

from typing import Any

import pytest

from chalicelib.domain.comparison.breaking import breaking_reasons
from chalicelib.domain.comparison.comparable import comparable
from tests.analyzers.pictures import Picture
from tests.domain.described import described

FILES = {
    "index.cjs": "module.exports = 1",
    "index.mjs": "export default 1",
    "index.d.ts": "declare const one: 1; export default one",
    "data.json": "{}",
    "f/a.js": "",
    "f/b.js": "",
}
ROOT = "./index.cjs"
DUAL = {"types": "./index.d.ts", "import": "./index.mjs", "require": "./index.cjs"}
MODULE = {"types": "./index.d.ts", "default": "./index.mjs"}


def reasons(before: Picture, after: Picture) -> list[str]:
    return breaking_reasons(comparable(described(before)), comparable(described(after)))


def with_files(**package_json: Any) -> Picture:
    return {"package.json": {"name": "demo", **package_json}, **FILES}


def without(name: str, **package_json: Any) -> Picture:
    return {path: content for path, content in with_files(**package_json).items() if path != name}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            {".": ROOT, "./a": "./data.json"}, {".": ROOT}, ["the entry `./a` was removed"], id="an entry"
        ),
        pytest.param(
            {".": ROOT, "./a": "./data.json"},
            {"./a": "./data.json"},
            [
                "the root entry `.` was removed",
                *(
                    f"the package is no longer expected to run on {each}"
                    for each in ("node", "deno", "bun", "workers")
                ),
            ],
            id="the root",
        ),
        pytest.param({".": ROOT}, {".": ROOT, "./a": "./data.json"}, [], id="an entry added"),
        pytest.param(
            {".": ROOT, "./a": "./data.json"},
            {".": ROOT, "./a": "./gone.json"},
            ["the entry `./a` leads to no file any more"],
            id="the file of an entry",
        ),
        pytest.param(
            {".": ROOT, "./a": "./gone.json"}, {".": ROOT}, [], id="an entry that never led to a file"
        ),
        pytest.param(
            {".": ROOT, "./f/a": "./f/a.js"},
            {".": ROOT, "./f/*": "./f/*.js"},
            [],
            id="taken over by a pattern",
        ),
        pytest.param(
            {".": ROOT, "./f/c": "./data.json"},
            {".": ROOT, "./f/*": "./f/*.js"},
            ["the entry `./f/c` was removed"],
            id="a pattern without a file for it",
        ),
        pytest.param(
            {".": ROOT, "./f/*": "./f/*.js"},
            {".": ROOT, "./f/a": "./f/a.js", "./f/b": "./f/b.js"},
            [],
            id="a pattern taken over by entries for all its files",
        ),
        pytest.param(
            {".": ROOT, "./f/*": "./f/*.js"},
            {".": ROOT, "./f/a": "./f/a.js"},
            ["the entry `./f/*` was removed"],
            id="a pattern of which a file is lost",
        ),
        pytest.param(
            {".": ROOT, "./f/*": "./f/*.js"}, {".": ROOT, "./*": "./*.js"}, [], id="a wider pattern"
        ),
    ],
)
def test_entries_that_are_lost_break(before: Any, after: Any, expected: list[str]) -> None:
    assert reasons(with_files(exports=before), with_files(exports=after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        pytest.param(DUAL, MODULE, True, id="dual to ES modules"),
        pytest.param(ROOT, MODULE, True, id="CommonJS to ES modules"),
        pytest.param(ROOT, DUAL, False, id="CommonJS to dual"),
        pytest.param(MODULE, ROOT, False, id="ES modules to CommonJS, which can be imported"),
        pytest.param(MODULE, "./index.mjs", False, id="ES modules as before"),
    ],
)
def test_an_entry_that_can_be_required_no_more_breaks(before: Any, after: Any, *, breaks: bool) -> None:
    found = reasons(with_files(exports=before), with_files(exports=after))
    assert ("`.` has only ES modules left and no CommonJS file" in found) is breaks


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            {"main": "index.cjs"},
            {"exports": ROOT},
            ["a new exports map hides `data.json` and 5 more, which could be imported by path"],
            id="all but the root",
        ),
        pytest.param(
            {"main": "index.cjs"},
            {"exports": {".": ROOT, "./*": "./*", "./f/a.js": "./gone.js"}},
            ["a new exports map hides `f/a.js`, which could be imported by path"],
            id="one file",
        ),
        pytest.param(
            {"main": "index.cjs"}, {"exports": {".": ROOT, "./*": "./*"}}, [], id="all files are entries"
        ),
        pytest.param({"exports": {".": ROOT}}, {"exports": {".": ROOT}}, [], id="the map was there before"),
        pytest.param({"exports": {".": ROOT}}, {"main": "index.cjs"}, [], id="the map was removed"),
    ],
)
def test_an_exports_map_that_hides_files_breaks(before: Any, after: Any, expected: list[str]) -> None:
    assert reasons(without("index.d.ts", **before), without("index.d.ts", **after)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            with_files(exports=DUAL),
            without("index.d.ts", exports={"import": "./index.mjs", "require": "./index.cjs"}),
            ["the package no longer brings its types"],
            id="removed",
        ),
        pytest.param(
            with_files(main="index.cjs"), with_files(main="index.cjs", types="index.d.ts"), [], id="added"
        ),
    ],
)
def test_types_that_are_removed_break(before: Picture, after: Picture, expected: list[str]) -> None:
    assert reasons(before, after) == expected


def test_a_runtime_that_is_lost_breaks() -> None:
    anywhere: Picture = {"index.mjs": "export default 1", "package.json": {"exports": "./index.mjs"}}
    bun_alone = {**anywhere, "index.mjs": "import 'bun:sqlite'"}
    lost = [
        f"the package is no longer expected to run on {runtime}" for runtime in ("node", "deno", "workers")
    ]
    assert reasons(anywhere, bun_alone) == lost
    assert reasons(bun_alone, anywhere) == []


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
    assert reasons(with_files(engines=before), with_files(engines=after)) == expected


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
    assert reasons(with_files(**before), with_files(**after)) == expected
