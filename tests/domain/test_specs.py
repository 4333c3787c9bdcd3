"""Specs are npm's, with a path inside the package: `npm-package-arg` decides all but the path."""

from random import Random
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidName, InvalidRange, InvalidRequest, InvalidSpec
from chalicelib.domain.specs import PackageSpec, classify_dependency
from tests.domain.semver_cases import version, version_range
from tests.oracles.driver import ask, seeded

COUNT = 6_000
NAMES = ["react", "@acme/widget", "events", "a.b", "x_y", "@a", "_x", "@a/", "x y"]
TAGS = ["latest", "next", "beta-1", "v1-lts", "x'y", "foo bar", "é", "a%20b", "1.x.3", "a@b", ""]
FOREIGN = [
    "git+ssh://git@h.io/x.git",
    "github:a",
    "x.tgz",
    "file:x",
    "./x",
    "foo:bar",
    ".x",
    "http://h.io/x",
    "~/x",
]
KINDS = {
    "version": "range",
    "range": "range",
    "tag": "tag",
    "alias": "alias",
    "git": "git",
    "remote": "url",
    "file": "file",
    "directory": "file",
    "error": "unknown",
}


def wanted(chance: Random) -> str:
    draw = chance.random()
    if draw < 0.3:
        return version(chance)
    if draw < 0.7:
        return version_range(chance)
    return chance.choice(TAGS if draw < 0.9 else FOREIGN)


def spec(chance: Random) -> str:
    text = chance.choice(NAMES) if chance.random() < 0.2 else chance.choice(NAMES[:4])
    if chance.random() < 0.1:
        return text
    alias = (
        chance.choice(["other@npm:", "@o/p@NPM:", "npm:", "x@npm:y@npm:"]) if chance.random() < 0.2 else ""
    )
    return f"{alias}{text}@{wanted(chance)}"


def ours(text: str) -> dict[str, Any]:
    try:
        parsed = PackageSpec.parse(text)
    except InvalidRequest:
        return {}
    return {"kind": parsed.kind, "name": str(parsed.name), "wanted": parsed.wanted}


def theirs(said: dict[str, Any]) -> dict[str, Any]:
    """What npm reads without a name is junk in the current directory, and nothing to resolve."""
    if said.pop("type") not in {"version", "range", "tag", "alias"} or "name" not in said:
        return {}
    return said


def test_specs_without_a_path_are_read_as_npm_does() -> None:
    chance = seeded("specs")
    drawn = [spec(chance).strip() for _ in range(COUNT)]

    answers = [theirs(said) for said in ask("specs", drawn)]

    assert [(text, said) for text, said in zip(drawn, answers, strict=True) if ours(text) != said] == []
    assert COUNT / 4 < sum(bool(said) for said in answers) < COUNT * 0.9


