"""Patterns of names: which packages a token is about, and whom a list of publishers means.

`*` stands for any characters, also for none. In a pattern of package names it stays within its part of the name:
`@acme/*` is every package of a scope, `acme-*` every name without a scope that begins so, `@*/*` every name with
one. A `*` alone is every package there is. Nothing else has a meaning of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from chalicelib.domain.errors import InvalidName, InvalidPayload
from chalicelib.domain.names import PackageName

EVERYTHING: Final = "*"
MAX_PATTERNS: Final = 100

_STARS: Final = re.compile(r"\*+")


@dataclass(frozen=True, slots=True)
class PackagePatterns:
    """Package names, told by patterns in their one normal form."""

    texts: tuple[str, ...]

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Self:
        """Read patterns, each once and ascending; raises InvalidPayload with the rule that is broken."""
        if not texts:
            raise InvalidPayload("`packages` is empty; leave it out for all packages, or name some")
        if len(texts) > MAX_PATTERNS:
            raise InvalidPayload(f"`packages` has {len(texts)} patterns and at most {MAX_PATTERNS} are taken")
        return cls(tuple(sorted({_pattern(text) for text in texts})))

    def match(self, name: str) -> bool:
        """Tell whether a package name is one of those meant."""
        return any(_means(pattern, name) for pattern in self.texts)

    def include(self, pattern: str) -> bool:
        """Tell whether every name that another pattern means is one of those meant."""
        # What a star of the other stands for, a star of these can stand for too; `*` itself is in no name.
        return any(
            own == EVERYTHING or (pattern != EVERYTHING and _means(own, pattern)) for own in self.texts
        )

    def reach(self, first: str, end: str | None) -> bool:
        """Tell whether any name from `first` on, and before `end`, could be one of those meant."""
        return any(_reaches(pattern, first, end) for pattern in self.texts)


EVERY_PACKAGE: Final = PackagePatterns((EVERYTHING,))


def fits(pattern: str, text: str) -> bool:
    """Tell whether a text is what a pattern says, in time that grows with their lengths alone."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    if not text.startswith(first):
        return False
    position = len(first)
    for part in middle:
        found = text.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return text.endswith(last) and position + len(last) <= len(text)


def _pattern(text: str) -> str:
    """Answer a pattern in its normal form; it is valid where some package could have a name that it means."""
    pattern = _STARS.sub("*", text.strip(" \t\r\n"))
    try:
        PackageName.parse(pattern.replace("*", "x"))
    except InvalidName as error:
        raise InvalidPayload(
            f"`{text[:60]}` means no package, write `name`, `@scope/name` or one with `*` in it: {error.detail}",
            pattern=text[:60],
        ) from None
    return pattern.lower()


def _means(pattern: str, name: str) -> bool:
    if pattern == EVERYTHING:
        return True
    wanted, parts = pattern.split("/"), name.split("/")
    return len(wanted) == len(parts) and all(map(fits, wanted, parts))


def _reaches(pattern: str, first: str, end: str | None) -> bool:
    start, star, _ = pattern.partition("*")
    if not star:
        return first <= pattern and (end is None or pattern < end)
    return (end is None or start < end) and (start >= first or first.startswith(start))
