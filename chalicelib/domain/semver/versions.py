"""Versions: what npm accepts, the number one is published under, and their order (semver 2.0.0 §11).

Order is decided by sort keys of our own: sorting 5,000 `semver.Version` objects takes 40 times as long.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from chalicelib.domain.errors import InvalidVersion
from chalicelib.domain.semver.grammar import (
    BUILD,
    LOOSE,
    MAX_LENGTH,
    MAX_SAFE_INTEGER,
    SPACES,
    STRICT,
    Grammar,
)

if TYPE_CHECKING:
    import semver

VersionKey = tuple[int, int, int, tuple[tuple[int, Any], ...]]
"""Major, minor, patch and the prerelease's sort key; compares as semver 2.0.0 says."""

RELEASE: Final[tuple[tuple[int, Any], ...]] = ((2, 0),)
"""The last part of every key that is not a prerelease; it sorts after all prereleases."""

_PREFIX: Final = "=v"
_CACHED: Final = 1 << 16
_SHORTEST_UNSAFE: Final = len("9007199254740992.0.0")


def _pattern(grammar: Grammar, prefix: str) -> re.Pattern[str]:
    return re.compile(rf"{prefix}{grammar.full}(?:{BUILD})?")


_STRICT: Final = _pattern(STRICT, STRICT.prefix)
_LOOSE: Final = _pattern(LOOSE, rf"[v={SPACES}]*")


@lru_cache(maxsize=_CACHED)
def version_key(text: str) -> VersionKey:
    """Answer the sort key of a version; raises InvalidVersion. Build metadata does not count."""
    return _key(text, _STRICT)


@lru_cache(maxsize=_CACHED)
def loose_version_key(text: str) -> VersionKey:
    """Answer the sort key of a version in npm's loose form (`=1.2.3`, `1.2.3beta`); raises InvalidVersion."""
    return _key(text, _LOOSE)


def clean_version(text: str, *, loose: bool = False) -> str:
    """Answer the number a version is published under, as npm's `semver.clean` does; raises InvalidVersion.

    White space, a leading `v` or `=` and build metadata are dropped: `v1.2.3+7` is published as `1.2.3`.
    """
    bare = text.strip(SPACES).lstrip(_PREFIX)
    match = _matched(bare, _LOOSE if loose else _STRICT)
    number = ".".join(str(int(part)) for part in match.group(1, 2, 3))
    prerelease = match[4]
    return f"{number}-{normal_prerelease(prerelease)}" if prerelease else number


def number_of(text: str, *, loose: bool = False) -> str | None:
    """Answer the number a version is published under, or None for a text that is no version."""
    try:
        return clean_version(text, loose=loose)
    except InvalidVersion:
        return None


def parse_version(text: str) -> "semver.Version":
    """Answer the parts of a version that npm's `semver.valid` accepts; raises InvalidVersion."""
    import semver  # noqa: PLC0415 - costs a cold start 10 ms, and only callers that want the parts need it

    _matched(text, _STRICT)
    return semver.Version.parse(text.strip(SPACES).removeprefix("v"))


def is_prerelease(text: str) -> bool:
    """Tell whether a version is a prerelease; raises InvalidVersion."""
    return version_key(text)[3] != RELEASE


def normal_prerelease(prerelease: str) -> str:
    """Answer a prerelease as npm prints it: numbers without the leading zeros of the loose form."""
    return ".".join(
        str(int(part)) if part.isdigit() and float(part) < MAX_SAFE_INTEGER else part
        for part in prerelease.split(".")
    )


def _matched(text: str, pattern: re.Pattern[str]) -> re.Match[str]:
    match = pattern.fullmatch(text.strip(SPACES)) if len(text) <= MAX_LENGTH else None
    if match is None:
        raise InvalidVersion(
            f"`{text[:MAX_LENGTH]}` is not a semver 2.0.0 version", version=text[:MAX_LENGTH]
        )
    if len(text) >= _SHORTEST_UNSAFE and max(map(int, match.group(1, 2, 3))) > MAX_SAFE_INTEGER:
        raise InvalidVersion(f"`{text}` holds a number above {MAX_SAFE_INTEGER}", version=text)
    return match


def _key(text: str, pattern: re.Pattern[str]) -> VersionKey:
    major, minor, patch, prerelease = _matched(text, pattern).groups()
    return int(major), int(minor), int(patch), _prerelease_key(prerelease) if prerelease else RELEASE


def _prerelease_key(prerelease: str) -> tuple[tuple[int, Any], ...]:
    return tuple([(0, _number(part)) if part.isdigit() else (1, part) for part in prerelease.split(".")])


def _number(digits: str) -> int | float:
    # JavaScript compares such numbers as doubles, and which versions npm holds for equal depends on it.
    return int(digits) if len(digits) < 16 else float(digits)
