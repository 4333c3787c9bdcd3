"""Names of `imports`: what the pinned Node, Deno and Bun answered for the same package, installed beside its own."""

from typing import Any

import pytest

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.resolution.builtins import replacement
from chalicelib.domain.resolution.entry import Entry
from chalicelib.domain.resolution.imports import Outside, resolve_import, split_specifier
from chalicelib.domain.resolution.profiles import BUN, DENO, NODE, PROFILES, Mode, Profile
from chalicelib.domain.resolution.trace import Step


class Fields(EntryFields):
    """The fields of a package with a name."""

    name: str = "widget"


IMPORTS: dict[str, Any] = {
    "#a": "./lib/a.js",
    "#p/*": "./lib/*.js",
    "#p/hidden": None,
    "#dep": "dep",
    "#dep/*": "dep/*",
    "#scoped": "@s/x/y",
    "#fs": "fs",
    "#node-fs": "node:fs",
    "#node-none": "node:none",
    "#bun": "bun:sqlite",
    "#ws": "ws",
    "#sqlite": "sqlite",
    "#self": "widget/self",
    "#self-root": "widget",
    "#self-none": "widget/none",
    "#missing": "./none.js",
    "#by": {"deno": "dep", "bun": "ws", "node": {"import": "./lib/a.js", "require": "dep"}},
    "#": "./lib/a.js",
    "#/x": "./lib/a.js",
    "#array": ["../x", "./lib/a.js"],
    "#url": "https://example.com/a.js",
    "#up": "../dep/x.js",
    "#chain": "#a",
    "#empty": "",
    "#number": 5,
    "#folder/": "./lib/",
    "#encoded": "dep%2fx",
}
FIELDS = Fields(
    exports={".": "./index.js", "./self": "./lib/self.js"}, imports=IMPORTS, scopes={"nested": "module"}
)
FILES = frozenset({"index.js", "lib/a.js", "lib/self.js", "lib/hidden.js", "nested/b.js", "package.json"})


def lead(name: str, profile: Profile = NODE, mode: Mode = "import", **asked: Any) -> str:
    """Answer the path, the specifier of what is outside with its kind, or the reason why there is nothing."""
    try:
        found = resolve_import(FIELDS, FILES, name, profile=profile, mode=mode, **asked)
    except EntryNotFound as error:
        return str(error.facts["reason"])
    return found.path if isinstance(found, Entry) else f"{found.kind} {found.specifier}"


@pytest.mark.parametrize("mode", ["import", "require"])
@pytest.mark.parametrize("profile", [NODE, DENO, BUN], ids=lambda profile: profile.name)
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("#a", "lib/a.js"),
        ("#p/a", "lib/a.js"),
        ("#p/none", "file_missing"),
        ("#missing", "file_missing"),
        ("#none", "not_imported"),
        ("#", "invalid_subpath"),
        ("#dep", "package dep"),
        ("#dep/x.js", "package dep/x.js"),
        ("#scoped", "package @s/x/y"),
        ("#sqlite", "package sqlite"),
        ("#self", "lib/self.js"),
        ("#self-root", "index.js"),
        ("#self-none", "not_exported"),
        ("#node-none", "invalid_target"),
        ("#url", "invalid_target"),
        ("#up", "invalid_target"),
        ("#chain", "file_missing"),
        ("#empty", "file_missing"),
        ("#encoded", "file_missing"),
    ],
)
def test_the_runtimes_agree(name: str, expected: str, profile: Profile, mode: Mode) -> None:
    assert lead(name, profile, mode) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("#p/hidden", ("hidden", "no_matching_condition", "hidden")),
        ("#fs", ("builtin node:fs",) * 3),
        ("#node-fs", ("invalid_target", "builtin node:fs", "builtin node:fs")),
        ("#bun", ("invalid_target", "invalid_target", "builtin bun:sqlite")),
        ("#ws", ("package ws", "package ws", "builtin ws")),
        ("#by", ("lib/a.js", "package dep", "builtin ws")),
        ("#/x", ("lib/a.js", "lib/a.js", "invalid_subpath")),
        ("#array", ("lib/a.js", "lib/a.js", "invalid_target")),
        ("#number", ("invalid_target", "no_matching_condition", "invalid_target")),
        ("#folder/a.js", ("not_imported", "not_imported", "lib/a.js")),
    ],
)
def test_each_runtime_has_its_own_way(name: str, expected: tuple[str, str, str]) -> None:
    assert tuple(lead(name, profile) for profile in (NODE, DENO, BUN)) == expected


