"""Shards of the index that no snapshot names: those of folds that died, or were overtaken, before their swap."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from chalicelib.domain.sweeping import Position
from chalicelib.services.sweeping.tasks import Candidate
from chalicelib.stores.index import Index
from chalicelib.stores.sweeping import Rooms

GRACE: Final = timedelta(hours=1)
"""How old a shard is before anybody asks who names it; no fold takes that long."""
SUFFIX: Final = ".json"
AT_ONCE: Final = 1_000


class UnnamedShards:
    """Removes shards that no snapshot names."""

    name = "shards"

    def __init__(self, rooms: Rooms, index: Index, *, now: Callable[[], datetime]) -> None:
        self._rooms = rooms
        self._index = index
        self._now = now

    def candidates(self, position: Position) -> Iterator[Candidate]:
        """Answer the shards of the index."""
        lying = self._rooms.shards(position.after)
        while portion := list(islice(lying, AT_ONCE)):
            limit = self._now() - GRACE
            old = {name.removesuffix(SUFFIX) for name, modified in portion if modified < limit}
            unnamed = self._index.unnamed_shards(old) if old else set()
            for name, modified in portion:
                digest = name.removesuffix(SUFFIX)
                yield Candidate(name, digest, digest in unnamed, modified)

    def treat(self, candidate: Candidate) -> str | None:
        """Remove a shard unless a snapshot names it by now, or another writer is at the index."""
        return candidate.subject if self._index.remove_shard(candidate.subject) else None
