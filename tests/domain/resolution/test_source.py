import time

import pytest

from chalicelib.domain.resolution.source import Import, read_source


def imported(text: str) -> list[str]:
    return [item.specifier for item in read_source(text.encode()).imports]


@pytest.mark.parametrize(
    "text",
    [
        'import "x"',
        "import'x'",
        "import a from 'x'",
        "import a,{b as c}from'x'",
        "import * as a from 'x'",
        "import {\n  a,\n  b,\n} from 'x'",
        "export * from 'x'",
        "export * as a from 'x'",
        "export {a as b}from'x'",
        "await import('x')",
        "import('x', { with: { type: 'json' } })",
        "const a = require('x')",
        "[...require('x')]",
        "require.resolve('x')",
        "/['\"`]/.test(a); require('x')",
        "a = b / c; require('x') / d",
        "return /[/'\"]/; import 'x'",
    ],
)
def test_an_import_is_seen(text: str) -> None:
    assert imported(text) == ["x"]


@pytest.mark.parametrize(
    "text",
    [
        "// import 'x'",
        "/* require('x') */",
        "\"import 'x'\"",
        "`require('x')`",
        "object.require('x')",
        "important('x')",
        "myrequire('x')",
        "require(name)",
        "const text = 'it\\'s'; // require('x')",
    ],
)
def test_what_only_looks_like_an_import_is_not_seen(text: str) -> None:
    assert imported(text) == []


def test_kinds_are_told_apart_and_order_is_kept() -> None:
    source = read_source(b"import 'a'; require('b'); import('c'); import 'a'")

    assert source.imports == (Import("a", "import"), Import("b", "require"), Import("c", "dynamic"))


@pytest.mark.parametrize(
    ("text", "esm", "commonjs"),
    [
        ("export default 1", True, False),
        ("export const a = 1", True, False),
        ("(0);export{a}", True, False),
        ("console.log(import.meta.url)", True, False),
        ("await something()", True, False),
        ("import 'x'; module.exports = 1", True, False),
        ("module.exports = 1", False, True),
        ("exports.a = 1", False, True),
        ('Object.defineProperty(exports, "__esModule", {})', False, True),
        ("import('x')", False, False),
        ("async function f() { await g() }", False, False),
        ("const o = { export: 1, import: 2 }", False, False),
        ("// export default 1", False, False),
        ("exports.a == 1", False, False),
    ],
)
def test_the_way_a_file_is_written_is_seen(text: str, esm: bool, commonjs: bool) -> None:
    source = read_source(text.encode())

    assert (source.esm, source.commonjs) == (esm, commonjs)


def test_globals_of_a_runtime_and_their_guards_are_seen() -> None:
    source = read_source(b"if (typeof Deno !== 'undefined') Deno.exit(); Bun.serve({}); x.Deno.y; 'Bun.z'")

    assert source.globals == {"Deno", "Bun"}
    assert source.guards == {"Deno"}


@pytest.mark.parametrize(
    "piece",
    [
        "import {",
        "import ",
        "export {",
        "export *",
        "return /[",
        "=/a[b",
        "/* ",
        '"\\',
        "`\\",
        "require(",
        "a,{x,",
    ],
)
def test_time_grows_with_the_file_and_not_faster(piece: str) -> None:
    def seconds(count: int) -> float:
        data = (piece * count + "import").encode()
        begin = time.process_time()
        read_source(data)
        return time.process_time() - begin

    # Eight times the text may take eight times as long, not sixty-four times.
    assert seconds(16000) < 24 * max(seconds(2000), 0.005)