def test_require_leads_to_no_builtin_in_node() -> None:
    assert [lead("#fs", profile, "require") for profile in (NODE, DENO, BUN)] == [
        "file_missing",
        "builtin node:fs",
        "builtin node:fs",
    ]


def test_a_builtin_that_cannot_be_required_ends_an_array() -> None:
    fields = EntryFields(imports={"#a": ["fs", "./a.js"]})

    with pytest.raises(EntryNotFound) as refused:
        resolve_import(fields, {"a.js"}, "#a", profile=NODE, mode="require")

    assert refused.value.facts["reason"] == "file_missing"


def test_a_file_below_another_package_json_has_not_the_imports_of_the_root() -> None:
    assert lead("#a", importer="lib/self.js") == "lib/a.js"
    assert lead("#a", importer="nested/b.js") == "not_imported"


@pytest.mark.parametrize(("profile", "expected"), [(NODE, "file_missing"), (BUN, "s.js")])
def test_without_exports_node_finds_the_package_itself_as_an_import_does(
    profile: Profile, expected: str
) -> None:
    fields = Fields(imports={"#s": "widget/s"})

    try:
        found = resolve_import(fields, frozenset({"s.js"}), "#s", profile=profile, mode="require")
        assert isinstance(found, Entry)
        answer = found.path
    except EntryNotFound as error:
        answer = str(error.facts["reason"])

    assert answer == expected


def test_the_declarations_are_those_of_the_target() -> None:
    imports = {"#t": {"types": "./t.d.ts", "default": "./t.js"}, "#beside": "./t.js", "#self": "widget"}
    fields = Fields(exports={"types": "./t.d.ts", "default": "./t.js"}, imports=imports)

    for name in imports:
        found = resolve_import(fields, frozenset({"t.js", "t.d.ts"}), name, profile=NODE)
        assert isinstance(found, Entry)
        assert (found.path, found.types) == ("t.js", "t.d.ts")


def test_the_way_is_told() -> None:
    found = resolve_import(FIELDS, FILES, "#by", profile=NODE, mode="require", explain=True)

    assert isinstance(found, Outside)
    assert found.trace == (
        Step("#by", "deno", "not_a_condition"),
        Step("#by", "bun", "not_a_condition"),
        Step("#by", "node.import", "not_a_condition"),
        Step("#by", "node.require", "elsewhere"),
    )


def test_a_refusal_names_the_imports_that_are_near() -> None:
    with pytest.raises(EntryNotFound) as caught:
        resolve_import(FIELDS, FILES, "#dpe", profile=NODE)

    assert "#dep" in caught.value.facts["nearby"]  # type: ignore[operator]  # a list in fact
    assert "it imports `" in caught.value.detail


def test_what_is_no_map_imports_nothing() -> None:
    with pytest.raises(EntryNotFound) as caught:
        resolve_import(Fields(imports=["./a.js"]), FILES, "#a", profile=NODE)

    assert caught.value.facts["reason"] == "not_imported"


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [("a", ("a", ".")), ("a/b/c", ("a", "./b/c")), ("@a/b", ("@a/b", ".")), ("@a/b/c/d", ("@a/b", "./c/d"))],
)
def test_a_specifier_is_a_package_and_a_subpath(specifier: str, expected: tuple[str, str]) -> None:
    assert split_specifier(specifier) == expected


@pytest.mark.parametrize(
    ("specifier", "runtimes"),
    [
        ("events", {"node", "deno", "bun", "workers"}),
        ("assert/strict", {"node", "deno", "bun", "workers"}),
        ("events/events.js", set()),
        ("ws", {"bun"}),
        ("undici", {"bun"}),
        ("node-fetch", {"bun"}),
        ("isomorphic-fetch", {"bun"}),
        ("ws/lib/websocket", {"bun"}),
        ("ws/lib/websocket.js", set()),
        ("sqlite", {"deno"}),
        ("test", {"deno"}),
        ("react", set()),
    ],
)
def test_a_runtime_may_load_its_own_module_instead(specifier: str, runtimes: set[str]) -> None:
    assert {name for name in PROFILES if replacement(specifier, name)} == runtimes
