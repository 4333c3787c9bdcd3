"""`info`, `resolve`, `files`, `diff` and `search`: what they ask, and the whole of what they print."""

import json
from typing import Any

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism, text
from tests.cli.documents import DIFF, FILES, PAGE, RESOLUTION, VERSION
from tests.cli.fake_registry import FakeRegistry, Reply


def test_info_shows_a_package(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/widget", PAGE)

    result = prism("info", "widget")

    assert result.out == text("""
        Package   widget
        Latest    1.1.0
        Versions  0.9.0 (yanked), 1.0.0 (deprecated), 1.1.0, 2.0.0-rc.1
        Tags      latest 1.1.0, next 2.0.0-rc.1
        Modified  2025-04-01T00:00:00.000Z
    """)
    assert (result.status, result.err) == (ExitStatus.OK, "")


def test_info_shows_a_version(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/widget/1.1.0", VERSION)

    result = prism("info", "widget@v1.1.0")

    assert result.out == text("""
        Package      widget@1.1.0
        Description  Does things �[31m
        Published    2025-03-01T00:00:00.000Z by Ada <ada@example.com>
        Licence      MIT
        Keywords     thing, other
        Tags         esm
        Format       esm
        Types        bundled
        Runtimes     node, deno, bun (not workers)
        Exports      ., ./sub
        Depends on   left ^1, right 2.x
        Contents     12 files, 34.6 kB, packed 9.9 kB
        Signals      install_script
        Score        80
        Integrity    sha512-AAAA
    """)


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        pytest.param("widget@next", "next", id="a-tag-is-the-registrys-to-read"),
        pytest.param("widget@^1", "1.1.0", id="latest-when-it-is-in-the-range"),
        pytest.param("widget@<1.1", "1.0.0", id="a-deprecated-version-when-nothing-else-fits"),
        pytest.param("widget@>=2.0.0-0", "2.0.0-rc.1", id="a-prerelease-when-the-range-names-one"),
    ],
)
def test_info_asks_for_the_version_that_is_meant(
    prism: Prism, registry: FakeRegistry, spec: str, version: str
) -> None:
    registry.answer("GET /v1/packages/widget", PAGE)
    registry.answer(f"GET /v1/packages/widget/{version}", VERSION)

    assert prism("info", spec).status is ExitStatus.OK


def test_info_of_a_range_without_versions_is_not_found(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/widget", PAGE)

    result = prism("info", "widget@0.9 || 7")

    assert result.status is ExitStatus.NOT_FOUND
    assert result.err == "error: `widget` has no version for `0.9 || 7`; its latest version is `1.1.0`\n"


def test_a_scoped_name_is_one_segment_of_the_path(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/@acme%2Fwidget", PAGE)

    assert prism("info", "@acme/widget").status is ExitStatus.OK


def test_resolve_shows_the_entry(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/resolve?spec=widget%40%5E1%2Fsub&runtime=deno&mode=import", RESOLUTION)

    result = prism("resolve", "widget@^1/sub", "--runtime", "deno")

    assert result.out == text("""
        Spec       widget@1.1.0/sub
        Runtime    deno (import)
        Format     module
        URL        https://cdn.example.com/packages/widget/1.1.0/lib/sub.mjs
        Entry      lib/sub.mjs
        Types      https://cdn.example.com/packages/widget/1.1.0/lib/sub.d.ts
        Integrity  sha512-AAAA
    """)


def test_resolve_sends_everything_that_was_asked(prism: Prism, registry: FakeRegistry) -> None:
    target = "/v1/resolve?spec=widget&runtime=bun&mode=require&baseUrl=https%3A%2F%2Fx.example"
    registry.answer(f"GET {target}", {**RESOLUTION, "deprecated": "use another"})

    result = prism("resolve", "widget", "--runtime=bun", "--mode=require", "--base-url", "https://x.example")

    assert result.err == "note: this version is deprecated: use another\n"


def test_resolve_makes_a_path_on_the_registry_an_address(prism: Prism, registry: FakeRegistry) -> None:
    answer = {**RESOLUTION, "url": "/packages/widget/1.1.0/a.js", "typesUrl": None}
    registry.answer("GET /prod/v1/resolve?spec=widget&runtime=node&mode=import", answer)

    out = prism("resolve", "widget", "--registry", f"{registry.url}/prod").out

    assert f"\nURL        {registry.url}/prod/packages/widget/1.1.0/a.js\n" in out
    assert "\nTypes      none\n" in out


def test_files_lists_sizes_and_paths(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/widget/latest/files", FILES)

    result = prism("files", "widget")

    assert result.out == "1.0 kB  lib/a.js\n 300 B  lib/b.js\n  99 B  package.json\n"
    assert result.err == "3 files, 1.4 kB\n"


def test_files_of_a_path_lists_what_lies_below_it(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/widget/1.1.0/files", FILES)

    result = prism("files", "widget@1.1.0/lib")

    assert result.out == "1.0 kB  lib/a.js\n 300 B  lib/b.js\n"


def test_files_of_a_path_that_is_not_there_is_not_found(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/widget/1.1.0/files", FILES)

    result = prism("files", "widget@1.1.0/li")

    assert result.status is ExitStatus.NOT_FOUND
    assert result.err == "error: `widget@1.1.0` has no file `li`\n"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("widget@1.0.0", "widget@1.1.0"), id="two-specs"),
        pytest.param(("widget", "1.0.0", "1.1.0"), id="a-name-and-two-versions"),
    ],
)
def test_diff_shows_what_changed(prism: Prism, registry: FakeRegistry, words: tuple[str, ...]) -> None:
    registry.answer("GET /v1/packages/widget/1.1.0/diff/1.0.0", DIFF)

    result = prism("diff", *words)

    assert result.out == text("""
        widget 1.0.0 → 1.1.0
        breaking: the entry `./old` is gone

        files:
        ~ lib/a.js (100 B → 2.0 kB)
        + lib/b.js (300 B)
        - lib/c.js (10 B)

        entries:
        + ./new
        - ./old

        dependencies:
        ~ left ^1 → ^2
        + new 1.0.0
        - old 3.0.0
    """)


def test_diff_of_equal_versions_says_so(prism: Prism, registry: FakeRegistry) -> None:
    nothing = {"files": [], "dependencies": [], "exports": {"added": [], "removed": []}}
    registry.answer(
        "GET /v1/packages/widget/1.1.0/diff/1.0.0", {**DIFF, **nothing, "breaking": False, "reasons": []}
    )

    assert prism("diff", "widget", "1.0.0", "1.1.0").out == text("""
        widget 1.0.0 → 1.1.0
        not breaking
        no changes
    """)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["widget@1.0.0"], "two versions of one package are compared", id="one"),
        pytest.param(["a@1.0.0", "b@1.0.0"], "`a` and `b` are different packages", id="different"),
    ],
)
def test_diff_of_anything_else_is_wrong_usage(prism: Prism, words: list[str], message: str) -> None:
    result = prism("diff", *words)

    assert result.status is ExitStatus.USAGE
    assert result.err.startswith(f"error: {message}\nhint: ")


