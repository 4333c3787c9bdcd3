"""Archives that serve no longer.

When an archive was last downloaded nobody knows, so what counts is its age. For a day after it has ceased to serve it
is left where it is: whoever was sent to it in its last moment has the time for which an address is signed, and as much
again to come to the end of the download.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.sweeping import Position
from chalicelib.services.sweeping.tasks import Candidate
from chalicelib.stores.sweeping import Rooms

GRACE: Final = timedelta(days=1)
"""How long an archive lies after it has ceased to serve."""


class OldArchives:
    """Removes archives, and what tells what is in them, some time after `days`."""

    name = "archives"

    def __init__(self, rooms: Rooms, *, days: int, now: Callable[[], datetime]) -> None:
        self._rooms = rooms
        self._kept = timedelta(days=days) + GRACE
        self._now = now

    def candidates(self, position: Position) -> Iterator[Candidate]:
        """Answer archives, and what is in them."""
        for name, modified in self._rooms.archives(position.after):
            yield Candidate(name, name, modified < self._limit(), modified)

    def treat(self, candidate: Candidate) -> str | None:
        """Remove an archive, unless it was made again meanwhile."""
        removed = self._rooms.remove_archive(candidate.subject, self._limit())
        return candidate.subject if removed else None

    def _limit(self) -> datetime:
        return self._now() - self._kept
