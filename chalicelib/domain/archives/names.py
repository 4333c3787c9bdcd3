"""What the members of an archive are called: no two of them alike.

Of names that differ in nothing but their case, which some systems do not tell apart, all but the first are numbered.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

LONGEST_EXTENSION: Final = 20


def unlike(names: Iterable[str]) -> list[str]:
    """Answer names in their order, with ` (2)` and so on before the extension of those that came before."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    answer: list[str] = []
    for name in names:
        given, number = name, numbers.get(_folded(name), 1)
        while _folded(given) in taken:
            number += 1
            given = _numbered(name, number)
        numbers[_folded(name)] = number
        taken.add(_folded(given))
        answer.append(given)
    return answer


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def _numbered(name: str, number: int) -> str:
    stem, extension = _split(name)
    return f"{stem} ({number}){extension}"


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > LONGEST_EXTENSION:
        return name, ""
    return stem, dot + extension
