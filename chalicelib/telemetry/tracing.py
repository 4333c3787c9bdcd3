"""What tracing is to everybody else: spans that may be described while they last. By default there are none."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Literal, Protocol

Kind = Literal["request", "event", "stage", "storage"]
Attributes = Mapping[str, str | int | float | bool | None]


class Span(Protocol):
    """Something that takes time."""

    def describe(self, attributes: Attributes) -> None:
        """Add what is known of it; values that are None are left out."""

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""

    def fail(self, reason: str) -> None:
        """Mark it as failed."""


class Tracing(Protocol):
    """Takes spans."""

    def invocation(self, name: str, kind: Kind, parent: Mapping[str, str]) -> AbstractContextManager[Span]:
        """Begin the span of a request or event, below the one that the `traceparent` among the headers names.

        At its end all spans within are sent, or given up after a second.
        """

    def span(self, name: str, kind: Kind, attributes: Attributes) -> AbstractContextManager[Span]:
        """Begin a span within the present one."""

    def trace_id(self) -> str | None:
        """Answer the id of the present trace in hex, if there is one."""


class _NoSpan:
    def describe(self, attributes: Attributes) -> None:
        pass

    def rename(self, name: str) -> None:
        pass

    def fail(self, reason: str) -> None:
        pass


class _NoTracing:
    def __init__(self) -> None:
        self._nothing: AbstractContextManager[Span] = nullcontext(_NoSpan())

    def invocation(self, name: str, kind: Kind, parent: Mapping[str, str]) -> AbstractContextManager[Span]:
        return self._nothing

    def span(self, name: str, kind: Kind, attributes: Attributes) -> AbstractContextManager[Span]:
        return self._nothing

    def trace_id(self) -> str | None:
        return None


no_tracing: Final[Tracing] = _NoTracing()
