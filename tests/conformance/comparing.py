"""Prism's answers beside the runtimes': what agrees, what is declared to differ, and what differs."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple


class Compared(NamedTuple):
    """One question and both answers; `package_json` is what the package states."""

    area: str
    asked: str
    """The runtime or program that was asked."""
    mode: str
    specifier: str
    ours: str | None
    theirs: str | None
    package_json: Mapping[str, Any]


class Declared(NamedTuple):
    """A difference that is known and kept, with the reason a user is told."""

    name: str
    reason: str
    applies: Callable[[Compared], bool]


@dataclass
class Tally:
    """The counts of one area, program and mode."""

    cases: int = 0
    agreeing: int = 0
    declared: Counter[str] = field(default_factory=Counter)
    undeclared: list[Compared] = field(default_factory=list)

    @property
    def percentage(self) -> str:
        """The share that agrees, cut and not rounded, so that 100 means all of them."""
        return f"{self.agreeing * 10_000 // max(self.cases, 1) / 100:.2f} %"


Tallies = dict[tuple[str, str, str], Tally]
"""By area, program and mode."""

MOST_DECLARED: Final = 0.005
"""The share of an area's cases that may differ although it is declared."""
MATRIX: Final = "how files are run"
"""The area that asks for every combination once: its declared cases are as many as there are combinations."""
LOADED: Final = "import map, loaded"
"""The area that runs packages in Deno from addresses, where it has no CommonJS."""
MODULES: Final = "ES modules"
WITH_COMMONJS: Final = "CommonJS"
LOADS: Final = "loads"


def tally(compared: Iterable[Compared], declared: Iterable[Declared]) -> Tallies:
    """Count what agrees and sort out what does not."""
    known = tuple(declared)
    tallies: Tallies = {}
    for case in compared:
        found = tallies.setdefault((case.area, case.asked, case.mode), Tally())
        found.cases += 1
        if case.ours == case.theirs:
            found.agreeing += 1
            continue
        reason = next((item.name for item in known if item.applies(case)), None)
        if reason is None:
            found.undeclared.append(case)
        else:
            found.declared[reason] += 1
    return tallies


def failures(tallies: Tallies) -> Iterator[str]:
    """Answer a sentence for each thing that is not as it must be."""
    for key, found in tallies.items():
        where = ", ".join(key)
        for case in found.undeclared:
            yield f"{where}: `{case.specifier}` leads to {case.theirs}, and Prism says {case.ours}"
        if key[0] not in {MATRIX, LOADED} and found.declared.total() > MOST_DECLARED * found.cases:
            yield f"{where}: {found.declared.total()} declared differences of {found.cases} are too many"
