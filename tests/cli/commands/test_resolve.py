"""`resolve` beyond one plain entry: names of `imports`, the way as a tree, notes, and many at once."""

import json
from typing import Any

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism, text
from tests.cli.documents import RESOLUTION
from tests.cli.fake_registry import FakeRegistry, Reply, problem

ASKED = "GET /v1/resolve?spec=widget&runtime=node&mode=import"
TRACE = [
    {"key": "./*", "condition": "", "outcome": "less_specific"},
    {"key": "./sub", "condition": "bun", "outcome": "not_a_condition"},
    {"key": "./sub", "condition": "node.import", "outcome": "found"},
    {"key": "./sub", "condition": "default", "outcome": "not_reached"},
]


def test_a_name_of_imports_shows_where_it_leads(prism: Prism, registry: FakeRegistry) -> None:
    answer: dict[str, Any] = {name: RESOLUTION[name] for name in ("name", "version", "runtime", "mode")}
    leads = {"kind": "package", "specifier": "dep/x", "name": "dep", "subpath": "./x", "spec": "dep@^1/x"}
    target = "/v1/resolve?spec=widget%2F%23dep&runtime=node&mode=import&from=lib%2Fa.js"
    registry.answer(f"GET {target}", {**answer, "subpath": "#dep", "dependency": leads})

    result = prism("resolve", "widget/#dep", "--from", "lib/a.js")

    assert result.out == text("""
        Spec      widget@1.1.0/#dep
        Runtime   deno (import)
        Leads to  dep/x (package)
        Resolve   dep@^1/x
    """)


def test_the_way_is_shown_as_a_tree(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(f"{ASKED}&explain=true", {**RESOLUTION, "trace": TRACE})

    out = prism("resolve", "widget", "--explain").out

    assert out.endswith(
        text("""
        ./*  matches as well, but is less specific
        ./sub
        ├── bun          not a condition here
        ├── node.import  found
        └── default      not looked at, since an earlier one led somewhere
    """)
    )


def test_the_way_to_a_failure_is_shown_too(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(f"{ASKED}&explain=true", problem(404, "entry_not_found", "no entry", trace=TRACE[1:2]))

    result = prism("resolve", "widget", "--explain")

    assert result.out == "./sub\n└── bun  not a condition here\n"
    assert result.status is ExitStatus.NOT_FOUND


def test_a_note_is_said(prism: Prism, registry: FakeRegistry) -> None:
    note = {"code": "shadowed_by_builtin", "runtime": "bun", "detail": "bun loads its own `ws`"}
    registry.answer(ASKED, {**RESOLUTION, "notes": [note]})

    assert prism("resolve", "widget").err == "note: bun loads its own `ws`\n"


def test_several_are_asked_for_at_once_and_shown_in_a_table(prism: Prism, registry: FakeRegistry) -> None:
    failed = {"status": 404, "code": "package_not_found", "detail": "no package `gone`"}
    items = [
        {"spec": "widget/sub", "runtime": "deno", "mode": "import", "resolution": RESOLUTION},
        {"spec": "gone", "runtime": "bun", "mode": "import", "error": failed},
    ]
    registry.answer("POST /v1/resolve", {"items": items})

    result = prism("resolve", "widget/sub", "gone", "--runtime", "deno", "--runtime", "bun")

    assert json.loads(registry.asked[0].body) == {
        "specs": ["widget/sub", "gone"],
        "runtimes": ["deno", "bun"],
        "modes": ["import"],
    }
    assert result.out == text("""
        widget@1.1.0/sub  deno  import  module  lib/sub.mjs
        gone              bun   import  error   no package `gone`
    """)
    assert result.status is ExitStatus.NOT_FOUND


def test_several_as_json_are_the_registrys_body(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("POST /v1/resolve", Reply('{"items": [ ]}'))

    assert prism("resolve", "a", "b", "--json").out == '{"items": [ ]}\n'


def test_the_way_is_for_one_alone(prism: Prism, registry: FakeRegistry) -> None:
    result = prism("resolve", "a", "b", "--explain")

    assert result.status is ExitStatus.USAGE
    assert registry.requests == []
