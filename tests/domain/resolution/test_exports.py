from typing import Any

import pytest

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.resolution.entry import resolve_entry
from chalicelib.domain.resolution.profiles import BUN, DENO, NODE, WORKERS, Mode, Profile

FILES = frozenset(
    {
        "a.js",
        "b.js",
        "c.js",
        "index.js",
        "lib/x.js",
        "lib/x.mjs",
        "lib/index.js",
        "d/d.js",
        "s.ts",
        "package.json",
    }
)


def lead(
    exports: Any,
    subpath: str = ".",
    *,
    profile: Profile = NODE,
    mode: Mode = "import",
    files: frozenset[str] = FILES,
    **fields: Any,
) -> str:
    """Answer the path, or the reason why there is none."""
    try:
        stated = EntryFields(exports=exports, **fields)
        return resolve_entry(stated, files, subpath, profile=profile, mode=mode).path
    except EntryNotFound as error:
        return str(error.facts["reason"])


ALIKE = [
    pytest.param("./a.js", ".", "a.js", id="text-is-the-root"),
    pytest.param({"import": "./a.js", "require": "./b.js"}, ".", "a.js", id="sugar-is-the-root"),
    pytest.param({"default": "./a.js", "import": "./b.js"}, ".", "a.js", id="own-key-order-not-ours"),
    pytest.param({"node": {"foo": "./b.js"}, "default": "./a.js"}, ".", "a.js", id="nothing-nested-goes-on"),
    pytest.param({"./x": "./a.js", "./*": "./lib/*.js"}, "./x", "a.js", id="exact-key-first"),
    pytest.param({"./*": "./*", "./lib/*": "./d/*"}, "./lib/d.js", "d/d.js", id="longest-prefix-first"),
    pytest.param({"./*": "./*", "./lib/*": None}, "./lib/x.js", None, id="null-hides"),
    pytest.param({"./a*b": "./a.js"}, "./ab", "not_exported", id="star-inside-stands-for-something"),
    pytest.param([{"foo": "./a.js"}, "./b.js"], ".", "b.js", id="array-takes-the-first-usable"),
    pytest.param(["./nope.js", "./b.js"], ".", "file_missing", id="array-does-not-pass-over-missing-files"),
    pytest.param("./nope.js", ".", "file_missing", id="missing-target-is-an-error"),
    pytest.param("./a", ".", "file_missing", id="no-extension-is-added"),
    pytest.param("a.js", ".", "invalid_target", id="target-begins-with-dot-slash"),
    pytest.param("./../a.js", ".", "invalid_target", id="target-stays-inside"),
    pytest.param("./node_modules/a.js", ".", "invalid_target", id="target-avoids-node_modules"),
    pytest.param({"./*": "./lib/*"}, "./../a.js", "invalid_subpath", id="star-stays-inside"),
    pytest.param({}, ".", "not_exported", id="empty-exports-nothing"),
    pytest.param({"types": "./a.d.ts"}, ".", "no_matching_condition", id="types-alone-export-nothing"),
    pytest.param({".": "./a.js", "default": "./b.js"}, ".", "invalid_exports", id="no-mixing"),
    pytest.param({".": "./a.js"}, "./b.js", "not_exported", id="unlisted-is-not-exported"),
    pytest.param({"01": "./b.js", "default": "./a.js"}, ".", "a.js", id="padded-number-is-a-name"),
]


@pytest.mark.parametrize("profile", [NODE, DENO, BUN], ids=lambda profile: profile.name)
@pytest.mark.parametrize(("exports", "subpath", "expected"), ALIKE)
def test_the_three_runtimes_agree(exports: Any, subpath: str, expected: str | None, profile: Profile) -> None:
    hidden = "no_matching_condition" if profile is DENO else "hidden"

    assert lead(exports, subpath, profile=profile) == (expected or hidden)


