import pytest

from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.resolution.formats import file_format
from chalicelib.domain.resolution.profiles import BUN, DENO, NODE

BY_NAME = [
    ("a.mjs", None, "module"),
    ("a.cjs", "module", "commonjs"),
    ("a.js", "module", "module"),
    ("a.js", "commonjs", "commonjs"),
    ("a.js", None, "commonjs"),
    ("cli", "module", "module"),
    ("a.json", "module", "json"),
    ("a.wasm", None, "wasm"),
    ("a.node", None, "addon"),
    ("a.d.ts", None, "typescript"),
    ("a.txt", None, "unknown"),
    ("lib.d/a", None, "commonjs"),
]


@pytest.mark.parametrize(("path", "stated", "expected"), BY_NAME)
def test_extension_and_type_decide(path: str, stated: str | None, expected: str) -> None:
    fields = EntryFields.model_validate({"type": stated})

    assert file_format(path, fields, NODE) == expected


def test_the_nearest_package_json_decides() -> None:
    fields = EntryFields(type="module", scopes={"cjs": "commonjs", "cjs/raw": "none"})

    assert file_format("cjs/a.js", fields, NODE) == "commonjs"
    assert file_format("cjs/raw/a.js", fields, NODE) == "commonjs"
    assert file_format("esm/a.js", fields, NODE) == "module"


def test_without_a_type_what_is_written_decides() -> None:
    fields = EntryFields(scopes={"lib": "none"}, esm_syntax=["a.js", "lib/a.js"])

    assert file_format("a.js", fields, NODE) == file_format("lib/a.js", fields, NODE) == "module"


def test_a_module_declared_commonjs_is_one_for_deno_and_bun() -> None:
    fields = EntryFields(type="commonjs", esm_syntax=["a.cjs", "a.js"])

    assert [file_format("a.js", fields, profile) for profile in (NODE, DENO, BUN)] == [
        "commonjs",
        "module",
        "module",
    ]
    assert [file_format("a.cjs", fields, profile) for profile in (NODE, DENO, BUN)] == [
        "commonjs",
        "commonjs",
        "module",
    ]


def test_commonjs_declared_a_module_is_commonjs_for_bun() -> None:
    fields = EntryFields(type="module", cjs_syntax=["a.js", "a.mjs"])

    assert file_format("a.mjs", fields, BUN) == "commonjs"
    assert file_format("a.mjs", fields, NODE) == "module"


def test_bun_runs_jsx_that_the_others_refuse() -> None:
    assert [file_format("a.jsx", EntryFields(), profile) for profile in (NODE, BUN)] == [
        "unknown",
        "commonjs",
    ]


def test_deno_takes_no_declaration_for_a_file_without_an_extension() -> None:
    fields = EntryFields(type="module", cjs_syntax=["cli"])

    assert [file_format("cli", fields, profile) for profile in (NODE, DENO)] == ["module", "commonjs"]
