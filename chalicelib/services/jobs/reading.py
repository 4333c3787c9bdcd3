"""Reading what can be read, and remembering what cannot."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from chalicelib.domain.executions.errors import Unreadable, UnreadableRecords
from chalicelib.services.jobs.views import UnreadableRecord

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


class Reading:
    """Calls that answer as much as can be read; `unreadable` is the rest."""

    def __init__(self) -> None:
        self.unreadable: list[Unreadable] = []

    def __call__(
        self, read: Callable[Parameters, Answer], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Answer | None:
        """Answer what a call does, or what it has found in spite of everything else; None where that is nothing."""
        try:
            return read(*args, **kwargs)
        except UnreadableRecords as error:
            self.unreadable.extend(error.unreadable)
            found: Answer | None = error.found
            return found

    @property
    def told(self) -> list[UnreadableRecord] | None:
        """What could not be read, as it is told; None if that is nothing."""
        return told(self.unreadable)


def told(unreadable: list[Unreadable]) -> list[UnreadableRecord] | None:
    """Answer what cannot be read as it is told; None for nothing."""
    return [UnreadableRecord(key=one.key, reason=one.reason) for one in unreadable] or None