DIFFERENT = [
    pytest.param({"node": None, "default": "./a.js"}, ".", ("hidden", "a.js", "hidden"), id="null-condition"),
    pytest.param({"node": [], "default": "./a.js"}, ".", ("hidden", "a.js", "hidden"), id="empty-array"),
    pytest.param(["a.js", "./b.js"], ".", ("b.js", "b.js", "invalid_target"), id="invalid-item-first"),
    pytest.param([None, "./b.js"], ".", ("b.js", "b.js", "hidden"), id="null-item-first"),
    pytest.param(
        {"node": 5, "default": "./a.js"},
        ".",
        ("invalid_target", "a.js", "invalid_target"),
        id="number-target",
    ),
    pytest.param(
        {"0": "./b.js", "default": "./a.js"}, ".", ("invalid_exports", "a.js", "a.js"), id="number-key"
    ),
    pytest.param(False, ".", ("index.js", "index.js", "invalid_exports"), id="false"),
    pytest.param(
        {".": "./a.js"}, "./package.json", ("not_exported",) * 2 + ("package.json",), id="package-json"
    ),
    pytest.param({"./lib/": "./lib/"}, "./lib/x.js", ("not_exported",) * 2 + ("lib/x.js",), id="folder"),
    pytest.param({"./lib/": "./lib/"}, "./lib/x", ("not_exported",) * 2 + ("lib/x.mjs",), id="folder-search"),
    pytest.param({"./*": "./lib/*"}, "./x", ("file_missing",) * 2 + ("lib/x.mjs",), id="pattern-search"),
    pytest.param({"./q": "./a.js"}, "./q.js", ("not_exported",) * 2 + ("a.js",), id="again-without-js"),
    pytest.param("./s.js", ".", ("file_missing",) * 2 + ("s.ts",), id="source-of-a-missing-script"),
    pytest.param({"./*": "./*/*.js"}, "./d", ("d/d.js", "file_missing", "d/d.js"), id="two-stars"),
    pytest.param("./%61.js", ".", ("a.js", "file_missing", "a.js"), id="percent-encoded"),
    pytest.param("./a.js?q=1", ".", ("a.js", "file_missing", "file_missing"), id="query-in-target"),
    pytest.param("./lib\\x.js", ".", ("lib/x.js", "file_missing", "lib/x.js"), id="backslash"),
    pytest.param({"./*": "./*"}, "./a.js?v=1", ("a.js", "file_missing", "a.js"), id="query-in-subpath"),
    pytest.param(
        {"deno": "./a.js", "bun": "./b.js", "node": "./c.js"}, ".", ("c.js", "a.js", "b.js"), id="names"
    ),
    pytest.param(
        {"module-sync": "./a.js", "default": "./b.js"}, ".", ("a.js", "a.js", "b.js"), id="module-sync"
    ),
    pytest.param(
        {"node-addons": "./a.js", "default": "./b.js"}, ".", ("a.js", "b.js", "a.js"), id="node-addons"
    ),
]


@pytest.mark.parametrize(("exports", "subpath", "expected"), DIFFERENT)
def test_each_runtime_has_its_own_way(exports: Any, subpath: str, expected: tuple[str, str, str]) -> None:
    found = tuple(lead(exports, subpath, profile=profile) for profile in (NODE, DENO, BUN))

    assert found == expected


def test_deno_has_no_deno_condition_when_requiring() -> None:
    exports = {"deno": "./a.js", "default": "./b.js"}

    assert lead(exports, profile=DENO) == "a.js"
    assert lead(exports, profile=DENO, mode="require") == "b.js"


def test_null_is_the_same_as_no_exports() -> None:
    assert lead(None, main="b.js") == "b.js"


def test_workers_prefer_their_own_condition() -> None:
    assert lead({"node": "./a.js", "workerd": "./b.js", "default": "./c.js"}, profile=WORKERS) == "b.js"


def test_what_deno_passes_over_in_an_array_undoes_the_error_before_it() -> None:
    exports = {"default": ["broken", 5], "node": "./a.js"}

    assert lead(exports, profile=DENO) == "a.js"
    assert lead(exports, profile=NODE) == "invalid_target"


def test_exports_are_checked_once_for_all_questions() -> None:
    stated = EntryFields(exports={".": "./a.js", "./lib/*": "./lib/*"})
    before = stated.to_bytes()

    assert resolve_entry(stated, FILES, profile=NODE).path == "a.js"
    assert stated.subpaths is stated.subpaths
    assert resolve_entry(stated, FILES, "./lib/x.js", profile=NODE).path == "lib/x.js"
    assert stated.to_bytes() == before
    assert stated == EntryFields(exports={".": "./a.js", "./lib/*": "./lib/*"})


def test_a_copy_with_other_exports_is_read_anew() -> None:
    stated = EntryFields(exports="./a.js")
    assert resolve_entry(stated, FILES, profile=NODE).path == "a.js"

    copy = stated.model_copy(update={"exports": "./b.js"})

    assert resolve_entry(copy, FILES, profile=NODE).path == "b.js"
