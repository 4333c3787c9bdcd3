"""What a rule is: a function that looks at a package and answers what it saw."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from chalicelib.domain.signals.inspection import Inspection

Severity = Literal["info", "warning", "danger"]


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing a rule saw, and in which file."""

    path: str | None
    detail: str


Look = Callable[[Inspection], Iterable[Observation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A signal that can be given: its stable code, severity and meaning, and what looks for it."""

    code: str
    severity: Severity
    meaning: str
    look: Look


def rule(severity: Severity, look: Look) -> Rule:
    """Make a rule of a function: its name is the code, its docstring the meaning."""
    return Rule(look.__name__, severity, look.__doc__ or "", look)


def counted(paths: list[str]) -> str:
    """Answer how many files there are, in words."""
    return "1 file" if len(paths) == 1 else f"{len(paths)} files"


def shown(text: str, most: int = 120) -> str:
    """Answer a text as a detail shows it: quoted, on one line, printable, not too long."""
    line = "".join(character if character.isprintable() else " " for character in text[: most + 1])
    return f"`{line if len(line) <= most else line[:most] + '…'}`"
