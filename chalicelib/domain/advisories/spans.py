"""Which versions of a package an advisory affects: OSV's events turned into spans, and those into an npm range.

The rules are those of https://ossf.github.io/osv-schema/#evaluation. An event changes what holds from a place on:
`introduced` and `fixed` from their version, `last_affected` from just behind it. A version is at the place of its sort
key, and nothing lies between that and the same key with one more element, which is the place just behind it.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from chalicelib.domain.errors import InvalidVersion
from chalicelib.domain.semver.versions import VersionKey, clean_version, loose_version_key, version_key

Place = tuple[Any, ...]

BEGINNING: Final[Place] = ()
END: Final[Place] = (math.inf,)
BEHIND_LENGTH: Final = 5
"""A version's place has four elements: its sort key."""

FROM_THE_BEGINNING: Final = "0"
"""The version that OSV writes for one before all others."""

ORDERED_TYPES: Final = frozenset({"SEMVER", "ECOSYSTEM"})
"""Types of ranges whose events are versions; npm's own order is that of semver."""


class Span(NamedTuple):
    """Versions from one place up to but not including another."""

    low: Place
    high: Place


class Spans(NamedTuple):
    """Spans that do not touch, ascending, and the version at each of their places."""

    spans: tuple[Span, ...]
    texts: Mapping[Place, str]

    def contain(self, version: str) -> bool:
        """Tell whether a version is in one of the spans; what is no version, even loosely, is in none."""
        try:
            key = loose_version_key(version)
        except InvalidVersion:
            return False
        return any(low <= key < high for low, high in self.spans)

    def npm_range(self) -> str:
        """Answer the spans as an npm range, as it is read with prereleases included; empty for no span."""
        return " || ".join(self._alternative(span) for span in self.spans)

    def is_behind(self, place: Place) -> bool:
        """Tell whether a place is the one just behind its version, and not that version's own."""
        return len(place) == BEHIND_LENGTH

    def _alternative(self, span: Span) -> str:
        low, high = span
        if high == (*low, 0) and low != BEGINNING:
            return self.texts[low]
        bounds = []
        if low != BEGINNING:
            bounds.append(f">={self.texts[low]}")
        if high != END:
            bounds.append(f"{'<=' if self.is_behind(high) else '<'}{self.texts[high]}")
        return " ".join(bounds) or "*"


def affected_spans(
    ranges: Iterable[tuple[str, Sequence[Mapping[str, str]]]], versions: Iterable[str] = ()
) -> Spans:
    """Answer the spans of ranges, each a type and its events, and of single versions.

    Raises InvalidVersion for an event whose version cannot be ordered. Single versions of that kind are left out: no
    package of npm has them.
    """
    texts: dict[Place, str] = {}
    found = [
        span for kind, events in ranges if kind in ORDERED_TYPES for span in _spans_of_events(events, texts)
    ]
    found += [Span(place, _behind(place)) for place in _places(versions, texts)]
    return Spans(tuple(_merged(found)), texts)


def _spans_of_events(events: Sequence[Mapping[str, str]], texts: dict[Place, str]) -> Iterator[Span]:
    limit = _limit(events, texts)
    start: Place | None = None
    for place, affected in _turns(events, texts):
        if affected and start is None:
            start = place
        elif not affected and start is not None:
            yield from _limited(start, place, limit)
            start = None
    if start is not None:
        yield from _limited(start, END, limit)


def _turns(events: Sequence[Mapping[str, str]], texts: dict[Place, str]) -> Iterator[tuple[Place, bool]]:
    """Answer from which place on versions are affected or no more, ascending.

    Events of one version count in the order they are written in, of which the last decides.
    """
    placed = [
        (BEGINNING if kind == "introduced" and text == FROM_THE_BEGINNING else _place(text, texts), kind)
        for event in events
        for kind, text in event.items()
        if kind in {"introduced", "fixed", "last_affected"}
    ]
    for place, group in groupby(sorted(placed, key=lambda event: event[0]), key=lambda event: event[0]):
        kinds = [kind for _, kind in group]
        at_once = [kind for kind in kinds if kind != "last_affected"]
        if at_once:
            yield place, at_once[-1] == "introduced"
        if kinds[-1] == "last_affected":
            texts[_behind(place)] = texts[place]
            yield _behind(place), False


def _limit(events: Sequence[Mapping[str, str]], texts: dict[Place, str]) -> Place:
    """Answer the place before which a range counts: the highest of its limits."""
    limits = [event["limit"] for event in events if "limit" in event]
    return END if not limits or "*" in limits else max(_place(text, texts) for text in limits)


def _limited(low: Place, high: Place, limit: Place) -> Iterator[Span]:
    if low < min(high, limit):
        yield Span(low, min(high, limit))


def _place(text: str, texts: dict[Place, str]) -> Place:
    key: VersionKey = version_key(text)
    texts[key] = clean_version(text)
    return key


def _places(versions: Iterable[str], texts: dict[Place, str]) -> Iterator[Place]:
    for version in versions:
        try:
            place = _place(version, texts)
        except InvalidVersion:
            continue
        texts[_behind(place)] = texts[place]
        yield place


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Answer spans ascending, those in one that touch each other."""
    current: Span | None = None
    for span in sorted(spans):
        if current is None:
            current = span
        elif span.low <= current.high:
            current = Span(current.low, max(current.high, span.high))
        else:
            yield current
            current = span
    if current is not None:
        yield current


def _behind(place: Place) -> Place:
    return (*place, 0)
