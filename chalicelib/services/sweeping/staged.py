"""Staged bytes that were left lying: those that no job needs.

A publish may begin, or a job be replayed, at the very moment in which its bytes are found to be unneeded. So they are
set aside first, and put back by whichever sweep finds within the next hour that a job needs them. No two sweeps set
them aside under the same name: each may have been the one that took them away, and has a copy of its own to put back.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.sweeping import Position
from chalicelib.services.sweeping.needs import Needs
from chalicelib.services.sweeping.tasks import Candidate
from chalicelib.stores.sweeping import ASIDE, Rooms

GRACE: Final = timedelta(hours=1)
"""How long bytes lie before anybody asks whether they are needed, and how long they lie aside."""

_NAME: Final = re.compile(
    r"(?:aside/[0-9a-f]{32}/)?([0-9a-f]{64})(?:\.tgz|\.pack|-[0-9a-f]{8}\.sigstore\.json)"
)


class UnneededBytes:
    """Removes staged bytes that no job needs."""

    name = "staged"

    def __init__(self, rooms: Rooms, needs: Needs, *, now: Callable[[], datetime]) -> None:
        self._rooms = rooms
        self._needs = needs
        self._now = now

    def candidates(self, position: Position) -> Iterator[Candidate]:
        """Answer everything that is staged or lies aside; what no publish has staged is nobody's to remove."""
        for lying in self._rooms.staged(position.after):
            due = lying.name.startswith(ASIDE) or self._is_old(lying.modified)
            known = _NAME.fullmatch(lying.name) is not None
            yield Candidate(lying.name, lying.name, due and known, lying.modified)

    def treat(self, candidate: Candidate) -> str | None:
        """Set bytes aside, or remove them for good, unless they are needed or it cannot be told."""
        if candidate.subject.startswith(ASIDE):
            return self._end(candidate.subject, candidate.modified)
        if self._is_needed(candidate.subject):
            return None
        return self._begin(candidate.subject)

    def _begin(self, name: str) -> str | None:
        aside = self._rooms.set_aside(name)
        if aside is None:
            return None
        try:
            needed = self._is_needed(name)
        except Exception:
            self._rooms.put_back(aside)
            raise
        if needed:
            self._rooms.put_back(aside)
        return None if needed else f"{name} set aside"

    def _end(self, aside: str, since: datetime) -> str | None:
        needed = self._is_needed(aside)
        if needed:
            self._rooms.put_back(aside)
        if not self._is_old(since):
            return None
        self._rooms.discard(aside)
        return None if needed else f"{aside.rpartition('/')[2]} removed"

    def _is_needed(self, name: str) -> bool:
        found = _NAME.fullmatch(name)
        assert found is not None, "others are not due"
        return self._needs.bytes_of(found[1])

    def _is_old(self, moment: datetime) -> bool:
        return moment < self._now() - GRACE
