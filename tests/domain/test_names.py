"""Names are npm's: its own `validate-npm-package-name` decides, but for the scopes below."""

import re
from random import Random
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidName
from chalicelib.domain.names import PackageName
from tests.oracles.driver import ask, seeded

COUNT = 6_000
PIECES = [
    *"abz019",
    "x-y",
    "lib",
    "_",
    "-",
    ".",
    "..",
    "~",
    "!",
    "'",
    "(",
    ")",
    "*",
    "%",
    "%2f",
    "\\",
    " ",
    "é",
]
STRANGERS = ["/", "@", "\x00", "\n", "+", "#", "?", ":", "=", "&", "K", "ſ", "💥"]  # noqa: RUF001 - they fold to ASCII
WHOLE = [
    "node_modules",
    "favicon.ico",
    "events",
    "http",
    "@a/node_modules",
    "@_a/b",
    "@-a/-b",
    "@./b",
    "@a/_b",
    "",
]


def name(chance: Random) -> str:
    if chance.random() < 0.03:
        return chance.choice(WHOLE)
    part = "".join(chance.choice(PIECES[:8]) for _ in range(chance.randint(1, 4)))
    if chance.random() < 0.35:
        position = chance.randrange(len(part) + 1)
        part = part[:position] + chance.choice([*PIECES, *STRANGERS]) + part[position:]
    scope = "".join(chance.choice(PIECES[:12]) for _ in range(chance.randint(0, 2)))
    text = f"@{scope}/{part}" if chance.random() < 0.4 else part
    return text * chance.choice([1] * 20 + [60])


def ours(text: str) -> bool:
    try:
        return PackageName.parse(text) == text
    except InvalidName:
        return False


def test_names_are_valid_as_npm_says() -> None:
    chance = seeded("names")
    drawn = [name(chance) for _ in range(COUNT)]
    theirs = ask("names", drawn)

    differing = [
        (text, said)
        for text, said in zip(drawn, theirs, strict=True)
        if ours(text) != (said["valid"] and not odd_scope(text))
    ]

    assert differing == []
    assert COUNT / 4 < sum(said["valid"] for said in theirs) < COUNT * 3 / 4


def odd_scope(text: str) -> bool:
    """npm forgives a scope the characters it forbids in a name; no registry takes such a scope any more."""
    return re.match(r"@[^/]*[~'!()*]", text) is not None


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        pytest.param(" React\n", "react", id="space and upper case"),
        pytest.param("@Acme/Widget", "@acme/widget", id="scoped"),
        pytest.param("events", "events", id="a module of Node"),
        pytest.param("a" * 214, "a" * 214, id="the longest"),
    ],
)
def test_a_name_is_normalised_once(text: str, normal: str) -> None:
    parsed = PackageName.parse(text)

    assert parsed == normal
    assert PackageName.parse(parsed) == parsed


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("a" * 215, "215 characters", id="too long"),
        pytest.param("Node_Modules", "reserved", id="reserved"),
        pytest.param(".a", "cannot start with `.`", id="leading dot"),
        pytest.param("_a", "cannot start with `_`", id="leading underscore"),
        pytest.param("-a", "cannot start with `-`", id="leading hyphen"),
        pytest.param("@a/.b", "after the scope cannot start with `.`", id="leading dot behind a scope"),
        pytest.param("@a", "@scope/name", id="a scope alone"),
        pytest.param("@a/b/c", "holds `/`", id="two slashes"),
        pytest.param("a%2fb", "holds `%`", id="percent"),
        pytest.param("a\\b", "holds `\\`", id="backslash"),
        pytest.param("a\x00b", r"holds '\x00'", id="control character"),
        pytest.param("\N{KELVIN SIGN}", "only the letters a-z", id="a letter that folds to ASCII"),
    ],
)
def test_a_refusal_says_which_rule_is_broken(text: str, rule: str) -> None:
    with pytest.raises(InvalidName, match=re.escape(rule)):
        PackageName.parse(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("widget", (None, "widget"), id="unscoped"),
        pytest.param("@acme/widget", ("acme", "widget"), id="scoped"),
    ],
)
def test_a_name_knows_its_scope_and_the_rest(text: str, parts: tuple[Any, Any]) -> None:
    parsed = PackageName.parse(text)

    assert (parsed.scope, parsed.bare) == parts


@pytest.mark.parametrize(
    ("text", "packed", "tarball"),
    [
        pytest.param("widget", "widget-1.0.0-rc.1.tgz", "widget-1.0.0-rc.1.tgz", id="unscoped"),
        pytest.param("@acme/widget", "acme-widget-1.0.0-rc.1.tgz", "widget-1.0.0-rc.1.tgz", id="scoped"),
    ],
)
def test_tarballs_are_called_as_npm_pack_and_as_registries_call_them(
    text: str, packed: str, tarball: str
) -> None:
    name = PackageName.parse(text)

    assert (name.packed("1.0.0-rc.1"), name.tarball("1.0.0-rc.1")) == (packed, tarball)
