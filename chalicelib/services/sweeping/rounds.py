"""A round of a task as far as one sweep goes: in portions, after each of which its position may be recorded."""

import logging
from collections.abc import Callable, Iterator
from typing import Final

from chalicelib import telemetry
from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.errors import PrismError
from chalicelib.domain.executions.errors import UnreadableRecords
from chalicelib.domain.sweeping import MOST_NAMED, Position, SweepFailure, TaskReport
from chalicelib.services.sweeping.tasks import Candidate, Task
from chalicelib.storage.port import StorageError

PORTION: Final = 1_000
"""How many candidates are looked at before the position is recorded."""
MOST_TREATED: Final = 100
"""How many of them may need treatment."""
REASON_CHARACTERS: Final = 300
KNOWN: Final = (PrismError, StorageError, UnreadableDocument, UnreadableRecords)

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.sweeping")


class Round:
    """A task's round from a position on; `stored` is the position as the progress has it."""

    def __init__(self, task: Task, stored: Position, now: str) -> None:
        self.name = task.name
        self.stored = stored
        self.position = stored
        self.portions = 0
        self.finished = False
        self.over = False
        self._task = task
        self._now = now
        self._ended: Callable[[], bool] = lambda: False
        self._told = TaskReport(name=task.name)
        self._examined, self._done, self._failed = 0, 0, 0
        self._named: list[str] = []
        self._failures: list[SweepFailure] = []
        self._walk = self._portions()

    @property
    def moved(self) -> bool:
        """Whether the position is another than the one that is stored."""
        return self.position != self.stored

    def advance(self, until: Callable[[], bool]) -> None:
        """Look at the next portion, or less of it if `until` says that the time is up."""
        self._ended = until
        try:
            self.position = next(self._walk)
        except Exception as error:  # noqa: BLE001 - whatever keeps one task from going on, the others do
            self._fail(self.name, error)
            self.over = True
            return
        self.portions += 1
        self.finished = self.over = self.position.at_rest

    def leave(self) -> None:
        """Leave the task to another sweep, which has moved it."""
        self.position = self.stored
        self.over = True

    def report(self) -> TaskReport:
        """Answer what was done."""
        return TaskReport(
            name=self.name,
            examined=self._examined,
            done=self._done,
            failed=self._failed,
            left=None if self.finished else True,
            named=self._named,
            failures=self._failures,
        )

    def _portions(self) -> Iterator[Position]:
        """Answer the position after each portion, the last time that between rounds."""
        position = self.stored.begun(self._now)
        failed, seen, treated = list(position.failed), 0, 0
        for candidate in self._task.candidates(position):
            seen, treated = seen + 1, treated + candidate.due
            self._examined += 1
            if candidate.due and not self._treat(candidate):
                failed.append(candidate.subject)
            if seen >= PORTION or treated >= MOST_TREATED or self._ended():
                seen, treated = 0, 0
                yield position.at(candidate.place, failed)
        yield position.at(None, failed).ended()

    def _treat(self, candidate: Candidate) -> bool:
        """Answer whether nothing failed."""
        try:
            # What is noted of one thing is not said of the next.
            with telemetry.bind():
                done = self._task.treat(candidate)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one thing, the others are looked at
            self._fail(candidate.subject, error)
            return False
        if done is not None:
            self._done += 1
            self._named.extend([done] if len(self._named) < MOST_NAMED else [])
        return True

    def _fail(self, subject: str, error: Exception) -> None:
        self._failed += 1
        if len(self._failures) < MOST_NAMED:
            self._failures.append(SweepFailure(subject=subject, reason=_reason(error)))
        if not isinstance(error, KNOWN):
            _LOG.error("not swept: %s", subject, exc_info=error)


def _reason(error: Exception) -> str:
    """Answer why something failed; of an error that is none of ours not its text, which may hold anything."""
    if isinstance(error, PrismError):
        return error.detail
    if isinstance(error, KNOWN):
        return str(error)[:REASON_CHARACTERS]
    return f"{type(error).__name__}; the log tells more"
