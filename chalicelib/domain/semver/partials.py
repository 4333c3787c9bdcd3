"""Versions whose parts may be absent or written `x`, as ranges hold them, and the bounds they stand for."""

from typing import NamedTuple


class Partial(NamedTuple):
    """The parts of a partial version as they were written; bounds are answered as text."""

    major: str | None
    minor: str | None
    patch: str | None
    prerelease: str | None

    @property
    def known(self) -> int:
        """How many parts are numbers before the first that is not."""
        parts = (self.major, self.minor, self.patch)
        return next((index for index, part in enumerate(parts) if _is_open(part)), 3)

    @property
    def is_ordered(self) -> bool:
        """Whether no number follows an open part."""
        return all(map(_is_open, (self.major, self.minor, self.patch)[self.known :]))

    @property
    def significant(self) -> int:
        """How many parts `^` keeps: up to the leftmost that is not zero, or all that are known."""
        numbers = self._numbers(max(self.known, 1))
        return next((kept for kept, number in enumerate(numbers, start=1) if number != "0"), len(numbers))

    def lowest(self, *, wide: bool) -> str:
        """Answer the lowest version that fits, or with `wide` the lowest prerelease if a part is open."""
        version = ".".join(self._numbers(self.known) + ["0"] * (3 - self.known))
        if self.known < 3:
            return f"{version}-0" if wide else version
        return f"{version}-{self.prerelease}" if self.prerelease else version

    def next(self, kept: int) -> str:
        """Answer the lowest version above all that share the first `kept` parts."""
        *shared, last = self._numbers(kept)
        return ".".join([*shared, _successor(last), *["0"] * (3 - kept)])

    def _numbers(self, count: int) -> list[str]:
        return [part or "0" for part in (self.major, self.minor, self.patch)[:count]]


def _is_open(part: str | None) -> bool:
    return part is None or part in {"x", "X", "*"}


def _successor(number: str) -> str:
    # npm counts in doubles and reads on what JavaScript prints: digits below 1e21, an exponent from there.
    value = float(number) + 1
    return str(int(value)) if value < 1e21 else repr(value)
