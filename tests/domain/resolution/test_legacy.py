import pytest

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields, FolderFields
from chalicelib.domain.resolution.entry import resolve_entry
from chalicelib.domain.resolution.profiles import BUN, DENO, NODE, WORKERS, Mode, Profile


def lead(
    fields: EntryFields, files: set[str], subpath: str = ".", *, profile: Profile, mode: Mode = "import"
) -> str | None:
    try:
        return resolve_entry(fields, files, subpath, profile=profile, mode=mode).path
    except EntryNotFound:
        return None


EVERY = ["js", "cjs", "mjs", "ts", "cts", "mts", "tsx", "jsx", "json", "node", "wasm"]
BUN_MAIN = "js cjs cts tsx ts jsx json"
BUN_IMPORT = "mjs jsx mts js cjs tsx ts cts json"
BUN_REQUIRE = "jsx cjs js mjs mts tsx ts cts json node"
DENO_REQUIRE = "js cjs mjs wasm json node"
ORDERS = [
    pytest.param(NODE, "import", "main", "js json node", id="node-import-main"),
    pytest.param(NODE, "require", "main", "js json node", id="node-require-main"),
    pytest.param(NODE, "import", "index", "js json node", id="node-import-index"),
    pytest.param(NODE, "import", "subpath", "", id="node-import-subpath"),
    pytest.param(NODE, "require", "subpath", "js json node", id="node-require-subpath"),
    pytest.param(DENO, "import", "main", "js", id="deno-import-main"),
    pytest.param(DENO, "import", "subpath", "", id="deno-import-subpath"),
    pytest.param(DENO, "require", "main", DENO_REQUIRE, id="deno-require-main"),
    pytest.param(DENO, "require", "subpath", DENO_REQUIRE, id="deno-require-subpath"),
    pytest.param(BUN, "import", "main", BUN_MAIN, id="bun-import-main"),
    pytest.param(BUN, "require", "main", BUN_MAIN, id="bun-require-main"),
    pytest.param(BUN, "import", "index", BUN_IMPORT, id="bun-import-index"),
    pytest.param(BUN, "require", "index", BUN_REQUIRE, id="bun-require-index"),
    pytest.param(BUN, "import", "subpath", BUN_IMPORT, id="bun-import-subpath"),
    pytest.param(BUN, "require", "subpath", BUN_REQUIRE, id="bun-require-subpath"),
]


@pytest.mark.parametrize(("profile", "mode", "place", "order"), ORDERS)
def test_missing_extensions_are_tried_in_the_runtimes_order(
    profile: Profile, mode: Mode, place: str, order: str
) -> None:
    stem = "index" if place == "index" else "m"
    fields = EntryFields(main="./m") if place == "main" else EntryFields()
    files = {f"{stem}.{extension}" for extension in EVERY}
    found = []
    while (
        path := lead(fields, files, "./m" if place == "subpath" else ".", profile=profile, mode=mode)
    ) is not None:
        found.append(path.removeprefix(f"{stem}."))
        files.remove(path)

    assert found == order.split()


@pytest.mark.parametrize("profile", [NODE, DENO, BUN], ids=lambda profile: profile.name)
@pytest.mark.parametrize("main", ["nope.js", "", ".", "./", "./lib"])
def test_a_main_that_leads_nowhere_leaves_the_index(main: str, profile: Profile) -> None:
    assert lead(EntryFields(main=main), {"index.js", "lib/x.js"}, profile=profile) == "index.js"


def test_module_is_for_bun_alone_and_after_main() -> None:
    fields = EntryFields(module="m.mjs", main="nope.js")

    assert [lead(fields, {"m.mjs", "index.js"}, profile=profile) for profile in (NODE, DENO, BUN)] == [
        "index.js",
        "index.js",
        "m.mjs",
    ]


def test_without_main_bun_prefers_the_index_to_module() -> None:
    assert lead(EntryFields(module="m.mjs"), {"m.mjs", "index.js"}, profile=BUN) == "index.js"


def test_beside_module_bun_takes_an_index_with_an_extension_of_main() -> None:
    fields = EntryFields(module="m.mjs")

    assert lead(fields, {"m.mjs", "index.mjs", "index.js"}, profile=BUN) == "index.js"
    assert lead(fields, {"m.mjs", "index.mjs"}, profile=BUN) == "m.mjs"
    assert lead(fields, {"index.mjs", "index.js"}, profile=BUN) == "index.mjs"


def test_a_main_with_a_final_slash_is_a_folder_where_the_runtime_says_so() -> None:
    fields, files = EntryFields(main="lib/"), {"lib.js", "lib/index.js"}

    assert lead(fields, files, profile=BUN) == "lib/index.js"
    assert lead(fields, files, profile=DENO) == "lib/index.js"
    assert lead(fields, files, profile=DENO, mode="require") == "lib.js"
    assert lead(fields, files, profile=NODE, mode="require") == "lib.js"


def test_a_main_outside_the_package_is_an_error_in_deno() -> None:
    fields = EntryFields(main="../x.js")

    assert lead(fields, {"index.js"}, profile=NODE) == "index.js"
    assert lead(fields, {"index.js"}, profile=DENO) is None


def test_a_folders_own_main_decides_what_requiring_it_loads() -> None:
    fields = EntryFields(folders={"lib": FolderFields(main="../x")}, scopes={"lib": "none"})
    files = {"x.js", "lib/index.js"}

    assert lead(fields, files, "./lib", profile=NODE, mode="require") == "x.js"
    assert lead(fields, files, "./lib", profile=NODE) is None
    assert lead(fields, files, "./lib", profile=BUN) == "x.js"


def test_a_file_beats_a_folder_unless_a_slash_follows() -> None:
    files = {"m.js", "m/index.js"}

    assert lead(EntryFields(), files, "./m", profile=NODE, mode="require") == "m.js"
    assert lead(EntryFields(), files, "./m/", profile=NODE, mode="require") == "m/index.js"


def test_an_imported_subpath_is_a_url_in_node_and_a_path_in_deno() -> None:
    files = {"a b.js", "%61.js"}

    assert lead(EntryFields(), files, "./a%20b.js", profile=NODE) == "a b.js"
    assert lead(EntryFields(), files, "./%61.js", profile=DENO) == "%61.js"
    assert lead(EntryFields(), files, "./%61.js", profile=NODE) is None


def test_bundled_runtimes_prefer_module_to_main() -> None:
    assert lead(EntryFields(main="a.js", module="b.mjs"), {"a.js", "b.mjs"}, profile=WORKERS) == "b.mjs"
