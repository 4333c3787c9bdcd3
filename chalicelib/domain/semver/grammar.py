"""The grammar of versions and ranges as npm's `semver` 7.8 reads it, in pieces to compose.

The strict form is that of semver 2.0.0; the loose form also takes leading zeros and a prerelease without its
hyphen. Every repetition is bounded where npm bounds it, and no two neighbouring repetitions share a
character, so that matching never backtracks by more than one identifier.
"""

import re
from typing import Final, NamedTuple

MAX_LENGTH: Final = 256
"""The longest text that npm reads as one version."""

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The largest major, minor or patch number: JavaScript's Number.MAX_SAFE_INTEGER."""

SPACES: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript's trim() and `\\s` take for white space."""

BUILD: Final = r"\+[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*"

_SPACES: Final = re.compile(f"[{SPACES}]+")
_WORD: Final = r"[0-9]{0,256}[a-zA-Z-][a-zA-Z0-9-]{0,250}"
_STRICT_NUMBER: Final = r"(?:0|[1-9][0-9]{0,256})"
_LOOSE_NUMBER: Final = r"[0-9]{1,256}"


def _list_of(identifier: str) -> str:
    return rf"(?:{identifier})(?:\.(?:{identifier}))*"


class Grammar(NamedTuple):
    """One of the two forms, as sources of regular expressions with these groups.

    `full` is a whole version without prefix: major, minor, patch, prerelease. `partial` may leave parts out
    or write them as `x`, with the same groups. `prefix` is what may stand before `full`.
    """

    full: str
    partial: str
    prefix: str


def _grammar(number: str, hyphen: str, prefix: str) -> Grammar:
    prerelease = rf"(?:{hyphen}({_list_of(f'{_WORD}|{number}')}))?"
    part = rf"({number}|[xX*])"
    return Grammar(
        full=rf"({number})\.({number})\.({number}){prerelease}",
        partial=rf"{part}(?:\.{part}(?:\.{part}{prerelease})?)?",
        prefix=prefix,
    )


STRICT: Final = _grammar(_STRICT_NUMBER, "-", "v?")
LOOSE: Final = _grammar(_LOOSE_NUMBER, "-?", "[v= ]*")


def without_groups(source: str) -> str:
    """Answer the source of a regular expression with its capturing groups made silent."""
    return re.sub(r"\((?!\?)", "(?:", source)


def collapsed(text: str) -> str:
    """Answer a text without white space around it and with single spaces within."""
    return _SPACES.sub(" ", text.strip(SPACES))
