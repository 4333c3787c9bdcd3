"""Rewrites what npm's range syntax abbreviates into plain comparators: `^1.2` into `>=1.2.0` and `<2.0.0-0`.

This is one alternative of a range, the text between two `||`. The order of the steps is npm's, because
spacing and junk are judged by what the step before has left. `wide` is npm's includePrerelease: partial
versions begin at their lowest prerelease. The strict grammar refuses junk, the loose one drops it.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from chalicelib.domain.errors import InvalidRange, InvalidVersion
from chalicelib.domain.semver.grammar import BUILD, LOOSE, MAX_LENGTH, STRICT, without_groups
from chalicelib.domain.semver.partials import Partial
from chalicelib.domain.semver.versions import clean_version

ANY: Final = ""
"""The comparator that every version passes."""

NOTHING: Final = "<0.0.0-0"
"""The comparator that no version passes."""


class _Patterns(NamedTuple):
    """The regular expressions of one grammar."""

    loose: bool
    hyphen: re.Pattern[str]
    word: re.Pattern[str]
    comparator: re.Pattern[str]


@cache
def _patterns(*, loose: bool) -> _Patterns:
    grammar = LOOSE if loose else STRICT
    return _Patterns(
        loose=loose,
        hyphen=re.compile(rf" ?([v= ]*{grammar.partial}) - ([v= ]*{grammar.partial}) ?"),
        word=re.compile(rf"(\^|~>?|[<>]?=?)[v= ]*{grammar.partial}"),
        # A build is here again where a star stood between the plus and its first letter.
        comparator=re.compile(rf"([<>]?=?)({grammar.prefix}{without_groups(grammar.full)}(?:{BUILD})?)"),
    )


_BUILD: Final = re.compile(BUILD)
_STAR: Final = re.compile(r"[<>]?=?\*")
_GAP: Final = re.compile(" +")
_TILDE_SPACE: Final = re.compile("~>? ")
_CARET_SPACE: Final = re.compile(r"\^ ")
# The second branch takes a run that begins no version at once; to try each of its characters is quadratic.
_OPERATOR_SPACE: Final = re.compile(
    rf"( ?[<>]?=?) ?([v= ]*(?:{without_groups(LOOSE.full)}|{without_groups(STRICT.partial)}))|([v=]+)"
)


def comparators_of(text: str, *, loose: bool, wide: bool) -> list[str]:
    """Answer the comparators of one alternative in npm's normal form, none if all of it was dropped as junk.

    `text` has no white space around it and single spaces within. Raises InvalidRange.
    """
    patterns = _patterns(loose=loose)
    words = _joined(text, patterns, wide=wide).split(" ")
    # Joined and split again: npm forgets a star between two words, even if it then drops both as junk.
    plain = _GAP.split(
        " ".join(comparator for word in words for comparator in _rewritten(word, patterns, wide=wide))
    )
    zero = ">=0.0.0-0" if wide else ">=0.0.0"
    kept = [_normal(ANY if comparator == zero else comparator, patterns) for comparator in plain]
    distinct = list(dict.fromkeys(comparator for comparator in kept if comparator is not None))
    if NOTHING in distinct:
        return [NOTHING]
    return [comparator for comparator in distinct if comparator != ANY] or distinct


def _joined(text: str, patterns: _Patterns, *, wide: bool) -> str:
    """Rewrite a hyphen range and join operators with what they apply to, so that spaces separate words."""
    text = _BUILD.sub("", text)
    hyphen = patterns.hyphen.fullmatch(text)
    if hyphen is not None:
        text = _between(hyphen, wide=wide)
    text = _OPERATOR_SPACE.sub(r"\1\2\3", text)
    text = _TILDE_SPACE.sub("~", text)
    return _CARET_SPACE.sub("^", text)


def _between(hyphen: re.Match[str], *, wide: bool) -> str:
    """Rewrite `low - high`; a partial `high` includes all that begins with it."""
    low, *low_parts = hyphen.group(1, 2, 3, 4, 5)
    high, *high_parts = hyphen.group(6, 7, 8, 9, 10)
    lower = _at_least(low, Partial(*low_parts), wide=wide)
    upper = _at_most(high, Partial(*high_parts), wide=wide)
    # A number of 22 digits or more comes back as `1e+21`, whose end reads as build metadata.
    return _BUILD.sub("", f"{lower} {upper}".strip(" "))


def _at_least(written: str, low: Partial, *, wide: bool) -> str:
    if low.known == 0:
        return ANY
    if low.known < 3:
        return f">={low.lowest(wide=wide)}"
    return f">={written}-0" if wide and not low.prerelease else f">={written}"


def _at_most(written: str, high: Partial, *, wide: bool) -> str:
    if high.known == 0:
        return ANY
    if high.known == 3 and high.prerelease:
        return f"<={high.lowest(wide=False)}"
    return f"<{high.next(high.known)}-0" if wide or high.known < 3 else f"<={written}"


def _rewritten(word: str, patterns: _Patterns, *, wide: bool) -> Iterator[str]:
    """Rewrite one word into comparators with whole versions; junk comes back without its first star."""
    match = patterns.word.fullmatch(word)
    if match is None:
        yield _STAR.sub("", word, count=1)
        return
    operator, *parts = match.groups()
    partial = Partial(*parts)
    if operator == "^":
        yield from _bounded(partial, partial.significant, wide=wide)
    elif operator.startswith("~"):
        yield from _bounded(partial, min(partial.known, 2), wide=wide)
    elif not partial.is_ordered:
        yield _STAR.sub("", word, count=1)
    elif partial.known == 3:
        yield word
    else:
        yield from _compared(operator, partial, wide=wide)


def _bounded(partial: Partial, kept: int, *, wide: bool) -> Iterator[str]:
    """Rewrite into all versions from the partial one on that share its first `kept` parts."""
    if partial.known == 0:
        yield ANY
        return
    yield f">={partial.lowest(wide=wide)}"
    yield f"<{partial.next(kept)}-0"


def _compared(operator: str, partial: Partial, *, wide: bool) -> Iterator[str]:
    """Rewrite an operator before a version with open parts."""
    if partial.known == 0:
        yield NOTHING if operator in {"<", ">"} else ANY
    elif operator == ">":
        yield f">={partial.next(partial.known)}{'-0' if wide else ''}"
    elif operator == ">=":
        yield f">={partial.lowest(wide=wide)}"
    elif operator == "<":
        yield f"<{partial.lowest(wide=False)}-0"
    elif operator == "<=":
        yield f"<{partial.next(partial.known)}-0"
    else:
        yield from _bounded(partial, partial.known, wide=wide)


def _normal(comparator: str, patterns: _Patterns) -> str | None:
    """Answer a comparator as npm prints it, None for junk that is dropped; raises InvalidRange."""
    if comparator == ANY:
        return ANY
    match = patterns.comparator.fullmatch(comparator)
    if match is None and patterns.loose:
        return None
    if match is None:
        raise InvalidRange(f"`{comparator[:MAX_LENGTH]}` is not part of an npm range")
    operator, version = match.groups()
    if len(version) > MAX_LENGTH:
        raise InvalidRange(f"a version in a range has at most {MAX_LENGTH} characters")
    try:
        return operator.removeprefix("=") + clean_version(version, loose=patterns.loose)
    except InvalidVersion as error:
        raise InvalidRange(error.detail) from error
