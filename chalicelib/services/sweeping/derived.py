"""Heads of packages that the index does not know, because a publisher died before it could say so."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from chalicelib.domain.names import PackageName
from chalicelib.domain.sweeping import Position
from chalicelib.domain.times import moment
from chalicelib.services.deriving import Deriving
from chalicelib.services.sweeping.tasks import Candidate
from chalicelib.stores.heads import Heads
from chalicelib.stores.index import Index
from chalicelib.stores.sweeping import Rooms

SLACK: Final = timedelta(minutes=15)
"""How far the clocks of the medium and of the sweeps may differ."""


class OverdueDerivations:
    """Makes the index follow heads; only those are read that have changed since the last round, or failed in it."""

    name = "derived"

    def __init__(self, rooms: Rooms, heads: Heads, index: Index, deriving: Deriving) -> None:
        self._rooms = rooms
        self._heads = heads
        self._index = index
        self._deriving = deriving

    def candidates(self, position: Position) -> Iterator[Candidate]:
        """Answer the heads of all packages."""
        since = moment(position.since) - SLACK if position.since else None
        again = frozenset(position.again)
        for lying, name in self._rooms.heads(position.after):
            changed = since is None or lying.modified >= since or name in again
            yield Candidate(lying.name, name or lying.name, name is not None and changed, lying.modified)

    def treat(self, candidate: Candidate) -> str | None:
        """Derive what the index lacks of a package."""
        name = PackageName.parse(candidate.subject)
        head = self._heads.get(name)
        if head is None:
            return None
        entry = self._index.entry(name)
        if entry is not None and entry.seq >= head.seq:
            return None
        self._deriving.derive(name)
        return name
