"""A version is told as npm tells it, wherever that decides how it is installed."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import pytest

from chalicelib.domain.names import PackageName
from chalicelib.npm.versions import (
    README_NAMES,
    VersionText,
    fields_of,
    readme_path,
    tarball_path,
    version_of,
)
from tests.npm.histories import text_of
from tests.oracles.driver import ask

DECISIVE: Final = (
    *("name", "version", "dependencies", "optionalDependencies", "devDependencies", "peerDependencies"),
    *("peerDependenciesMeta", "bundleDependencies", "bundledDependencies", "bin", "directories", "engines"),
    *(
        "scripts",
        "gypfile",
        "funding",
        "acceptDependencies",
        "main",
        "module",
        "exports",
        "type",
        "sideEffects",
    ),
)
"""Fields that decide how a version is installed and loaded."""
SHAPES: Final[dict[str, tuple[dict[str, Any], Sequence[str]]]] = {
    "nothing": ({}, ()),
    "one command": ({"bin": "./cli.js"}, ("cli.js",)),
    "one command of a scoped package": ({"name": "@acme/tool", "bin": "cli.js"}, ()),
    "commands": ({"bin": {"a": "./a.js", "b": "b.js"}}, ()),
    "a list of commands": ({"bin": ["./bin/a.js", "b"]}, ()),
    "commands with paths in their names": ({"bin": {"@acme/a": "a.js", "../b": "b.js", "c:d": "c.js"}}, ()),
    "commands outside": (
        {"bin": {"a": "../../a.js", "b": "/etc/b", "c": "x\\..\\c.js", "d": "./x/../d"}},
        (),
    ),
    "commands of no kind": ({"bin": {"a": 1, "b": None, "c": {}, "": "x"}}, ()),
    "no commands": ({"bin": {}}, ()),
    "a truth value for commands": ({"bin": True}, ()),
    "a folder of commands": (
        {"directories": {"bin": "./bin"}},
        ("bin/a", "bin/b.js", "bin/.hidden", "lib/x.js", "binary"),
    ),
    "a folder of commands outside": ({"directories": {"bin": "../bin"}}, ("bin/a",)),
    "a folder beside commands": ({"bin": {"x": "x.js"}, "directories": {"bin": "bin"}}, ("bin/a",)),
    "bundled": ({"dependencies": {"a": "1", "b": "2"}, "bundleDependencies": ["a"]}, ()),
    "bundled, the other word": ({"dependencies": {"a": "1"}, "bundledDependencies": ["a"]}, ()),
    "bundled, both words": (
        {"dependencies": {"a": "1"}, "bundleDependencies": ["a"], "bundledDependencies": ["b"]},
        (),
    ),
    "bundled all": ({"dependencies": {"a": "1", "b": "2"}, "bundleDependencies": True}, ()),
    "bundled all of nothing": ({"bundledDependencies": True}, ()),
    "bundled none": ({"dependencies": {"a": "1"}, "bundleDependencies": False}, ()),
    "bundled, an object": ({"dependencies": {"a": "1"}, "bundleDependencies": {"a": "1"}}, ()),
    "bundled, a text": ({"bundleDependencies": "a"}, ()),
    "a native build": ({}, ("binding.gyp",)),
    "a native build by another name": ({"scripts": {"test": "x"}}, ("addon.gyp",)),
    "a native build below": ({}, ("src/binding.gyp",)),
    "a native build with a script": ({"scripts": {"install": "make"}}, ("binding.gyp",)),
    "a native build with a script before": ({"scripts": {"preinstall": "make"}}, ("binding.gyp",)),
    "a native build with an empty script": ({"scripts": {"install": ""}}, ("binding.gyp",)),
    "a native build that says no": ({"gypfile": False}, ("binding.gyp",)),
    "scripts of no kind": ({"scripts": {"install": True, "postinstall": ["x"], "test": "y"}}, ()),
    "platforms": ({"os": ["linux", "!win32"], "cpu": ["x64"], "libc": ["musl"]}, ()),
    "engines": ({"engines": {"node": ">=18", "npm": "*"}, "devEngines": {}}, ()),
    "optional peers": (
        {"peerDependencies": {"a": "1"}, "peerDependenciesMeta": {"a": {"optional": True}}},
        (),
    ),
    "optional and not": ({"dependencies": {"a": "1"}, "optionalDependencies": {"a": "1", "b": "^2"}}, ()),
    "dependencies of all kinds": (
        {
            "dependencies": {
                "a": "npm:b@1",
                "c": "file:../c",
                "d": "https://x.example/d.tgz",
                "e": "workspace:*",
            },
            "devDependencies": {"f": "latest"},
            "acceptDependencies": {"a": "2"},
        },
        (),
    ),
    "funding": ({"funding": [{"type": "x", "url": "https://x.example"}]}, ()),
    "an entry": (
        {
            "main": "a.js",
            "module": "a.mjs",
            "type": "module",
            "exports": {"b": "1", "a": "2"},
            "sideEffects": False,
        },
        (),
    ),
}
ALIKE: Final[Mapping[str, Sequence[Any]]] = {"scripts": ({}, None)}
"""Values that say the same, where npm leaves a field out and we do not."""


@cache
def told_by_npm() -> Mapping[str, dict[str, Any]]:
    """Answer what npm sends for every shape."""
    cases = [{"files": files_of(name)} for name in SHAPES]
    return dict(zip(SHAPES, ask("publications", cases), strict=True))


def package_json_of(shape: str) -> dict[str, Any]:
    """Answer the package.json of a shape."""
    return {"name": "demo", "version": "1.0.0", **SHAPES[shape][0]}


def files_of(shape: str) -> dict[str, str]:
    """Answer the files of a shape."""
    return {"package.json": json.dumps(package_json_of(shape)), **dict.fromkeys(SHAPES[shape][1], "x")}


def told(shape: str) -> VersionText:
    """Answer what we tell of a shape."""
    return text_of(package_json_of(shape), files=SHAPES[shape][1])


@pytest.mark.parametrize("shape", SHAPES)
def test_what_decides_an_installation_is_told_as_npm_tells_it(shape: str) -> None:
    full, theirs = fields_of(told(shape).full), told_by_npm()[shape]

    for name in DECISIVE:
        assert full.get(name) == theirs.get(name) or full.get(name) in ALIKE.get(name, ()), name
    for name in ("os", "cpu", "libc"):
        assert full.get(name) == theirs.get(name)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_abbreviated_form_tells_the_same_of_less(shape: str) -> None:
    text = told(shape)
    full, short = fields_of(text.full), fields_of(text.abbreviated)

    assert {name: full.get(name) for name in short if name != "hasInstallScript"} == {
        name: value for name, value in short.items() if name != "hasInstallScript"
    }
    runs = {"preinstall", "install", "postinstall"} & {n for n, s in full.get("scripts", {}).items() if s}
    assert short.get("hasInstallScript", False) == bool(runs)
    assert "scripts" not in short


@pytest.mark.parametrize("field", ["os", "cpu", "libc"])
def test_one_platform_is_a_list_of_one(field: str) -> None:
    text = text_of({"name": "demo", "version": "1.0.0", field: "linux"})

    assert fields_of(text.full)[field] == fields_of(text.abbreviated)[field] == ["linux"]


def test_a_shrinkwrap_is_told_in_both_forms() -> None:
    text = text_of({"name": "demo", "version": "1.0.0"}, files=["npm-shrinkwrap.json"])

    assert fields_of(text.full)["_hasShrinkwrap"] is fields_of(text.abbreviated)["_hasShrinkwrap"] is True
    assert "_hasShrinkwrap" not in fields_of(text_of({"name": "demo", "version": "1.0.0"}).full)


def test_the_registry_tells_who_published_and_where_the_tarball_is() -> None:
    full = json.loads(told("one command of a scoped package").full.replace(b"\0", b"https://x/"))

    assert full["_id"] == "@acme/tool@1.0.0"
    assert full["_npmUser"] == {"name": "Alice", "email": ""}
    assert full["maintainers"] == [{"name": "Alice", "email": ""}]
    assert full["dist"] == {
        "tarball": "https://x/@acme/tool/-/tool-1.0.0.tgz",
        "shasum": "00" * 20,
        "integrity": "sha512-AA==",
        "fileCount": 2,
        "unpackedSize": 200,
    }


def test_signatures_and_attestations_are_told_in_dist() -> None:
    signatures = [{"keyid": "SHA256:x", "sig": "y"}]
    attestations = {"path": "-/a", "provenance": {"predicateType": "z"}}

    text = text_of(
        {"name": "demo", "version": "1.0.0"},
        facts={"signatures": signatures, "attestations": attestations},
    )

    for form in (text.full, text.abbreviated):
        dist = json.loads(form.replace(b"\0", b"https://x/"))["dist"]
        assert dist["signatures"] == signatures
        assert dist["attestations"] == {"url": "https://x/-/a", "provenance": {"predicateType": "z"}}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_text_comes_back_from_its_bytes(shape: str) -> None:
    text = text_of(package_json_of(shape), readme=("README.md", b"one\ntwo\r\n\xe2\x80\xa8"))

    assert VersionText.from_bytes(text.to_bytes()) == text
    assert text.to_bytes().count(b"\n") == len(text)


@pytest.mark.parametrize("data", [b"", b"{}\n", b"{}\n{}\n", b"{}\n{}\n{}\n{}", b"{}\n{}\n{}\n\n"])
def test_other_bytes_are_no_text(data: bytes) -> None:
    with pytest.raises(ValueError):
        VersionText.from_bytes(data)


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        pytest.param(["index.js"], None, id="none"),
        pytest.param(["README.md"], "README.md", id="the usual"),
        pytest.param(["ReadMe.MD", "readme"], "ReadMe.MD", id="any case, Markdown first"),
        pytest.param(["docs/README.md"], None, id="below"),
        pytest.param(["readme.md", "README.md"], "README.md", id="two that differ in case"),
        pytest.param(["README.txt", "README"], "README", id="plain"),
    ],
)
def test_the_readme_is_at_the_root_in_any_case(paths: list[str], found: str | None) -> None:
    assert readme_path(dict.fromkeys(paths)) == found
    assert README_NAMES[0] == "readme.md"


@pytest.mark.parametrize(
    ("name", "file", "version"),
    [
        pytest.param("demo", "demo-1.0.0.tgz", "1.0.0", id="usual"),
        pytest.param("demo", "demo-1.0.0-rc.1+b-2.tgz", "1.0.0-rc.1+b-2", id="prerelease"),
        pytest.param("@acme/demo", "demo-1.0.0.tgz", "1.0.0", id="scoped"),
        pytest.param("@acme/demo", "@acme/demo-1.0.0.tgz", "1.0.0", id="with the scope"),
        pytest.param("demo", "demo-1.0.0.tar.gz", None, id="another suffix"),
        pytest.param("demo", "demo-.tgz", None, id="no version"),
        pytest.param("demo", "other-1.0.0.tgz", None, id="another package"),
        pytest.param("demo-2", "demo-1.0.0.tgz", None, id="a longer name"),
    ],
)
def test_the_version_of_a_tarballs_name(name: str, file: str, version: str | None) -> None:
    assert version_of(file, PackageName.parse(name)) == version


def test_a_tarball_lies_where_every_client_expects_it() -> None:
    assert tarball_path("demo", "1.0.0") == "demo/-/demo-1.0.0.tgz"
    assert tarball_path("@acme/demo", "1.0.0") == "@acme/demo/-/demo-1.0.0.tgz"