@pytest.mark.parametrize("path", ["", "/server", "/sub/file.js", "/a@b", "/x.tgz", "/*"])
def test_a_path_changes_nothing_else(path: str) -> None:
    for text in ("react", "@acme/widget", "react@19", "a@>=1 <2 || 3", "a@next", "a@1.2.3", "o@npm:@a/b@^1"):
        plain, parsed = PackageSpec.parse(text), PackageSpec.parse(text + path)

        assert parsed.subpath == (f".{path}" if path else ".")
        assert (parsed.name, parsed.kind, parsed.wanted, parsed.alias) == (
            plain.name,
            plain.kind,
            plain.wanted,
            plain.alias,
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("react", ("react", "range", "*", ".", None), id="a name alone"),
        pytest.param("react@", ("react", "range", "*", ".", None), id="nothing wanted"),
        pytest.param(" React@19/ ", ("react", "range", "19", ".", None), id="normalised"),
        pytest.param(
            "react-dom@19/server", ("react-dom", "range", "19", "./server", None), id="range and path"
        ),
        pytest.param("@s/n@^1/sub.js", ("@s/n", "range", "^1", "./sub.js", None), id="scoped"),
        pytest.param("lodash/fp", ("lodash", "range", "*", "./fp", None), id="a path alone"),
        pytest.param("a@v1.2.3+7", ("a", "version", "1.2.3", ".", None), id="the version as published"),
        pytest.param("a@next", ("a", "tag", "next", ".", None), id="a tag"),
        pytest.param("npm:a@1/x", ("a", "range", "1", "./x", None), id="a protocol in front"),
        pytest.param("o@npm:@a/b@^1/x", ("@a/b", "range", "^1", "./x", "o"), id="an alias"),
    ],
)
def test_a_spec_says_what_is_wanted(text: str, expected: tuple[Any, ...]) -> None:
    parsed = PackageSpec.parse(text)

    assert (parsed.name, parsed.kind, parsed.wanted, parsed.subpath, parsed.alias) == expected
    assert PackageSpec.parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        pytest.param("  ", InvalidSpec, "is empty", id="empty"),
        pytest.param("a" * 2049, InvalidSpec, "2049 characters", id="too long"),
        pytest.param("a@git+https://h.io/r.git", InvalidSpec, "a git repository; publish", id="git"),
        pytest.param("git@github.com:u/r.git", InvalidSpec, "a git repository; publish", id="git by ssh"),
        pytest.param("https://h.io/a.tgz", InvalidSpec, "an address; publish", id="url"),
        pytest.param("../a", InvalidSpec, "a path on a disk; publish", id="directory"),
        pytest.param("a.tgz", InvalidSpec, "a path on a disk; publish", id="tarball"),
        pytest.param("a@workspace:^", InvalidSpec, "a package of a workspace; publish", id="workspace"),
        pytest.param("a@jsr:@b/c@1", InvalidSpec, "protocol that npm does not know", id="unknown protocol"),
        pytest.param("a@npm:b@npm:c", InvalidSpec, "alias of an alias", id="nested alias"),
        pytest.param("npm:" * 500, InvalidSpec, "alias of an alias", id="deeply nested alias"),
        pytest.param("a@1/../b", InvalidSpec, "holds an empty segment", id="a path that leads out"),
        pytest.param("a//b", InvalidSpec, "holds an empty segment", id="an empty segment"),
        pytest.param("a/%2E%2e/b", InvalidSpec, "holds an empty segment", id="escaped dots"),
        pytest.param("a/b\\c", InvalidSpec, "or an escape", id="a backslash"),
        pytest.param("a@foo bar", InvalidRange, "neither a version nor a range nor a tag", id="no range"),
        pytest.param("@a", InvalidName, "@scope/name", id="a scope alone"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(text: str, error: type[InvalidRequest], says: str) -> None:
    with pytest.raises(error, match=says):
        PackageSpec.parse(text)


def dependency(chance: Random) -> str:
    if chance.random() < 0.3:
        return wanted(chance)
    protocol = chance.choice(
        ["https://", "http://", "git://", "git+https://", "git+ssh://git@", "github:", ""]
    )
    host = chance.choice(
        ["github.com/", "www.github.com/", "gitlab.com/", "bitbucket.org/", "gist.github.com/"]
    )
    host = host if chance.random() < 0.7 else chance.choice(["git.sr.ht/", "h.io/"])
    below = ["archive", "get", "tree", "raw", "-", "tarball", "archive.tar.gz", "v1.tgz", "src", ""]
    parts = [chance.choice(["u", "~u", ""]), chance.choice(["r", "r.git", ""]), *chance.sample(below, 2)]
    path = "/".join(parts[: chance.randint(1, 4)])
    return f"{protocol}{host if '//' in protocol else ''}{path}{chance.choice(['', '', '#v1', '#semver:^1'])}"


def test_dependencies_are_told_apart_as_npm_does() -> None:
    chance = seeded("dependencies")
    drawn = [dependency(chance) for _ in range(COUNT)]

    answers = [KINDS[said["type"]] for said in ask("specs", [{"dependency": text} for text in drawn])]

    differing = {
        (text, said) for text, said in zip(drawn, answers, strict=True) if classify_dependency(text) != said
    }
    assert differing == set()
    assert set(answers) == set(KINDS.values()) - {"alias"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("workspace:^1.0.0", "workspace", id="workspace"),
        pytest.param("catalog:", "workspace", id="catalogue of a workspace"),
        pytest.param("link:../a", "file", id="link"),
        pytest.param("portal:../a", "file", id="portal"),
        pytest.param("npm:react@^18", "alias", id="alias"),
        pytest.param("git@example.com:u/r.git", "git", id="any host by ssh"),
        pytest.param("ssh://git@example.com/u/r", "git", id="ssh"),
        pytest.param("jsr:@std/path@1", "unknown", id="another registry"),
        pytest.param("patch:a@npm%3A1.0.0#./a.patch", "unknown", id="patch"),
        pytest.param("", "range", id="nothing"),
        pytest.param("http://[", "url", id="a broken address"),
        pytest.param("a\x00b", "unknown", id="control character"),
    ],
)
def test_what_only_other_clients_write_has_a_kind_too(text: str, kind: str) -> None:
    assert classify_dependency(text) == kind
