"""Versions and ranges drawn at random: mostly what people write, some of it odd, some of it junk."""

from random import Random
from typing import Final

_SMALL: Final = ["0", "0", "0", "1", "1", "1", "2", "2", "3", "10"]
_ODD_NUMBERS: Final = [
    "00",
    "01",
    "9007199254740991",
    "9007199254740990",
    "9007199254740992",
    "99999999999999999999999",
]
_IDENTIFIERS: Final = [
    "alpha",
    "beta",
    "rc",
    "0",
    "1",
    "2",
    "10",
    "a-b",
    "-",
    "--1",
    "x",
    "0a",
    "pre-1",
    "v",
    "9007199254740991",
]
_ODD_IDENTIFIERS: Final = ["01", "", "é", "007", "a_b", "00000000000000000001"]
_OPERATORS: Final = ["", "", "^", "^", "~", "~", ">", ">=", "<", "<=", "="]
_ODD_OPERATORS: Final = [
    "~>",
    "==",
    ">v",
    "=v",
    "v",
    "^v",
    "~=",
    "~>=",
    "^=",
    "=>",
    "<>",
    "~~",
    "^^",
    "~^",
    ">=v",
    "vv",
    "!",
    "!=",
    "^>",
]
_SPACES: Final = ["", "", "", "", " ", " ", "  ", "\t", " \n ", "\u00a0"]
_JUNK: Final = [
    "latest",
    "x",
    "X",
    "*",
    "**",
    "",
    "-",
    "--",
    "||",
    "blerg",
    "1.2.3.4",
    ".1",
    "1.",
    "v",
    "=",
    ">",
    "<=",
    "^",
    "~",
    "+a",
    "+",
    "x.1.2",
    "1.x.3",
    "*.1",
    "1.2.3*",
    ">=*1.2.3",
    "1*.2.3",
    ">=0.0.0*",
    "latest || 1",
]
_GLUE: Final = [" ", " ", " ", " ", " ", " ", " ", "  ", "  ", "\t", "\n", "", ",", " - "]


def number(chance: Random) -> str:
    """Draw a major, minor or patch."""
    return chance.choice(_ODD_NUMBERS) if chance.random() < 0.01 else chance.choice(_SMALL)


def part(chance: Random) -> str:
    """Draw a number or an x."""
    return chance.choice(["x", "X", "*"]) if chance.random() < 0.1 else number(chance)


def prerelease(chance: Random) -> str:
    """Draw what follows the hyphen."""
    pool = _ODD_IDENTIFIERS if chance.random() < 0.03 else _IDENTIFIERS
    return ".".join(chance.choice(pool) for _ in range(chance.choice([1, 1, 2, 2, 3])))


def version(chance: Random) -> str:
    """Draw a version: two in five are prereleases, one in ten has a build, one in twenty is odd."""
    text = ".".join(number(chance) for _ in range(3))
    if chance.random() < 0.4:
        text += chance.choice(["-", "-", "-", "-", "-", "-", "-", "-", "-", ""]) + prerelease(chance)
    if chance.random() < 0.1:
        text += "+" + chance.choice(["build", "1", "b.2", "a-b", "", "0.01"])
    if chance.random() < 0.05:
        text = (
            chance.choice(["v", "=", " ", "= v", "=v", "vv", "\u00a0", "v "])
            + text
            + chance.choice(["", " ", "\n", "!", "-"])
        )
    return text


def partial(chance: Random) -> str:
    """Draw what an operator applies to: one to three parts, with a tail now and then."""
    count = chance.choice([1, 2, 3, 3, 3])
    text = ".".join(part(chance) for _ in range(count))
    if (count == 3 and chance.random() < 0.25) or chance.random() < 0.02:
        text += chance.choice(["-", "-", "-", "-", "-", ""]) + prerelease(chance)
    if chance.random() < 0.06:
        text += "+" + chance.choice(["build", "1", "b.2", "a - b", ""])
    return text


def word(chance: Random) -> str:
    """Draw an operator, some space and what it applies to."""
    if chance.random() < 0.025:
        return chance.choice(_JUNK)
    pool = _ODD_OPERATORS if chance.random() < 0.06 else _OPERATORS
    return chance.choice(pool) + chance.choice(_SPACES) + partial(chance)


def alternative(chance: Random) -> str:
    """Draw a hyphen range or up to three words."""
    if chance.random() < 0.2:
        prefixes = ["", "", "", "", "", "", "", "", "v", "=", " ", "v ", ">"]
        return (
            chance.choice(prefixes)
            + partial(chance)
            + chance.choice([" - ", " - ", " - ", " - ", "  -  ", "\t- ", "- "])
            + chance.choice(prefixes)
            + partial(chance)
        )
    words = [word(chance) for _ in range(chance.choice([1, 1, 1, 2, 2, 3]))]
    return "".join(text + chance.choice(_GLUE) for text in words[:-1]) + words[-1]


def version_range(chance: Random) -> str:
    """Draw a range of one to three alternatives."""
    text = chance.choice(["||", " || ", "|| ", " ||"]).join(
        alternative(chance) for _ in range(chance.choice([1, 1, 1, 2, 3]))
    )
    if chance.random() < 0.03:
        position = chance.randrange(len(text) + 1)
        text = (
            text[:position]
            + chance.choice(
                [" ", "v", "=", "x", "*", "|", "-", "+", ".", "~", "^", "<", ">", "1", "\u2003", "é"]
            )
            + text[position:]
        )
    return chance.choice(_SPACES) + text + chance.choice(_SPACES)
