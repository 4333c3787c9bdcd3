import dataclasses
from typing import Any

import pytest

from chalicelib.analyzers import exports, runtimes, types
from chalicelib.domain.metadata import RuntimeAnalysis
from chalicelib.domain.resolution.closure import MAX_BYTES, MAX_FILES
from tests.analyzers.pictures import Picture, subject

ALL = {"node": True, "deno": True, "bun": True, "workers": True}


def found(files: Picture) -> RuntimeAnalysis:
    asked = subject(files)
    asked = dataclasses.replace(asked, results={"exports": exports.analyze(asked).value})
    results = {**asked.results, "types": types.analyze(asked).value}
    value = runtimes.analyze(dataclasses.replace(asked, results=results)).value
    assert isinstance(value, RuntimeAnalysis)
    return value


def module(source: str, **fields: Any) -> dict[str, Any]:
    stated = {"name": "demo", "version": "1.0.0", "type": "module", "exports": "./a.js", **fields}
    return {"package.json": stated, "a.js": source}


def reasons(analysis: RuntimeAnalysis) -> list[tuple[str, str]]:
    return [(item.runtime, item.code) for item in analysis.evidence]


def test_plain_code_runs_everywhere() -> None:
    analysis = found(module("export const a = 1"))

    assert analysis.compatibility.to_json_value() == ALL
    assert analysis.evidence == []


@pytest.mark.parametrize(
    ("source", "against"),
    [
        pytest.param("import 'node:fs'", {"workers"}, id="a-builtin-workers-lack"),
        pytest.param("import 'node:path'", set(), id="a-builtin-everybody-has"),
        pytest.param("import 'node:sea'", {"deno", "bun", "workers"}, id="a-builtin-of-node-alone"),
        pytest.param("import 'sqlite'", set(), id="a-package-named-like-a-prefixed-builtin"),
        pytest.param("import 'bun:sqlite'", {"node", "deno", "workers"}, id="an-import-of-bun"),
        pytest.param("import 'cloudflare:sockets'", {"node", "deno", "bun"}, id="an-import-of-workers"),
        pytest.param("import 'https://example.com/a.js'", {"node", "bun", "workers"}, id="an-import-of-deno"),
        pytest.param("Deno.exit()", {"node", "bun", "workers"}, id="a-global-of-deno"),
        pytest.param("typeof Deno === 'object' && Deno.exit()", set(), id="a-global-asked-for-first"),
        pytest.param("await import('node:fs')", set(), id="a-dynamic-import-may-be-guarded"),
        pytest.param("export const a = require('x')", {"node", "deno", "workers"}, id="require-in-a-module"),
        pytest.param(
            "import {createRequire} from 'module'; const require = createRequire(1); require('x')",
            {"workers"},
            id="a-require-of-ones-own",
        ),
        pytest.param("// import 'node:fs'", set(), id="a-comment"),
    ],
)
def test_what_the_root_imports_is_evidence(source: str, against: set[str]) -> None:
    compatibility = found(module(source)).compatibility

    assert {name for name, fits in compatibility.to_json_value().items() if not fits} == against


def test_relative_imports_are_followed() -> None:
    files: dict[str, Any] = {
        **module("export * from './lib/b.js'"),
        "lib/b.js": "import '../c.js'",
        "c.js": "import 'bun:ffi'",
    }

    assert [(item.runtime, item.path) for item in found(files).evidence] == [
        ("node", "c.js"),
        ("deno", "c.js"),
        ("workers", "c.js"),
    ]


def test_files_that_nothing_imports_do_not_count() -> None:
    assert found({**module("export {}"), "other.js": "import 'bun:ffi'"}).evidence == []


def test_each_runtime_is_judged_by_its_own_entry() -> None:
    stated = {"bun": "./bun.js", "default": "./a.js"}
    files = {**module("export {}", exports=stated), "bun.js": "import 'bun:sqlite'"}

    assert found(files).compatibility.to_json_value() == ALL


def test_a_root_that_does_not_resolve_is_evidence() -> None:
    analysis = found(module("", exports={"bun": "./a.js"}))

    assert reasons(analysis) == [("node", "no_entry"), ("deno", "no_entry"), ("workers", "no_entry")]


def test_native_code_is_not_for_workers() -> None:
    files: dict[str, Any] = {"index.js": "require('./build/a.node')", "build/a.node": b"\x7fELF"}

    assert reasons(found(files)) == [("workers", "native_addon")]


def test_native_code_built_on_install_is_for_node_alone() -> None:
    stated = {"name": "demo", "version": "1.0.0", "scripts": {"install": "node-gyp rebuild"}}

    analysis = found({"package.json": stated, "index.js": ""})

    assert reasons(analysis) == [(runtime, "built_on_install") for runtime in ("deno", "bun", "workers")]


def test_typescript_sources_are_for_bun() -> None:
    analysis = found({**module("", exports="./a.ts"), "a.ts": "export {}"})

    assert ("node", "typescript_source") in reasons(analysis)
    assert analysis.compatibility.bun


def test_what_only_might_matter_is_a_note() -> None:
    analysis = found(module("import 'node:path'", engines={"node": ">=20"}))

    assert analysis.notes == ["workers: needs the `nodejs_compat` flag", "node: asks for `>=20`"]


def test_a_walk_that_met_its_limit_says_so() -> None:
    chain = {f"f{index}.js": f"import './f{index + 1}.js'" for index in range(MAX_FILES + 5)}

    notes = found({**module("import './f0.js'"), **chain}).notes

    assert f"node: a limit was met, {MAX_FILES} of the files from the root were read" in notes


def test_the_beginning_of_a_long_file_is_read() -> None:
    analysis = found(module("import 'bun:ffi';" + " " * MAX_BYTES))

    assert not analysis.compatibility.node
    assert "node: a limit was met, 1 of the files from the root were read" in analysis.notes


def test_circles_end() -> None:
    assert found({**module("import './b.js'"), "b.js": "import './a.js'"}).evidence == []


def test_the_same_package_gives_the_same_result() -> None:
    files = {**module("import 'node:fs'; import 'bun:ffi'; Deno.exit(); Bun.serve()"), "b.js": ""}

    assert found(files).to_bytes() == found(files).to_bytes()
