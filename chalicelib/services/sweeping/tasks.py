"""What a task of the sweep is: an order of things to look at, and what is done about one of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from chalicelib.domain.sweeping import Position

AGAIN: Final = timedelta(hours=1)
"""When what cannot be removed yet is looked at again."""


class Candidate(NamedTuple):
    """Something to look at: its place in the order of its task, what it is, and when it was written.

    It is not `due` if there is no need to treat it.
    """

    place: str
    subject: str
    due: bool
    modified: datetime


class Task(Protocol):
    """One kind of leftovers."""

    @property
    def name(self) -> str:
        """Its name in reports and in the progress."""
        ...

    def candidates(self, position: Position) -> Iterator[Candidate]:
        """Answer what is still to be looked at in a round, in an order that every listing has."""
        ...

    def treat(self, candidate: Candidate) -> str | None:
        """Do what is to be done about a candidate; answers it in words, or None if there was nothing to do.

        Safe to repeat, and beside others who do the same. Raises whatever keeps it from being done.
        """
        ...
