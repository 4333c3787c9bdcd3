"""An upload that several processes write at once, beside a model of what has to come of it.

A request has two moments: it looks where the upload ends, and later it writes. What lies between them is up to whoever
drives it: other requests, the same one again, the death of the process, the end of the upload.
"""

from dataclasses import dataclass, field

import pytest

from chalicelib.domain.uploads.errors import UploadEnded, UploadOffsetConflict
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.uploads import State, Uploads
from tests.stores.uploads.builders import done, fid, info, uploads

PROCESSES = 3


@dataclass
class Flight:
    """A request that has looked and not yet written."""

    process: Uploads
    seen: State
    data: bytes


@dataclass
class Racing:
    """One upload, its writers, and the bytes that it has by the model."""

    medium: ObjectStore
    number: int = 1
    length: int | None = None
    kept: bytes = b""
    told: int = 0
    is_done: bool = False
    is_gone: bool = False
    flights: list[Flight] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fid = fid(self.number)
        self.processes = [uploads(self.medium) for _ in range(PROCESSES)]
        self.processes[0].create(self.fid, info(self.length))

    def look(self, process: int, data: bytes) -> None:
        """Let a request begin that brings bytes for wherever the upload ends now."""
        if self.is_gone:
            return
        seen = self.processes[process].info(self.fid)
        assert seen.offset == len(self.kept)
        if seen.done is None:
            self.flights.append(Flight(self.processes[process], seen, data))

    def twice(self, number: int) -> None:
        """Let a request be sent once more, as it is."""
        self.flights.append(self.flights[number])

    def write(self, number: int, *, is_answered: bool = True) -> bool:
        """Let a request write, whatever has happened since it looked; tells whether it was first."""
        flight = self.flights.pop(number)
        is_over = self.is_done or self.is_gone
        offset, is_winner = _outcome(flight)
        if is_over:
            # Whatever it was told, it has written for nobody.
            return False
        assert is_winner == (flight.seen.offset == len(self.kept))
        if not is_winner:
            assert offset == len(self.kept)
            return False
        self.kept += flight.data
        assert offset == len(self.kept)
        if is_answered:
            self.told = len(self.kept)
        return True

    def restart(self, process: int) -> None:
        """Let a process die and another take its place, which knows nothing."""
        self.processes[process] = uploads(self.medium)

    def ask(self, process: int) -> None:
        """Ask where the upload ends; what was acknowledged once is there for good."""
        if self.is_gone:
            with pytest.raises(UploadEnded):
                self.processes[process].info(self.fid)
            return
        offset = self.processes[process].info(self.fid).offset
        assert offset >= self.told
        assert offset == len(self.kept)

    def end(self, process: int) -> None:
        """Say that this is all, and finish the upload; requests that are on their way write for nobody."""
        if self.is_gone or self.is_done:
            return
        store = self.processes[process]
        state = store.fix_length(store.info(self.fid), len(self.kept))
        store.finish(state, done(state))
        self.is_done, self.told = True, len(self.kept)

    def tidy(self, process: int) -> None:
        """Make one object of a finished upload, and remove its chunks."""
        if not self.is_done or self.is_gone or not self.kept:
            return
        store = self.processes[process]
        state = store.info(self.fid)
        if not state.composed:
            store.compose(state)
        store.drop_chunks(self.fid)

    def delete(self, process: int) -> None:
        """Remove the upload."""
        if not self.is_gone:
            self.processes[process].delete(self.fid)
            self.is_gone = True

    def check(self) -> None:
        """Hold the bytes to the model, by a process that knows nothing."""
        if self.is_gone:
            return
        self.end(0)
        assert b"".join(uploads(self.medium).create_read_stream(self.fid)) == self.kept


def _outcome(flight: Flight) -> tuple[object, bool]:
    """Let a request write; answers the offset that it is told, and whether it was first."""
    try:
        return flight.process.extend(flight.seen, flight.data, flight.seen.offset).offset, True
    except UploadOffsetConflict as conflict:
        return conflict.facts["offset"], False
