"""Rebuilding: makes every derived object again from what is never changed, and says whether the bytes are equal.

    index      entries, shards and snapshot of the index    readable, and what their names say
    packages   pack, metadata, text, and files              from the tarball and the manifest
               index entry and packuments                   from the head, manifests and texts
    jobs       places in the listings of jobs               from the jobs

What is missing or damaged is written, unless this is only a check. What was published by other analyzers is told and
stays as it was published. A rebuild goes in portions, each of which names where the next one goes on; portions may be
repeated, and done by many at once, because whoever makes an object makes the same bytes.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from chalicelib import telemetry
from chalicelib.domain.errors import InvalidQuery
from chalicelib.domain.rebuilding import (
    MOST_FINDINGS,
    UNREMARKABLE,
    Kind,
    Outcome,
    RebuildFinding,
    RebuildPortion,
)
from chalicelib.services.rebuilding.values import Task, Unit

__all__ = ["Rebuilding"]

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.rebuilding")


class Rebuilding:
    """Walks through the registry, a bounded part of it at a time; `clock` counts seconds."""

    def __init__(self, tasks: Sequence[Task], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._tasks = tasks
        self._clock = clock

    def portion(self, *, check: bool, after: str | None = None, seconds: float = 20.0) -> RebuildPortion:
        """Examine what follows a cursor for so many seconds, and finish the piece of work begun in them.

        A `check` writes nothing. Raises InvalidQuery for a cursor that no portion has named.
        """
        deadline = self._clock() + seconds
        first, place = self._parse(after) if after else (0, None)
        tally = _Tally()
        for task in self._tasks[first:]:
            for unit in task.units(place, check=check):
                tally.add(unit)
                if self._clock() >= deadline:
                    return tally.portion(following=f"{task.name} {unit.place}")
            place = None
        return tally.portion(following=None)

    def _parse(self, cursor: str) -> tuple[int, str]:
        name, _, place = cursor.partition(" ")
        names = [task.name for task in self._tasks]
        if name not in names or not place:
            raise InvalidQuery(f"`{cursor[:100]}` is no cursor of a rebuild", parameter="cursor")
        return names.index(name), place


class _Tally:
    """What the units of a portion come to."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._counts: dict[Kind, Counter[Outcome]] = defaultdict(Counter)
        self._findings: list[RebuildFinding] = []

    def add(self, unit: Unit) -> None:
        self._counted.update(unit.counted)
        for finding in unit.findings:
            self._counts[finding.kind][finding.outcome] += 1
            if finding.outcome not in UNREMARKABLE:
                self._findings.append(finding)
                _LOG.warning("examined", extra=finding.to_json_value())

    def portion(self, *, following: str | None) -> RebuildPortion:
        return RebuildPortion(
            examined=sum(counts.total() for counts in self._counts.values()),
            packages=self._counted["packages"],
            versions=self._counted["versions"],
            jobs=self._counted["jobs"],
            counts={kind: dict(counts) for kind, counts in self._counts.items()},
            findings=self._findings[:MOST_FINDINGS],
            more=max(0, len(self._findings) - MOST_FINDINGS) or None,
            next=following,
        )
