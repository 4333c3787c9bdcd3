"""The names of chunks: what a listing tells of an upload without reading any.

    {10^15 - 1 - start}-{number}     15 and 5 digits

The first number is counted down, so the chunk that was written last comes first. The second one is how many chunks
come before: whoever writes at the same place has seen the same chunk end there, so one place has one name. That makes
each chunk a single create-only key, and tells how many there are for nothing.
"""

import re
from typing import Final, NamedTuple, Self

START_DIGITS: Final = 15
NUMBER_DIGITS: Final = 5
LAST_START: Final = 10**START_DIGITS - 1

_NAME: Final = re.compile(rf"([0-9]{{{START_DIGITS}}})-([0-9]{{{NUMBER_DIGITS}}})")


class Place(NamedTuple):
    """Where a chunk is: the offset of its first byte, and how many chunks come before it."""

    start: int = 0
    number: int = 0

    def __str__(self) -> str:
        """Answer the name of the chunk."""
        return f"{LAST_START - self.start:0{START_DIGITS}d}-{self.number:0{NUMBER_DIGITS}d}"

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Answer the place that a name tells, or None for what is no chunk."""
        found = _NAME.fullmatch(name)
        return cls(LAST_START - int(found[1]), int(found[2])) if found else None

    def after(self, size: int) -> "Place":
        """Answer the place after a chunk of so many bytes."""
        return Place(self.start + size, self.number + 1)


def before_all_that_hold(offset: int) -> str:
    """Answer what comes, in the order of names, right before the chunk that holds a byte."""
    return f"{LAST_START - offset:0{START_DIGITS}d}"
