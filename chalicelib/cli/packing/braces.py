"""Brace expansion as Bash does it: `{a,b}` is a choice, `{1..3}` a sequence, and anything else is literal."""

import re
from collections.abc import Iterator
from typing import Final

MAX_EXPANSIONS: Final = 10_000

# Noncharacters stand for escaped characters while braces are read, so that those are not taken for syntax.
_CLOSE: Final = "\ufdd2"
_HIDDEN: Final = {"\\\\": "\ufdd0", "\\{": "\ufdd1", "\\}": _CLOSE, "\\,": "\ufdd3", "\\.": "\ufdd4"}
_SHOWN: Final = {hidden: escaped[1] for escaped, hidden in _HIDDEN.items()}
_ESCAPED: Final = re.compile(r"\\[\\{},.]")
_HIDDEN_CHARACTER: Final = re.compile("[\ufdd0-\ufdd4]")
_MAY_EXPAND: Final = re.compile(r"\{[^{]*\}")
_NUMBERS: Final = re.compile(r"(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?")
_LETTERS: Final = re.compile(r"([a-zA-Z])\.\.([a-zA-Z])(?:\.\.(-?\d+))?")
_LONE_COMMA_SET: Final = re.compile(r",(?!,).*\}")
_PADDED: Final = re.compile(r"-?0\d")


def expand(pattern: str) -> list[str]:
    """Answer the patterns without braces that a pattern stands for; those past MAX_EXPANSIONS are dropped."""
    if not _MAY_EXPAND.search(pattern):
        return [pattern]
    if pattern.startswith("{}"):
        pattern = "\\{\\}" + pattern[2:]
    hidden = _ESCAPED.sub(lambda match: _HIDDEN[match[0]], pattern)
    expanded = (_HIDDEN_CHARACTER.sub(lambda match: _SHOWN[match[0]], text) for text in _expand(hidden))
    return list(dict.fromkeys(text for text in expanded if text))


def _expand(text: str) -> list[str]:
    group = _group(text)
    if group is None:
        return [text]
    start, end = group
    before, body, after = text[:start], text[start + 1 : end], text[end + 1 :]
    if before.endswith("$"):
        return _joined(f"{before}{{{body}}}", [""], _expand(after))
    choices = _choices(body)
    if choices is not None:
        return _joined(before, choices, _expand(after))
    if _LONE_COMMA_SET.search(after):
        # Bash reads `{a},b}` as the choice between `a}` and `b`.
        return _expand(f"{before}{{{body}{_CLOSE}{after}")
    return [text]


def _joined(before: str, choices: list[str], rest: list[str]) -> list[str]:
    every = (f"{before}{choice}{tail}" for choice in choices for tail in rest)
    return [text for text, _ in zip(every, range(MAX_EXPANSIONS), strict=False)]


def _group(text: str) -> tuple[int, int] | None:
    """Answer where the first balanced group begins and ends."""
    opened: list[int] = []
    found: tuple[int, int] | None = None
    for index, character in enumerate(text):
        if character == "{":
            opened.append(index)
        elif character == "}" and opened:
            found = _outermost(found, (opened.pop(), index))
            if not opened:
                return found
    return found


def _outermost(found: tuple[int, int] | None, group: tuple[int, int]) -> tuple[int, int]:
    """Prefer the group that was opened first."""
    return group if found is None or group[0] < found[0] else found


def _choices(body: str) -> list[str] | None:
    sequence = _NUMBERS.fullmatch(body) or _LETTERS.fullmatch(body)
    if sequence:
        return _sequence(*sequence.groups())
    if "," not in body:
        return None
    members = list(_members(body))
    if len(members) == 1:
        return [f"{{{text}}}" for text in _expand(members[0])]
    return [text for member in members for text in _expand(member)]


def _members(body: str) -> Iterator[str]:
    """Split at the commas that are not inside a nested group."""
    depth, member = 0, ""
    for character in body:
        if character == "," and depth == 0:
            yield member
            member = ""
            continue
        depth += {"{": 1, "}": -1}.get(character, 0)
        member += character
    yield member


def _sequence(first: str, last: str, step: str | None) -> list[str]:
    numeric = first.lstrip("-").isdigit()
    start, stop = (int(first), int(last)) if numeric else (ord(first), ord(last))
    stride = max(abs(int(step or 1)), 1)
    direction = stride if start <= stop else -stride
    values = range(start, stop + (1 if start <= stop else -1), direction)[:MAX_EXPANSIONS]
    if not numeric:
        return [chr(value).replace("\\", "") for value in values]
    padded = any(_PADDED.match(text) for text in (first, last, step or ""))
    width = max(len(first), len(last)) if padded else 0
    return [f"{value:0{width}d}" for value in values]
