"""Globs for one portion of a path: what stands between two slashes, matched without regard to case.

The syntax is the shell's: `*`, `?`, `[a-z]`, `[[:alpha:]]`, `\\` before a literal character, and the extended
forms `@(a|b)`, `?(a)`, `*(a)`, `+(a)` and `!(a|b)`. A leading dot is a character like any other.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

Portion = Callable[[str], bool]
"""Says whether the name of a file or folder matches."""

_ANY: Final = "[^/]"
_STARS_AND_SUFFIX: Final = re.compile(r"\*+([^+@!?*\[(]*)")
_MARKS_AND_SUFFIX: Final = re.compile(r"(\?+)([^+@!?*\[(]*)")
_REPEAT: Final = {"@": "", "?": "?", "*": "*", "+": "+"}

# Unicode's classes come as near as the `re` module can; both cases match, since case is disregarded.
_NAMED_CLASSES: Final = {
    "[:alnum:]": r"[^\W_]",
    "[:alpha:]": r"[^\W\d_]",
    "[:ascii:]": r"[\x00-\x7f]",
    "[:blank:]": r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]",
    "[:cntrl:]": r"[\x00-\x1f\x7f-\x9f]",
    "[:digit:]": r"\d",
    "[:graph:]": r"[^\s\x00-\x1f\x7f-\x9f]",
    "[:lower:]": r"[^\W\d_]",
    "[:print:]": r"[^\x00-\x1f\x7f-\x9f]",
    "[:punct:]": r"""[!"#%&'()*,\-./:;?@\[\\\]_{}]""",
    "[:space:]": r"\s",
    "[:upper:]": r"[^\W\d_]",
    "[:word:]": r"\w",
    "[:xdigit:]": r"[A-Fa-f0-9]",
}
_NOTHING: Final = r"(?!)"


@lru_cache(maxsize=4096)
def compile_portion(glob: str) -> Portion:
    """Answer the test for one portion of a glob."""
    plain = _STARS_AND_SUFFIX.fullmatch(glob)
    if plain:
        return _suffix_test(plain[1].lower(), least=1)
    marks = _MARKS_AND_SUFFIX.fullmatch(glob)
    if marks:
        return _suffix_test(marks[2].lower(), least=len(glob), most=len(glob))
    pattern = re.compile(_Translation(glob).source(), re.IGNORECASE | re.DOTALL)
    return lambda name: pattern.fullmatch(name) is not None


def _suffix_test(suffix: str, *, least: int, most: int | None = None) -> Portion:
    # Taken as it stands, backslashes included: npm's matcher does so for these most common shapes.
    def matches(name: str) -> bool:
        fits = least <= len(name) and (most is None or len(name) <= most)
        return fits and name.lower().endswith(suffix)

    return matches


class _Translation:
    """Translates a portion into a regular expression, from left to right."""

    def __init__(self, glob: str) -> None:
        self._glob = glob

    def source(self) -> str:
        return self._sequence(0, len(self._glob), after="")

    def _sequence(self, start: int, end: int, after: str) -> str:
        """Translate a stretch; `after` is the expression of what follows it, which `!(…)` must look at."""
        pieces = list(self._pieces(start, end))
        source = after
        for text, extended in reversed(pieces):
            source = (self._extended(text, source) if extended else _plain(text)) + source
        return source[: len(source) - len(after)] if after else source

    def _pieces(self, start: int, end: int) -> Iterator[tuple[str, bool]]:
        """Split a stretch into plain text and extended forms."""
        position = plain_from = start
        while position < end:
            close = self._close_of(position, end)
            if close is None:
                position = _next(self._glob, position)
                continue
            if plain_from < position:
                yield self._glob[plain_from:position], False
            yield self._glob[position : close + 1], True
            position = plain_from = close + 1
        if plain_from < end:
            yield self._glob[plain_from:end], False

    def _close_of(self, position: int, end: int) -> int | None:
        """Answer where the extended form that begins here is closed, or None when none begins here."""
        return _closing(self._glob[:end], position)

    def _extended(self, text: str, after: str) -> str:
        kind, inner = text[0], text[2:-1]
        if kind == "!":
            return _negated(inner, after)
        choices = "|".join(_Translation(choice).nested(after) for choice in _alternatives(inner))
        return f"(?:{choices}){_REPEAT[kind]}"

    def nested(self, after: str) -> str:
        return self._sequence(0, len(self._glob), after)


