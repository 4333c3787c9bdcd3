"""The command in a room of its own: its streams, its variables, its clock, and a registry to talk to."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from textwrap import dedent

import pytest

from chalicelib.cli.__main__ import main
from chalicelib.cli.environment import Clock, Environment
from chalicelib.cli.exits import ExitStatus
from tests.cli.fake_registry import FakeRegistry, fake_registry

NEW_YEAR = 1_767_225_600.0
"""The beginning of 2026 in seconds since 1970."""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say that somebody is looking."""
        return True


@dataclass(frozen=True)
class Result:
    """How the command ended and what it wrote."""

    status: ExitStatus
    out: str
    err: str


@dataclass
class Prism:
    """Runs the command against the fake registry; `waits` are the seconds it wanted to wait."""

    registry: FakeRegistry
    waits: list[float] = field(default_factory=list)

    def __call__(self, *argv: str, tty: bool = False, **variables: str) -> Result:
        """Run the command as a shell would."""
        stream: Callable[[], io.StringIO] = Terminal if tty else io.StringIO
        out, err = stream(), stream()
        ticks = iter(range(1_000_000))
        env = Environment(
            stdin=io.StringIO(),
            stdout=out,
            stderr=err,
            environ={"PRISM_REGISTRY_URL": self.registry.url, **variables},
            clock=Clock(now=lambda: float(next(ticks)), unix=lambda: NEW_YEAR, wait=self.waits.append),
        )
        status = main(list(argv), env)
        return Result(ExitStatus(status), out.getvalue(), err.getvalue())


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with fake_registry() as running:
        yield running


@pytest.fixture
def prism(registry: FakeRegistry) -> Prism:
    return Prism(registry)


def text(block: str) -> str:
    """Answer a dedented block of lines without the first, empty one."""
    return dedent(block).removeprefix("\n")
