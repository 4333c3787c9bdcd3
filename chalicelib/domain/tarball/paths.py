"""What a path inside a tarball may be, and which paths may stand beside each other.

As in npm, the first component is the top directory and is stripped, whatever it is called. All entries must
share it, and what is left must name one and the same file for every client on every system.
"""

import re
import unicodedata
from typing import Final

from chalicelib.domain.package import MAX_DEPTH
from chalicelib.domain.tarball.refusals import (
    AbsolutePath,
    BackslashInPath,
    CaseCollision,
    ControlCharacterInPath,
    DuplicateEntry,
    FileAndDirectory,
    InvalidUtf8Path,
    OutsideTopDirectory,
    PathNotNormal,
    PathSegmentTooLong,
    PathTooDeep,
    PathTooLong,
    PathTraversal,
    Refusal,
    SeveralTopDirectories,
    UnicodeCollision,
)

MAX_SEGMENT_BYTES: Final = 255

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ABSOLUTE: Final = re.compile(
    r"/|(?:[^/]*/)?[A-Za-z]:"
)  # npm's reader strips a drive letter as if it were a root
_HERE: Final = re.compile(r"(?:/\.)+(?=/|\Z)")
"""Segments that name the folder they are in; every client passes over them, and real packages have them."""
_SUSPECT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\\]|(?:^|/)\.{0,2}(?:/|$)|^[A-Za-z]:|^[^/]*/[A-Za-z]:")


class Paths:
    """Takes the paths of one archive as they come, and refuses those that are unsafe or collide."""

    def __init__(self, path_length: int) -> None:
        self._path_length = path_length
        self._files: dict[str, str] = {}
        self._directories: dict[str, str] = {}
        self.top: str | None = None

    def add_file(self, name: bytes) -> str:
        """Answer a file's path relative to the top directory; raises the refusals of paths."""
        path = self._below_top(name)
        if not path:
            raise OutsideTopDirectory(path=shown(name))
        key = _folded(path)
        known = self._files.get(key)
        if known is not None:
            raise _collision(known, path)
        if key in self._directories:
            raise FileAndDirectory(path=path, other=self._directories[key])
        self._add_parents(key, path)
        self._files[key] = path
        return path

    def add_directory(self, name: bytes) -> None:
        """Take a directory, which may come any number of times; raises the refusals of paths."""
        path = self._below_top(name.removesuffix(b"/"))
        if path:
            self._add_parents(f"{_folded(path)}/", path)

    def _below_top(self, name: bytes) -> str:
        if len(name) > self._path_length:
            raise PathTooLong(path=shown(name), length=len(name), limit=self._path_length)
        top, _, path = _checked(name).partition("/")
        if self.top is None:
            self.top = top
        elif top != self.top:
            raise SeveralTopDirectories(path=shown(name), top=self.top)
        _check_segments(name)
        return path

    def _add_parents(self, key: str, path: str) -> None:
        parent = key.rpartition("/")[0]
        while parent and parent not in self._directories:
            if parent in self._files:
                raise FileAndDirectory(path=self._files[parent], other=path)
            self._directories[parent] = path
            parent = parent.rpartition("/")[0]


def _check_segments(name: bytes) -> None:
    depth = name.count(b"/")
    if depth > MAX_DEPTH:
        raise PathTooDeep(path=shown(name), depth=depth, limit=MAX_DEPTH)
    if len(name) > MAX_SEGMENT_BYTES:
        longest = max(map(len, name.split(b"/")))
        if longest > MAX_SEGMENT_BYTES:
            raise PathSegmentTooLong(path=shown(name), length=longest, limit=MAX_SEGMENT_BYTES)


def shown(name: bytes) -> str:
    """Answer a name for a sentence, whatever its bytes are."""
    return name.decode("utf-8", "backslashreplace")


def _checked(name: bytes) -> str:
    try:
        path = name.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidUtf8Path(path=shown(name)) from None
    if _is_plain(path):
        return path
    path = _HERE.sub("", path)
    # A lone `.` may be the top directory: `tar -C folder .` makes such archives.
    if path != "." and _SUSPECT.search(path.removeprefix("./")):
        raise _fault(path)
    return path


def _is_plain(path: str) -> bool:
    """Whether a path is beyond suspicion; most are, and this is ten times faster than the pattern."""
    return (
        path != ""
        and path.isprintable()
        and not path.startswith((".", "/"))
        and "/." not in path
        and "//" not in path
        and "\\" not in path
        and ":" not in path
        and not path.endswith("/")
    )


def _fault(path: str) -> Refusal:
    if _CONTROL.search(path):
        return ControlCharacterInPath(path=path)
    if "\\" in path:
        return BackslashInPath(path=path)
    if _ABSOLUTE.match(path):
        return AbsolutePath(path=path)
    if ".." in path.split("/"):
        return PathTraversal(path=path)
    return PathNotNormal(path=path)


def _collision(known: str, path: str) -> Refusal:
    if known == path:
        return DuplicateEntry(path=path)
    if unicodedata.normalize("NFC", known) == unicodedata.normalize("NFC", path):
        return UnicodeCollision(path=path, other=known)
    return CaseCollision(path=path, other=known)


def _folded(path: str) -> str:
    """Answer what is equal for paths that are one file on some system (Unicode D145, caseless matching)."""
    if path.isascii():
        return path.lower()
    decomposed = unicodedata.normalize("NFD", path).casefold()
    return unicodedata.normalize("NFD", decomposed)
