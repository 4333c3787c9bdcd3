"""What the members of an archive are called: names that every system can unpack, no two of them alike.

A name is one segment without a folder. What some system does not allow in names becomes `_`; what is too long is cut
before its extension; and of names that differ in nothing but their case, which some systems do not tell apart, all but
the first are numbered.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from chalicelib.domain.names import PackageName

MOST_BYTES: Final = 200
"""Of a name in UTF-8; file systems take 255, and some tools add an ending."""
LONGEST_EXTENSION: Final = 20
NAMELESS: Final = "file"

_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]')
_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE | re.DOTALL)


def tarball_name(name: PackageName, version: str) -> str:
    """Answer what `npm pack` calls the tarball of a version: `acme-widget-1.0.0.tgz` of `@acme/widget`."""
    scope = f"{name.scope}-" if name.scope else ""
    return f"{scope}{name.bare}-{version}.tgz"


def safe_name(text: str) -> str:
    """Answer a name as it may stand in an archive."""
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    # Dots and spaces at the end are lost where Windows unpacks, those in front hide a file or lead out of its folder.
    name = _FORBIDDEN.sub("_", composed).strip(" .")
    if _DEVICE.fullmatch(name):
        name = f"_{name}"
    return _shortened(name) or NAMELESS


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


def _shortened(name: str) -> str:
    if len(name.encode()) <= MOST_BYTES:
        return name
    stem, extension = _split(name)
    room = MOST_BYTES - len(extension.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") + extension


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > LONGEST_EXTENSION:
        return name, ""
    return stem, dot + extension
