from typing import Any

import pytest

from chalicelib.domain.manifest import EntryFields, FolderFields
from chalicelib.domain.resolution.profiles import NODE, Mode
from chalicelib.domain.resolution.types import declaration_for, declarations_kind

FILES = frozenset(
    {
        *("a.js", "a.d.ts", "b.mjs", "b.d.mts", "c.cjs", "c.d.cts", "index.d.ts", "t/a.d.ts", "t/index.d.ts"),
        *("lib/index.d.ts", "lib/x.d.ts", "ts4/a.d.ts", "m.js"),
    }
)


def find(
    subpath: str = ".", mode: Mode = "import", files: frozenset[str] = FILES, **fields: Any
) -> str | None:
    return declaration_for(EntryFields(**fields), files, subpath, profile=NODE, mode=mode)


@pytest.mark.parametrize(
    ("exports", "expected"),
    [
        pytest.param("./a.js", "a.d.ts", id="beside-js"),
        pytest.param("./b.mjs", "b.d.mts", id="beside-mjs"),
        pytest.param("./c.cjs", "c.d.cts", id="beside-cjs"),
        pytest.param({"types": "./t/a.d.ts", "default": "./a.js"}, "t/a.d.ts", id="types-condition"),
        pytest.param({"import": "./a.js", "types": "./t/a.d.ts"}, "a.d.ts", id="own-key-order"),
        pytest.param({"import": "./m.js", "types": "./t/a.d.ts"}, "t/a.d.ts", id="goes-on-when-missing"),
        pytest.param({"types@>=5": "./t/a.d.ts", "types": "./a.d.ts"}, "t/a.d.ts", id="versioned-condition"),
        pytest.param({"types@<4": "./t/a.d.ts", "types": "./a.d.ts"}, "a.d.ts", id="version-not-ours"),
        pytest.param(
            {"types@nonsense..": "./t/a.d.ts", "types": "./a.d.ts"}, "a.d.ts", id="version-unreadable"
        ),
        pytest.param({"browser": "./a.js"}, None, id="no-condition"),
        pytest.param({"module-sync": "./a.js"}, None, id="not-a-compilers-condition"),
        pytest.param({"./x": "./a.js", "default": "./a.js"}, None, id="invalid-exports"),
    ],
)
def test_exports_lead_to_declarations(exports: Any, expected: str | None) -> None:
    assert find(exports=exports) == expected


def test_import_and_require_may_have_their_own() -> None:
    exports = {"import": "./b.mjs", "require": "./c.cjs"}

    assert (find(exports=exports), find(mode="require", exports=exports)) == ("b.d.mts", "c.d.cts")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"types_field": "t/a.d.ts", "main": "a.js"}, "t/a.d.ts", id="types-before-main"),
        pytest.param({"types_field": "./t", "main": "a.js"}, "t/index.d.ts", id="types-names-a-folder"),
        pytest.param({"main": "a.js"}, "a.d.ts", id="beside-main"),
        pytest.param({"main": "./a"}, "a.d.ts", id="main-without-extension"),
        pytest.param(
            {"types_field": "nope.d.ts", "main": "a.js"}, "index.d.ts", id="missing-types-skip-main"
        ),
        pytest.param({}, "index.d.ts", id="index"),
        pytest.param({"main": "a.js", "types_versions": {"*": {"*": ["ts4/*"]}}}, "ts4/a.d.ts", id="mapped"),
        pytest.param(
            {"main": "a.js", "types_versions": {"<4": {"*": ["ts4/*"]}}}, "a.d.ts", id="mapped-for-old"
        ),
        pytest.param({"types_field": "../../x.d.ts"}, "index.d.ts", id="types-outside"),
    ],
)
def test_legacy_fields_lead_to_declarations(fields: dict[str, Any], expected: str) -> None:
    assert find(**fields) == expected


def test_types_versions_do_not_count_beside_exports() -> None:
    assert find(exports="./a.js", types_versions={"*": {"*": ["ts4/*"]}}) == "a.d.ts"


def test_a_module_of_modules_leaves_nothing_out() -> None:
    assert find(main="./a", type="module") == "index.d.ts"
    assert find(main="./a", type="module", mode="require") == "a.d.ts"


def test_a_required_subpath_may_lack_its_extension_or_be_a_folder() -> None:
    assert [find("./lib/x", mode) for mode in ("import", "require")] == [None, "lib/x.d.ts"]
    assert find("./lib", "require") == "lib/index.d.ts"


def test_a_folders_package_json_names_its_types() -> None:
    folder = FolderFields(types_field="../t/a.d.ts")

    assert find("./lib", folders={"lib": folder}, scopes={"lib": "none"}) == "t/a.d.ts"


@pytest.mark.parametrize(
    ("fields", "files", "expected"),
    [
        ({"types_field": "./t/a.d.ts"}, FILES, "types-field"),
        ({"main": "a.js"}, FILES, "bundled"),
        ({"main": "a.js"}, frozenset({"a.js"}), "none"),
    ],
)
def test_declarations_come_from_a_field_or_from_beside(
    fields: dict[str, Any], files: frozenset[str], expected: str
) -> None:
    assert declarations_kind(EntryFields(**fields), files) == expected
