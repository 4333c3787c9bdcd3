"""Sweeping: finishes what dead workers have begun, and removes what nothing needs any more.

    jobs      takes up jobs that wait for a worker, or whose worker is silent
    derived   makes the index follow the heads of packages
    direct    publishes what clients have sent to the medium and nobody has taken up, and forgets what never came
    staged    removes staged bytes that no job needs, some time after setting them aside
    shards    removes shards of the index that no snapshot names
    uploads   finishes uploads that are complete, and removes those that have expired
    buckets   removes buckets that have ended, and files that were downloaded as often as they may be
    archives  removes archives that serve no longer

A sweep gives each task a turn until all have come to the end of their rounds or the time is up; the next one goes on
where it stopped. Every task may be repeated, and done by many at once, so it does not matter where a sweep dies: what
it did since it last recorded its progress is looked at again.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from chalicelib import telemetry
from chalicelib.domain.sweeping import SweepProgress, SweepReport, TaskReport
from chalicelib.domain.times import timestamp
from chalicelib.services.sweeping.rounds import Round
from chalicelib.services.sweeping.tasks import Task
from chalicelib.stores.sweeping import Progress

__all__ = ["Sweeping"]

TURN_SECONDS: Final = 5.0
"""How long one task may keep the others waiting."""
MOST_PORTIONS: Final = 100
"""How many portions of a task's round are looked at in one sweep."""

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.sweeping")


class Sweeping:
    """Does what was left undone, a bounded part of it at a time; `clock` counts seconds."""

    def __init__(
        self,
        tasks: Sequence[Task],
        progress: Progress,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tasks = tasks
        self._progress = progress
        self._now = now
        self._clock = clock

    def sweep(self, seconds: float) -> SweepReport:
        """Sweep for so many seconds or a little longer, and answer what was done.

        What fails is told and left; only a storage that does not answer for the progress itself raises.
        """
        started, deadline = self._now(), self._clock() + seconds
        progress = self._progress.get()
        rounds = [Round(task, progress.position(task.name), timestamp(started)) for task in self._tasks]
        while (waiting := [each for each in rounds if not each.over]) and self._clock() < deadline:
            for each in waiting:
                self._give_turn(each, deadline)
        report = self._report(rounds, started)
        moves = {each.name: (each.stored, each.position) for each in rounds if each.moved}
        self._progress.conclude(report, moves)
        _tell(report.tasks)
        return report

    def progress(self) -> SweepProgress:
        """Answer how far every task has come, and what the last sweep did."""
        return self._progress.get()

    def _give_turn(self, each: Round, deadline: float) -> None:
        """Let a task go on, and record how far it has come; the end of its round is recorded with the report."""
        end = min(deadline, self._clock() + TURN_SECONDS)
        each.advance(until=lambda: self._clock() >= end)
        if each.portions >= MOST_PORTIONS:
            each.over = True
        if not each.moved or each.finished:
            return
        if self._progress.advance(each.name, each.stored, each.position):
            each.stored = each.position
        else:
            each.leave()

    def _report(self, rounds: Sequence[Round], started: datetime) -> SweepReport:
        return SweepReport(
            started_at=timestamp(started),
            finished_at=timestamp(self._now()),
            complete=all(each.finished for each in rounds),
            tasks=[each.report() for each in rounds],
        )


def _tell(tasks: Sequence[TaskReport]) -> None:
    for task in tasks:
        if task.done:
            telemetry.count("Swept", task.done, Task=task.name)
        facts = task.to_json_value()
        facts["task"] = facts.pop("name")
        _LOG.log(logging.WARNING if task.failed else logging.INFO, "swept", extra=facts)
