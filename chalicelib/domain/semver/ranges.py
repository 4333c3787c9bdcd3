"""Version ranges as npm reads them, exact against npm's `semver` 7.8.5.

A range is one or more alternatives (`||`). The comparators of an alternative (see `comparators`) become one
half-open interval of sort keys, so that asking costs two comparisons per alternative.

A prerelease is inside only if a comparator of the alternative names a prerelease of the same numbers. With
`include_prerelease` that rule is off and partial versions begin at their lowest prerelease.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from chalicelib.domain.errors import InvalidRange, InvalidVersion
from chalicelib.domain.semver.comparators import ANY, NOTHING, comparators_of
from chalicelib.domain.semver.grammar import MAX_LENGTH, SPACES, collapsed
from chalicelib.domain.semver.versions import RELEASE, VersionKey, loose_version_key, version_key

_LOWEST: Final[tuple[Any, ...]] = ()
_HIGHEST: Final[tuple[Any, ...]] = (math.inf,)


class Interval(NamedTuple):
    """The versions of one alternative: sort keys from `low` up to but not including `high`.

    `prereleases` holds the major, minor and patch of those versions whose prereleases were asked for.
    """

    low: tuple[Any, ...]
    high: tuple[Any, ...]
    prereleases: frozenset[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Range:
    """A set of versions; as text it is npm's normal form, such as `>=1.2.0 <2.0.0-0||3.0.0`."""

    text: str
    loose: bool
    normal: str
    intervals: tuple[Interval, ...]

    @classmethod
    def parse(cls, text: str, *, loose: bool = False) -> Self:
        """Read a range; raises InvalidRange. `loose` forgives what npm forgives when it installs."""
        return cls(text, loose, *_read(text, loose=loose, wide=False))

    def contains(self, version: str, *, include_prerelease: bool = False) -> bool:
        """Tell whether a version is in the range; what is not a version is in no range."""
        if include_prerelease:
            return satisfies(version, self.text, loose=self.loose, include_prerelease=True)
        try:
            key = loose_version_key(version) if self.loose else version_key(version)
        except InvalidVersion:
            return False
        return self.contains_key(key)

    def contains_key(self, key: VersionKey) -> bool:
        """Tell whether the version with a sort key is in the range."""
        for low, high, prereleases in self.intervals:
            if low <= key < high and (key[3] == RELEASE or key[:3] in prereleases):
                return True
        return False

    def __str__(self) -> str:
        return self.normal


def satisfies(version: str, text: str, *, loose: bool = False, include_prerelease: bool = False) -> bool:
    """Tell whether a version is in the range a text spells; never raises, for engines and other texts.

    npm reads a range anew with prereleases included: a few odd texts are a range in one reading only.
    """
    try:
        if not include_prerelease:
            return Range.parse(text, loose=loose).contains(version)
        _, intervals = _read(text, loose=loose, wide=True)
        key = loose_version_key(version) if loose else version_key(version)
    except (InvalidRange, InvalidVersion):
        return False
    return any(low <= key < high for low, high, _ in intervals)


@lru_cache(maxsize=4096)
def _read(text: str, *, loose: bool, wide: bool) -> tuple[str, tuple[Interval, ...]]:
    """Answer the normal form and the intervals of a range; `wide` is npm's includePrerelease."""
    parts = [part.strip(SPACES) for part in collapsed(text).split("||")]
    alternatives = [found for part in parts if (found := comparators_of(part, loose=loose, wide=wide))]
    if not alternatives:
        raise InvalidRange(f"`{text[:MAX_LENGTH]}` is not an npm range", range=text[:MAX_LENGTH])
    alternatives = _without_void(alternatives)
    normal = "||".join(" ".join(alternative) for alternative in alternatives)
    return normal or "*", tuple(map(_interval, alternatives))


def _without_void(alternatives: list[list[str]]) -> list[list[str]]:
    """Leave out alternatives that hold nothing, and all the others if one holds everything."""
    if len(alternatives) == 1:
        return alternatives
    filled = [alternative for alternative in alternatives if alternative != [NOTHING]]
    if len(filled) > 1 and [ANY] in filled:
        return [[ANY]]
    return filled or alternatives[:1]


def _interval(comparators: list[str]) -> Interval:
    """Answer the interval in which all comparators hold."""
    low, high, prereleases = _LOWEST, _HIGHEST, set()
    for comparator in filter(None, comparators):
        version = comparator.lstrip("<>=")
        operator = comparator.removesuffix(version)
        key = loose_version_key(version)
        # Nothing lies between a key and the same key with one more element.
        after = (*key, 0)
        if not operator.startswith("<"):
            low = max(low, after if operator == ">" else key)
        if not operator.startswith(">"):
            high = min(high, key if operator == "<" else after)
        if key[3] != RELEASE:
            prereleases.add(key[:3])
    return Interval(low, high, frozenset(prereleases))
