from typing import Any

import pytest

from chalicelib.analyzers import exports
from chalicelib.domain.manifest import FolderFields
from chalicelib.domain.metadata import EntryPoints
from tests.analyzers.pictures import Picture, subject

DUAL = {"types": "./a.d.ts", "import": "./a.mjs", "require": "./a.cjs"}


def package_json(**fields: Any) -> dict[str, Any]:
    return {"name": "demo", "version": "1.0.0", **fields}


def found(files: Picture) -> EntryPoints:
    value = exports.analyze(subject(files)).value
    assert isinstance(value, EntryPoints)
    return value


def test_every_way_through_the_exports_is_listed() -> None:
    files: dict[str, Any] = {
        "package.json": package_json(exports={".": DUAL}),
        "a.d.ts": "",
        "a.mjs": "",
        "a.cjs": "",
    }

    entry = found(files).map.entries[0]

    assert [(target.condition, target.path, target.format, target.exists) for target in entry.targets] == [
        ("types", "a.d.ts", "typescript", True),
        ("import", "a.mjs", "module", True),
        ("require", "a.cjs", "commonjs", True),
    ]


def test_nested_conditions_are_joined_in_their_order() -> None:
    nested = {"node": {"import": "./a.mjs"}, "default": "./b.js"}

    entry = found({"package.json": package_json(exports=nested), "a.mjs": ""}).map.entries[0]

    assert [target.condition for target in entry.targets] == ["node.import", "default"]


def test_a_target_that_is_missing_is_told() -> None:
    entry = found({"package.json": package_json(exports="./nope.js")}).map.entries[0]

    assert [(target.condition, target.exists) for target in entry.targets] == [("default", False)]


def test_an_entry_of_declarations_alone_is_a_type() -> None:
    stated = package_json(exports={"./types": {"types": "./a.d.ts"}, "./code": "./a.js"})

    entries = found({"package.json": stated, "a.d.ts": "", "a.js": ""}).map.entries

    assert [(entry.name, entry.type) for entry in entries] == [("./types", "type"), ("./code", "value")]


def test_a_hidden_subpath_is_not_an_entry() -> None:
    entries = found({"package.json": package_json(exports={".": "./a.js", "./x/*": None})}).map.entries

    assert [entry.name for entry in entries] == ["."]


def test_a_pattern_exists_when_it_matches_a_file() -> None:
    stated = package_json(exports={"./*": "./lib/*.js", "./t/*": "./themes/*.css"})

    entries = found({"package.json": stated, "lib/a.js": "export {}"}).map.entries

    assert [(entry.name, entry.targets[0].exists) for entry in entries] == [("./*", True), ("./t/*", False)]


def test_without_exports_module_and_main_are_the_root() -> None:
    files: dict[str, Any] = {
        "package.json": package_json(main="a.js", module="b.mjs"),
        "a.js": "",
        "b.mjs": "",
    }

    entries = found(files).map

    assert not entries.has_export_map
    assert [(target.condition, target.path) for target in entries.entries[0].targets] == [
        ("module", "b.mjs"),
        ("default", "a.js"),
    ]


def test_without_any_field_the_index_is_the_root() -> None:
    assert found({"index.js": ""}).map.entries[0].targets[0].path == "index.js"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"exports": {"import": "./a.mjs", "require": "./a.cjs"}}, "hybrid"),
        ({"exports": "./a.mjs"}, "esm"),
        ({"main": "a.cjs"}, "cjs"),
        ({"type": "module"}, "esm"),
        ({}, "cjs"),
    ],
)
def test_the_format_is_that_of_the_root(fields: dict[str, Any], expected: str) -> None:
    files: dict[str, Any] = {"package.json": package_json(**fields), "a.mjs": "", "a.cjs": ""}

    assert found(files).map.inferred_format == expected


def test_the_fields_keep_the_order_of_exports() -> None:
    stated = {"zebra": "./z.js", "alpha": None, "default": "./a.js"}

    fields = found({"package.json": package_json(exports=stated)}).fields

    assert list(fields.exports) == ["zebra", "alpha", "default"]
    assert b'"alpha": null' in fields.to_bytes()


def test_values_of_the_wrong_kind_are_left_out() -> None:
    stated = package_json(main=["a.js"], type="esm", types=5, typesVersions="x", module="")

    fields = found({"package.json": stated, "index.js": ""}).fields

    assert fields.to_json_value() == {"scopes": {}, "folders": {}, "esmSyntax": [], "cjsSyntax": []}


def test_nested_package_json_files_are_scopes() -> None:
    files: dict[str, Any] = {
        "package.json": package_json(type="module"),
        "cjs/package.json": {"type": "commonjs"},
        "sub/package.json": {"main": "../cjs/a.js", "typings": "./a.d.ts"},
        "broken/package.json": "{",
    }

    fields = found(files).fields

    assert fields.scopes == {"broken": "none", "cjs": "commonjs", "sub": "none"}
    assert fields.folders == {"sub": FolderFields(main="../cjs/a.js", types_field="./a.d.ts")}


def test_a_file_written_unlike_its_declaration_is_listed() -> None:
    files: dict[str, Any] = {
        "package.json": package_json(exports={".": "./a.js", "./b": "./b.mjs", "./c": "./c.cjs"}),
        "a.js": "export default 1",
        "b.mjs": "module.exports = 1",
        "c.cjs": "module.exports = 1",
        "unreachable.js": "export default 1",
    }

    fields = found(files).fields

    assert (fields.esm_syntax, fields.cjs_syntax) == (["a.js"], ["b.mjs"])


def test_the_verdict_counts_the_entries() -> None:
    assert exports.analyze(subject({"index.js": ""})).verdict == "1 entry, cjs"


def test_invalid_exports_are_no_entries_and_no_failure() -> None:
    mixed = {".": "./a.js", "default": "./b.js"}

    assert found({"package.json": package_json(exports=mixed)}).map.entries == []
