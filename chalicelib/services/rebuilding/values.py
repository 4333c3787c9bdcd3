"""What a rebuild works with, and what it passes on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.rebuilding import Kind, RebuildFinding
from chalicelib.services.publishing import Workshop

Subject = Literal["packages", "versions", "jobs"]


@dataclass(frozen=True, slots=True)
class Bench:
    """The stores and rules of publishing, and the keys to name their objects by; a `check` writes nothing."""

    workshop: Workshop
    keys: ObjectKeys
    artifact_keys: ObjectKeys
    check: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of the work that is done: its place, after which to go on, what it counts as, and what was found."""

    place: str
    findings: Sequence[RebuildFinding]
    counted: Mapping[Subject, int] = field(default_factory=dict)


class Task(Protocol):
    """One room of the registry, walked through in an order that stays."""

    @property
    def name(self) -> str:
        """Its name in cursors."""
        ...

    def units(self, after: str | None, *, check: bool) -> Iterator[Unit]:
        """Do the work that follows a place, piece by piece; raises InvalidQuery for what is no place."""
        ...


class Lost(Exception):
    """Something that nothing can be derived without is gone, or is not what it was."""

    def __init__(self, kind: Kind, key: str, detail: str) -> None:
        super().__init__(detail)
        self.finding = RebuildFinding(kind=kind, key=key, outcome="lost", detail=detail)
