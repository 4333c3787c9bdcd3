"""The index's objects: each is to be readable and what its name says; what it said of packages is derived after it."""

from collections.abc import Iterator
from typing import Final

from chalicelib.domain.errors import InvalidQuery
from chalicelib.domain.rebuilding import Outcome, RebuildFinding
from chalicelib.services.rebuilding.values import Unit
from chalicelib.stores.index_parts import IndexParts, Part

TAIL: Final = "tail"
SHARDS: Final = "shards"


class IndexObjects:
    """Takes out of the index what cannot be read, which would keep everybody from reading the rest."""

    name = "index"

    def __init__(self, parts: IndexParts) -> None:
        self._parts = parts

    def units(self, after: str | None, *, check: bool) -> Iterator[Unit]:
        """Look at the entries of the tail, then at the snapshot, then at the shards."""
        room, _, place = (after or TAIL).partition(" ")
        if room not in {TAIL, SHARDS}:
            raise InvalidQuery(f"`{room[:100]}` in the cursor is no part of the index", parameter="cursor")
        if room == TAIL:
            yield from self._tail(place or None, check=check)
            yield from self._snapshot(check=check)
            place = ""
        yield from self._shards(place or None, check=check)

    def _tail(self, after: str | None, *, check: bool) -> Iterator[Unit]:
        for name, part in self._parts.tail(after):
            if part.damage and not check:
                self._parts.remove_entry(part.key)
            yield Unit(f"{TAIL} {name}", [_finding(part)])

    def _snapshot(self, *, check: bool) -> Iterator[Unit]:
        part = self._parts.snapshot()
        if part is None:
            return
        if part.damage and not check:
            self._parts.renew_snapshot()
        yield Unit(SHARDS, [_finding(part)])

    def _shards(self, after: str | None, *, check: bool) -> Iterator[Unit]:
        for ref, part in self._parts.shards(after):
            if part.damage and not check:
                self._parts.remove_shard(ref.digest)
            yield Unit(f"{SHARDS} {ref.first}", [_finding(part)])


def _finding(part: Part) -> RebuildFinding:
    outcome: Outcome = "equal"
    if part.damage:
        outcome = "corrupt" if part.there else "missing"
    return RebuildFinding(kind="index", key=part.key, outcome=outcome, detail=part.damage)
