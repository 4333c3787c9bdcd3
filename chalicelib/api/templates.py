"""Path templates: what a route's path means, and how the segments of a request match it.

`{name}` is a package name: one segment (`left-pad`, `@acme%2fwidget`) or, when that begins with `@` and holds
no slash, that segment and the next (`@acme/widget`). `{path}` ends a template and takes every segment that is
left. Any other variable takes one segment and may stand beside fixed text (`{version}.tgz`). Segments arrive
as sent and are decoded here, once.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import unquote

from chalicelib.domain.package import MAX_DEPTH

NAME: Final = "name"
PATH: Final = "path"
NO_NAME: Final = "-"
"""What stands in npm's addresses where other things than packages follow."""
MAX_PATH_SEGMENTS: Final = MAX_DEPTH
"""Every file of a package can be reached by its path."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_VARIABLE: Final = re.compile(r"([^{}]*)\{([a-z_]+)\}([^{}]*)")


class Segment(NamedTuple):
    """One segment of a template: fixed text, or a variable between two texts that may be empty."""

    text: str
    variable: str | None = None
    suffix: str = ""

    @property
    def rank(self) -> int:
        """How little the segment says of what it matches: where two templates match, the lower wins."""
        if self.variable is None:
            return 0
        if self.text or self.suffix:
            return 1
        return 3 if self.variable == PATH else 2


class Match(NamedTuple):
    """The variables of a matched template, decoded, and how specific the match was (lower is more)."""

    params: dict[str, str]
    rank: tuple[int, ...]


class Template(NamedTuple):
    """A route's path."""

    text: str
    segments: tuple[Segment, ...]
    lengths: range
    """How many segments a request may have."""

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Read a template; raises ValueError for one that no request can match."""
        if not text.startswith("/") or (text != "/" and text.endswith("/")):
            raise ValueError(f"`{text}` does not start with `/`, or ends with one")
        segments = tuple(_segment(part, text) for part in split(text))
        variables = [segment.variable for segment in segments if segment.variable]
        if len(set(variables)) != len(variables):
            raise ValueError(f"`{text}` names a variable twice")
        if PATH in variables and segments[-1] != Segment("", PATH):
            raise ValueError(
                f"`{text}` has something beside or after `{{path}}`, which takes all that is left"
            )
        return cls(text, segments, _lengths(segments))

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in order."""
        return tuple(segment.variable for segment in self.segments if segment.variable)

    @property
    def fixed(self) -> tuple[str, ...]:
        """The fixed segments before the first variable."""
        texts = []
        for segment in self.segments:
            if segment.variable is not None:
                break
            texts.append(segment.text)
        return tuple(texts)

    @property
    def depths(self) -> range:
        """How many segments a request may have below the fixed ones."""
        fixed = len(self.fixed)
        return range(self.lengths.start - fixed, self.lengths.stop - fixed)

    def match(self, segments: Sequence[str]) -> Match | None:
        """Match the segments of a request, decoded."""
        params: dict[str, str] = {}
        position = 0
        for segment in self.segments:
            taken = _taken(segment, segments, position)
            value = _value(segment, "/".join(segments[position : position + taken]))
            if value is None:
                return None
            if segment.variable is not None:
                params[segment.variable] = value
            position += taken
        if position != len(segments):
            return None
        return Match(params, tuple(segment.rank for segment in self.segments))


def split(path: str) -> list[str]:
    """Answer the segments of a path, as sent; the root has none."""
    return path[1:].split("/") if path != "/" else []


def decode(path: str) -> list[str] | None:
    """Answer the segments of a path, decoded; None for no path, no UTF-8 or a control character."""
    if not path.startswith("/"):
        return None
    try:
        segments = [unquote(part, errors="strict") for part in split(path)]
    except UnicodeDecodeError:
        return None
    if _CONTROL.search("".join(segments)):
        return None
    return segments


def _segment(part: str, text: str) -> Segment:
    if "{" not in part and "}" not in part:
        if not part:
            raise ValueError(f"`{text}` has an empty segment")
        return Segment(part)
    found = _VARIABLE.fullmatch(part)
    if found is None:
        raise ValueError(f"`{part}` in `{text}` is not a variable: write `{{word}}`")
    return Segment(found[1], found[2], found[3])


def _lengths(segments: Sequence[Segment]) -> range:
    """Answer how many segments a request may have that such segments match."""
    fewest = len(segments)
    names = sum(1 for segment in segments if segment == Segment("", NAME))
    paths = sum(MAX_PATH_SEGMENTS - 1 for segment in segments if segment.variable == PATH)
    return range(fewest, fewest + names + paths + 1)


def _taken(segment: Segment, segments: Sequence[str], position: int) -> int:
    """Answer how many of the request's segments the template's segment takes; 0 when none is left."""
    left = len(segments) - position
    if segment.variable == PATH:
        return min(left, MAX_PATH_SEGMENTS)
    if segment == Segment("", NAME) and left > 1:
        first = segments[position]
        return 2 if first.startswith("@") and "/" not in first else 1
    return min(left, 1)


def _value(segment: Segment, text: str) -> str | None:
    """Answer what a template's segment stands for in a text, or None where it does not match."""
    if segment.variable is None:
        return text if text == segment.text else None
    if segment.variable == PATH and not _is_relative(text):
        return None
    if segment.variable == NAME and text == NO_NAME:
        return None
    if not text.startswith(segment.text) or not text.endswith(segment.suffix):
        return None
    return text[len(segment.text) : len(text) - len(segment.suffix)] or None


def _is_relative(path: str) -> bool:
    return not any(part in {"", ".", ".."} for part in path.split("/"))
