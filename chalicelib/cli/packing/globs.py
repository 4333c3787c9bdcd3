"""Globs over whole paths, as npm's packing rules use them.

A pattern without a slash is matched against the last portion of a path, `**` stands for any number of
portions, `!` in front negates, and case is disregarded.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from chalicelib.cli.packing.braces import expand
from chalicelib.cli.packing.portions import Portion, compile_portion

ANY_DEPTH: Final = "**"

_SLASHES: Final = re.compile(r"/+")
_MAGIC: Final = re.compile(r"[^\w. -]")


class _Alternative(NamedTuple):
    """One pattern without braces: its portions, and whether it can match with or without a slash in front."""

    portions: tuple[Portion | None, ...]
    rooted: bool
    bare: bool


class Glob:
    """One pattern; `negated` says whether it stands for its opposite."""

    __slots__ = ("_alternatives", "_names", "negated", "short")

    def __init__(self, pattern: str) -> None:
        positive = pattern.lstrip("!")
        self.negated = (len(pattern) - len(positive)) % 2 == 1
        split = [_split(text) for text in expand(positive)] if positive else [[""]]
        self.short = any(len(texts) <= (1 if texts[-1] else 2) for texts in split)
        """Whether the pattern names one portion only: `docs` or `docs/`."""
        self._names = [_compile(texts[0]) for texts in split if len(texts) == 1]
        self._alternatives = [_alternative(texts) for texts in split if len(texts) > 1]

    def matches(self, path: str) -> bool:
        """Say whether the pattern, not regarding negation, matches a path, with or without a slash in front.

        A folder's path may end in a slash.
        """
        portions = _portions(path)
        if self._names and any(test is None or test(_name(portions)) for test in self._names):
            return True
        return any(
            (bare and _matches(wanted, portions)) or (rooted and _matches(wanted, ("", *portions)))
            for wanted, rooted, bare in self._alternatives
        )

    def may_match_below(self, path: str) -> bool:
        """Say whether the pattern matches the path or may match something below it."""
        portions = _portions(path)
        if self._names and any(test is None or test(_name(portions)) for test in self._names):
            return True
        return any(
            (bare and _may_match_below(wanted, portions))
            or (rooted and _may_match_below(wanted, ("", *portions)))
            for wanted, rooted, bare in self._alternatives
        )


def _alternative(texts: Sequence[str]) -> _Alternative:
    # A word in front can match nothing but itself, so one of the two ways to write a path can be left out.
    is_word = bool(texts[0]) and not _MAGIC.search(texts[0])
    return _Alternative(tuple(_compile(text) for text in texts), rooted=not is_word, bare=bool(texts[0]))


def _name(portions: Sequence[str]) -> str:
    """Answer the last portion that is not empty."""
    return next((portion for portion in reversed(portions) if portion), "")


def _split(text: str) -> list[str]:
    """Split a pattern into portions, with `x/..` and repeated `**` resolved."""
    portions: list[str] = []
    for portion in _portions(text):
        if portion == ANY_DEPTH and portions[-1:] == [ANY_DEPTH]:
            continue
        if portion == ".." and portions and portions[-1] not in ("", ".", "..", ANY_DEPTH):
            portions.pop()
            continue
        portions.append(portion)
    return portions or [""]


@lru_cache(maxsize=4096)
def _portions(path: str) -> tuple[str, ...]:
    return tuple(_SLASHES.split(path))


def _compile(text: str) -> Portion | None:
    """Answer the test for a portion, or None for `**`."""
    return None if text == ANY_DEPTH else compile_portion(text)


def _matches(wanted: Sequence[Portion | None], portions: Sequence[str]) -> bool:
    """Say whether the portions are what is wanted, by following every way to read them at once."""
    end = len(portions)
    starts: Iterable[int] = (0,)
    for test in wanted[:-1]:
        if test is None:
            starts = range(min(starts), end + 1)
        else:
            starts = [start + 1 for start in starts if start < end and test(portions[start])]
        if not starts:
            return False
    last = wanted[-1]
    if last is None:
        return min(starts) < end
    ends = {start + 1 for start in starts if start < end and last(portions[start])}
    return end in ends or (end - 1 in ends and not portions[-1])


def _may_match_below(wanted: Sequence[Portion | None], portions: Sequence[str]) -> bool:
    for test, portion in zip(wanted, portions, strict=False):
        if test is None:
            return True
        if not test(portion):
            return False
    return len(portions) <= len(wanted) or (len(portions) == len(wanted) + 1 and not portions[-1])
