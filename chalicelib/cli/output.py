"""How results look on a terminal: tables, sizes, colours. All of it reads the same without colour."""

from collections.abc import Iterable, Sequence
from typing import Final, TextIO

from chalicelib.cli.client import Answer
from chalicelib.cli.environment import Environment

_CODES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


def show(env: Environment, lines: Iterable[str]) -> None:
    """Write data to stdout."""
    env.stdout.writelines(f"{line}\n" for line in lines)


def show_json(env: Environment, answer: Answer) -> None:
    """Write an answer's JSON body to stdout exactly as it came, in a line of its own."""
    env.stdout.write(answer.text if answer.text.endswith("\n") else f"{answer.text}\n")


def paint(env: Environment, stream: TextIO, style: str, text: str) -> str:
    """Answer a text in a colour or weight, where the stream may be coloured."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text and env.colours(stream) else text


def fields(env: Environment, rows: Iterable[tuple[str, object]]) -> list[str]:
    """Answer lines of a label and its value; rows without a value are left out."""
    filled = [(label, str(value)) for label, value in rows if value not in (None, "", [], {})]
    width = max((len(label) for label, _ in filled), default=0)
    return [
        f"{paint(env, env.stdout, 'bold', label.ljust(width))}  {printable(value)}" for label, value in filled
    ]


def table(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """Answer lines whose columns are aligned; the columns in `right` to the right."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def size(count: int) -> str:
    """Answer a number of bytes for people, in powers of a thousand: `999 B`, `1.2 kB`."""
    amount, unit = float(count), 0
    while amount >= 999.95 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit else f"{count} B"


def count(number: int, noun: str) -> str:
    """Answer a number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: str) -> str:
    """Answer a text on one line, without characters that would steer the terminal."""
    return "".join(character if character.isprintable() else "�" for character in text.replace("\n", " "))