def _negated(inner: str, after: str) -> str:
    if not inner:
        return f"{_ANY}+?"
    choices = "|".join(_Translation(choice).nested(after) + after for choice in _alternatives(inner))
    return rf"(?:(?!(?:{choices})\Z){_ANY}*?)"


def _closing(glob: str, position: int) -> int | None:
    if glob[position] not in "@?*+!" or glob[position + 1 : position + 2] != "(":
        return None
    inside, depth = position + 2, 1
    while inside < len(glob):
        nested = _closing(glob, inside)
        if nested is not None:
            inside = nested + 1
            continue
        depth -= glob[inside] == ")"
        if depth == 0:
            return inside
        inside = _next(glob, inside)
    return None


def _alternatives(inner: str) -> list[str]:
    """Split at the bars that are not inside a nested form or a class."""
    parts, start, position = [], 0, 0
    while position < len(inner):
        nested = _closing(inner, position)
        if nested is not None:
            position = nested + 1
            continue
        if inner[position] == "|":
            parts.append(inner[start:position])
            start = position + 1
        position = _next(inner, position)
    return [*parts, inner[start:]]


def _next(glob: str, position: int) -> int:
    """Answer the position after the escaped character, the class or the character that stands here."""
    if glob[position] == "\\":
        return position + 2
    if glob[position] == "[":
        end = _class_end(glob, position)
        return len(glob) if end is None else end
    return position + 1


def _class_end(glob: str, position: int) -> int | None:
    """Answer the position after a class as the splitting into forms sees it, or None if it is not closed."""
    index = start = position + 1 + (glob[position + 1 : position + 2] in ("!", "^"))
    while index < len(glob):
        if glob[index] == "]" and index > start:
            return index + 1
        index += 2 if glob[index] == "\\" else 1
    return None


def _plain(glob: str) -> str:
    """Translate a stretch without extended forms."""
    source, position = "", 0
    while position < len(glob):
        character = glob[position]
        if character == "*":
            end = position + len(glob[position:]) - len(glob[position:].lstrip("*"))
            source, position = f"{source}{_ANY}*?", end
        elif character == "\\" and position + 1 < len(glob):
            source, position = source + re.escape(glob[position + 1]), position + 2
        elif character == "?":
            source, position = source + _ANY, position + 1
        else:
            translated = _class(glob, position) if character == "[" else None
            piece, position = translated or (re.escape(character), position + 1)
            source += piece
    return source


def _class(glob: str, position: int) -> tuple[str, int] | None:
    """Translate the class that begins here and answer the position after it, or None if it is not closed."""
    index = position + 1
    negated = glob[index : index + 1] in ("!", "^")
    index += negated
    members: list[str] = []
    first, pending = True, ""
    while index < len(glob):
        if glob[index] == "]" and not first:
            return _class_source(members, negated=negated), index + 1
        first = False
        named = next((name for name in _NAMED_CLASSES if glob.startswith(name, index)), None)
        if named:
            if pending:
                return _NOTHING, len(glob)
            members.append(_NAMED_CLASSES[named])
            index += len(named)
            continue
        if glob[index] == "\\" and index + 1 < len(glob):
            index += 1
        character = glob[index]
        if pending:
            members.extend(_range(pending, character))
            pending = ""
        elif glob.startswith("-]", index + 1):
            members.append(f"[{re.escape(character)}\\-]")
            index += 1
        elif glob.startswith("-", index + 1):
            pending = character
            index += 1
        else:
            members.append(re.escape(character))
        index += 1
    return None


def _range(first: str, last: str) -> Iterator[str]:
    if first <= last:
        yield f"[{re.escape(first)}-{re.escape(last)}]"


def _class_source(members: list[str], *, negated: bool) -> str:
    if not members:
        return _NOTHING
    choices = f"(?:{'|'.join(members)})"
    return f"(?:(?!{choices}){_ANY})" if negated else choices
