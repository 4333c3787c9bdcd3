"""How the text of a target becomes a path inside the package.

The runtimes read the same text in three ways: as a URL (decoded, without query), as it stands, or decoded
only. Every reader answers a normal relative path (`lib/a.js`), or None for what leaves the package or cannot
be decoded.
"""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

_UNUSUAL: Final = re.compile(r"[%?#\\\x00-\x20]|^/|//|(?:^|/)\.\.?(?:/|$)")
_ENCODED_SEPARATOR: Final = re.compile(r"%2f|%5c", re.IGNORECASE)
_MALFORMED: Final = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
_ENCODED_DOT: Final = re.compile(r"%2e", re.IGNORECASE)
_CONTROL_OR_SPACE: Final = "".join(map(chr, range(0x21)))


def literal(text: str) -> str | None:
    """Read a path as it stands: dot segments and doubled slashes are resolved and nothing is decoded."""
    if _is_usual(text):
        return text.removeprefix("./")
    return _normal(text)


def as_url(text: str) -> str | None:
    """Read a relative URL as Node does for file URLs; an encoded separator answers None."""
    if _is_usual(text):
        return text.removeprefix("./")
    bare = re.sub(r"[\t\n\r]", "", text.strip(_CONTROL_OR_SPACE))
    path = re.split(r"[?#]", bare, maxsplit=1)[0].replace("\\", "/")
    return _decoded(_ENCODED_DOT.sub(".", path))


def decoded(text: str) -> str | None:
    """Read a path that may be percent-encoded but has no query."""
    if _is_usual(text):
        return text.removeprefix("./")
    return _decoded(text.replace("\\", "/"))


def slashed(text: str) -> str | None:
    """Read a path as it stands, where a backslash is a slash."""
    return literal(text.replace("\\", "/"))


def _is_usual(text: str) -> bool:
    # From the slash of a leading `./`, which is the one dot segment that every target has.
    return not _UNUSUAL.search(text, 1 if text.startswith("./") else 0)


def _decoded(text: str) -> str | None:
    if _ENCODED_SEPARATOR.search(text) or _MALFORMED.search(text):
        return None
    try:
        return _normal(unquote_to_bytes(text).decode())
    except UnicodeDecodeError:
        return None


def _normal(text: str) -> str | None:
    if text.startswith("/") or "\x00" in text:
        return None
    kept: list[str] = []
    for segment in text.split("/"):
        if segment == "..":
            if not kept:
                return None
            kept.pop()
        elif segment not in {"", "."}:
            kept.append(segment)
    path = "/".join(kept)
    # A final slash says that a directory is meant, which no file is.
    return f"{path}/" if path and text.endswith("/") else path
