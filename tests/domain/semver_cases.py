"""Versions and ranges drawn at random: mostly what people write, some of it odd, some of it junk."""

import re
from random import Random
from typing import Final

_NUMBERS: Final = [0, 0, 0, 1, 1, 1, 2, 2, 3, 10]
_ODD_NUMBERS: Final = ["00", "01", 2**53 - 2, 2**53 - 1, 2**53, 10**23 - 1]
_IDENTIFIERS: Final = ["alpha", "beta", "rc", 0, 1, 2, 10, "a-b", "-", "--1", "x", "0a", "v", 2**53 - 1]
_ODD_IDENTIFIERS: Final = ["01", "", "é", "007", "a_b", "00000000000000000001"]
_OPERATORS: Final = ["", "", "^", "^", "~", "~", ">", ">=", "<", "<=", "="]
_ODD_OPERATORS: Final = [
    *["~>", "==", ">v", "=v", "v", "^v", "~=", "~>=", "^="],
    *["=>", "<>", "~~", "^^", "~^", ">=v", "vv", "!", "!=", "^>"],
]
_SPACES: Final = ["", "", "", "", " ", " ", "  ", "\t", " \n ", "\u00a0"]
_GAPS: Final = [" "] * 7 + ["  ", "  ", "\t", "\n", "", ",", " - "]
_HYPHENS: Final = [" - "] * 4 + ["  -  ", "\t- ", "- "]
_PREFIXES: Final = [""] * 8 + ["v", "=", " ", "v ", ">"]
_BARS: Final = ["||", " || ", "|| ", " ||"]
_BUILDS: Final = ["build", "1", "b.2", "a-b", "0.01", ""]
_JUNK: Final = [
    *["latest", "blerg", "x", "X", "*", "**", "-", "--", "||", "v", "=", ">", "<=", "^", "~", "+a", "+"],
    *["1.2.3.4", ".1", "1.", "x.1.2", "1.x.3", "*.1", "1.2.3*", ">=*1.2.3", "1*.2.3", ">=0.0.0*"],
]
_STRANGERS: Final = " v=x*|-+.~^<>1\u2003é"


def version(chance: Random) -> str:
    """Draw a version: two in five are prereleases, one in ten has a build, one in twenty is odd."""
    text = ".".join(_number(chance) for _ in range(3))
    if chance.random() < 0.4:
        text += f"{'-' if chance.random() < 0.9 else ''}{_prerelease(chance)}"
    if chance.random() < 0.1:
        text += f"+{chance.choice(_BUILDS)}"
    if chance.random() < 0.05:
        text = chance.choice(["v", "=", " ", "= v", "=v", "vv", "\u00a0", "v "]) + text
    if chance.random() < 0.02:
        text += chance.choice([" ", "\n", "!", "-", "."])
    return text


def version_near(text: str, chance: Random) -> str:
    """Draw a version that shares its first numbers, and sometimes its prerelease, with one in a range."""
    seen = re.findall(r"([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(-[a-z0-9.-]+)?", text)
    if not seen:
        return version(chance)
    *parts, prerelease = chance.choice(seen)
    kept = chance.randint(1, 3)
    numbers = [part or _number(chance) for part in parts[:kept]] + [_number(chance) for _ in parts[kept:]]
    tail = chance.choice([str(prerelease), f"-{_prerelease(chance)}", "", ""])
    return ".".join(numbers) + tail


def version_range(chance: Random) -> str:
    """Draw a range of one to three alternatives."""
    count = chance.choice([1, 1, 1, 2, 3])
    text = chance.choice(_BARS).join(_alternative(chance) for _ in range(count))
    if chance.random() < 0.03:
        position = chance.randrange(len(text) + 1)
        text = text[:position] + chance.choice(_STRANGERS) + text[position:]
    return chance.choice(_SPACES) + text + chance.choice(_SPACES)


def _alternative(chance: Random) -> str:
    if chance.random() < 0.2:
        low, high = (chance.choice(_PREFIXES) + _partial(chance) for _ in range(2))
        return low + chance.choice(_HYPHENS) + high
    *words, last = [_word(chance) for _ in range(chance.choice([1, 1, 1, 2, 2, 3]))]
    return "".join(word + chance.choice(_GAPS) for word in words) + last


def _word(chance: Random) -> str:
    if chance.random() < 0.025:
        return chance.choice(_JUNK)
    operators = _ODD_OPERATORS if chance.random() < 0.06 else _OPERATORS
    return chance.choice(operators) + chance.choice(_SPACES) + _partial(chance)


def _partial(chance: Random) -> str:
    count = chance.choice([1, 2, 3, 3, 3])
    text = ".".join(chance.choice("xX*") if chance.random() < 0.1 else _number(chance) for _ in range(count))
    if chance.random() < (0.25 if count == 3 else 0.02):
        text += f"{'-' if chance.random() < 0.8 else ''}{_prerelease(chance)}"
    if chance.random() < 0.06:
        text += f"+{chance.choice([*_BUILDS, 'a - b'])}"
    return text


def _number(chance: Random) -> str:
    return str(chance.choice(_ODD_NUMBERS if chance.random() < 0.01 else _NUMBERS))


def _prerelease(chance: Random) -> str:
    pool = _ODD_IDENTIFIERS if chance.random() < 0.03 else _IDENTIFIERS
    return ".".join(str(chance.choice(pool)) for _ in range(chance.choice([1, 1, 2, 2, 3])))
