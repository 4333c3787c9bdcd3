"""The facts that every log line within a request, an event or a part of one carries."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_SCOPE: Final[ContextVar[dict[str, object] | None]] = ContextVar("scope", default=None)
_STAGE: Final[ContextVar[str | None]] = ContextVar("stage", default=None)


@contextmanager
def bind(**facts: object) -> Iterator[None]:
    """Add facts to every line within; what is noted within is forgotten at its end."""
    token = _SCOPE.set({**(_SCOPE.get() or {}), **facts})
    try:
        yield
    finally:
        _SCOPE.reset(token)


def note(**facts: object) -> None:
    """Add facts to every line from here to the end of the innermost `bind` or invocation; outside of one, to none."""
    scope = _SCOPE.get()
    if scope is not None:
        scope.update(facts)


def fields() -> Mapping[str, object]:
    """Answer the facts that a line written here carries; those without a value are left out."""
    scope, stage = _SCOPE.get(), _STAGE.get()
    known = {name: fact for name, fact in scope.items() if fact is not None} if scope else {}
    return {**known, "stage": stage} if stage else known


@contextmanager
def at_stage(name: str) -> Iterator[None]:
    """Name the stage in every line within; notes outlive it."""
    token = _STAGE.set(name)
    try:
        yield
    finally:
        _STAGE.reset(token)
