"""Sweeping as documents: how far each task has come in its round, and what a sweep has done.

A round of a task looks at everything once and may take many sweeps; its position says where the next one goes on.
"""

from typing import Final, Literal

from pydantic import Field

from chalicelib.domain.document import Document

MOST_NAMED: Final = 20
"""How many subjects a report names of each task, beside the numbers."""
MOST_REMEMBERED: Final = 100
"""How many subjects that failed a round may hand on to the next."""


class Position(Document):
    """How far a task has come in its round.

    The round began at `started_at`, absent between rounds, and has come to what is named `after`; in it have `failed`
    so far. The last round that came to its end began at `since`; what failed in it is looked at `again`.
    """

    started_at: str | None = None
    after: str | None = None
    failed: list[str] = Field(default_factory=list)
    since: str | None = None
    again: list[str] = Field(default_factory=list)

    @property
    def at_rest(self) -> bool:
        """Whether no round has been begun."""
        return self.started_at is None

    def begun(self, now: str) -> "Position":
        """Answer the position in a round that has begun, now unless it was before."""
        return self if self.started_at else self.model_copy(update={"started_at": now})

    def at(self, after: str | None, failed: list[str]) -> "Position":
        """Answer the position further on in the round."""
        return self.model_copy(update={"after": after, "failed": failed[: MOST_REMEMBERED + 1]})

    def ended(self) -> "Position":
        """Answer the position after the round.

        Where more has failed than the next round can be told of, that one starts from nothing, and looks at all.
        """
        if len(self.failed) > MOST_REMEMBERED:
            return Position()
        return Position(since=self.started_at, again=self.failed)


class SweepFailure(Document):
    """What could not be dealt with, and why; it is looked at again in the next round."""

    subject: str
    reason: str


class TaskReport(Document):
    """What a sweep did for one task.

    So many things were `examined`, so many of them `done`, so many `failed`; the first of each are named. `left` says
    that the round goes on in the next sweep, or that another sweep is at it.
    """

    name: str
    examined: int = 0
    done: int = 0
    failed: int = 0
    left: bool | None = None
    named: list[str] = Field(default_factory=list)
    failures: list[SweepFailure] = Field(default_factory=list)


class SweepReport(Document):
    """What a sweep did; `complete` says that every task has come to the end of its round."""

    started_at: str
    finished_at: str
    complete: bool
    tasks: list[TaskReport]


class SweepProgress(Document):
    """How far every task has come, by its name, and what the last sweep did."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    positions: dict[str, Position] = Field(default_factory=dict)
    report: SweepReport | None = None

    def position(self, task: str) -> Position:
        """Answer how far a task has come."""
        return self.positions.get(task, Position())