def _found(name: str, version: str, description: str | None) -> dict[str, Any]:
    identifier = {"name": name, "version": version}
    return {"identifier": identifier, "description": description, "keywords": [], "tags": [], "score": 1.0}


def test_search_shows_a_line_for_each_package(prism: Prism, registry: FakeRegistry) -> None:
    results = [_found("widget", "1.1.0", "Does things"), _found("@acme/w", "0.1.0", None)]
    registry.answer("GET /v1/search?q=a+thing&limit=2", {"query": {}, "results": results, "next": "2"})

    result = prism("search", "a", "thing", "--limit", "2")

    assert result.out == "widget   1.1.0  Does things\n@acme/w  0.1.0\n"
    assert result.err == "there are more: add --cursor 2\n"


def test_search_that_finds_nothing_says_so(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/search?q=x&runtime=deno", {"query": {}, "results": []})

    result = prism("search", "x", "--runtime", "deno")

    assert (result.status, result.out, result.err) == (ExitStatus.OK, "", "nothing was found\n")


@pytest.mark.parametrize(
    ("argv", "target"),
    [
        pytest.param(["info", "widget"], "/v1/packages/widget", id="info-package"),
        pytest.param(["info", "widget@1.1.0"], "/v1/packages/widget/1.1.0", id="info-version"),
        pytest.param(["resolve", "widget"], "/v1/resolve?spec=widget&runtime=node&mode=import", id="resolve"),
        pytest.param(["files", "widget@1.1.0"], "/v1/packages/widget/1.1.0/files", id="files"),
        pytest.param(["diff", "widget", "1.0.0", "2.0.0"], "/v1/packages/widget/2.0.0/diff/1.0.0", id="diff"),
        pytest.param(["search", "x"], "/v1/search?q=x", id="search"),
        pytest.param(["tag", "widget"], "/v1/packages/widget", id="tag"),
    ],
)
def test_json_is_the_registrys_body_as_it_came(
    prism: Prism, registry: FakeRegistry, argv: list[str], target: str
) -> None:
    body = '{ "b":1,\n  "a":"\\u00e9", "z":[ ] }'
    registry.answer(f"GET {target}", Reply(body))

    result = prism(*argv, "--json")

    assert result.out == f"{body}\n"
    assert json.loads(result.out) == {"b": 1, "a": "é", "z": []}
