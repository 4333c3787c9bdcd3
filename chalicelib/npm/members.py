"""The members of a long JSON object in the order they came, one a line, compressed in groups.

What was added last is in the open group, which is compressed again whenever something is added; the groups before it
are sealed and stay as they are. So adding costs as much for the thousandth member as for the hundredth. Which group
a member is in follows from how many came before it, also of those that were removed since: the bytes do not depend on
when and by whom they were made.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from zlib import crc32

from chalicelib.npm.gzipping import NOTHING, Piece, combined, deflated, inflated

SEPARATOR: Final = b",\n"
"""A line of JSON holds no line break, so this never stands in one."""
_KEY_END: Final = b'":'


class Members:
    """The members of one object; a line is `"key":value` with no quote in the key, a group has so many `places`."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.open: list[bytes] = []
        self._taken = 0
        self._groups: list[Piece] = []
        self._sealed = NOTHING

    def __iter__(self) -> Iterator[bytes]:
        """Answer every line."""
        for group in self._groups:
            yield from _lines(inflated(group.data))
        yield from self.open

    def add(self, line: bytes | None) -> None:
        """Add a member at the end, or only take the place of one that was removed."""
        if self._taken == self.places:
            self._seal()
        self._taken += 1
        if line is not None:
            self.open.append(line)

    def replace(self, keys: Iterable[bytes], changed: Callable[[bytes, bytes], bytes | None]) -> None:
        """Put another line in the place of members, or none; what is no member is passed over.

        `changed` answers a line from a key and the present line. However many there are, no group is unpacked or
        compressed more than once.
        """
        missing = set(keys)
        if not missing:
            return
        self.open = _replaced(self.open, missing, changed)
        for number in range(len(self._groups) - 1, -1, -1):
            if not missing:
                break
            lines = _lines(inflated(self._groups[number].data))
            others = _replaced(lines, missing, changed)
            if others != lines:
                self._groups[number] = deflated(SEPARATOR.join(others))
        self._sealed = _joined(self._groups)

    def change(self, changed: Callable[[bytes], bytes]) -> None:
        """Put another line in the place of every member."""
        self._groups = [
            deflated(SEPARATOR.join(map(changed, _lines(inflated(group.data))))) for group in self._groups
        ]
        self._sealed = _joined(self._groups)
        self.open = list(map(changed, self.open))

    @property
    def sealed(self) -> Piece:
        """The members of the sealed groups."""
        return self._sealed

    @property
    def rest(self) -> bytes:
        """The members of the open group, as they follow the sealed ones."""
        separator = SEPARATOR if self.open and self._sealed.size else b""
        return separator + SEPARATOR.join(self.open)

    def described(self) -> dict[str, Any]:
        """Answer what has to be known to take the bytes apart again."""
        groups = [number for group in self._groups for number in (len(group.data), group.crc, group.size)]
        return {"groups": groups, "taken": self._taken, "crc": self._sealed.crc, "rest": len(self.rest)}

    @classmethod
    def restored(cls, places: int, described: dict[str, Any], sealed: bytes, rest: bytes) -> "Members":
        """Answer the members again, from their bytes and what was described of them."""
        members = cls(places)
        numbers, position, size = described["groups"], 0, 0
        for length, crc, plain in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True):
            if plain and size:
                position, size = position + len(_SEPARATOR.data), size + _SEPARATOR.size
            members._groups.append(Piece(sealed[position : position + length], crc, plain))
            position, size = position + length, size + plain
        members._sealed = Piece(sealed, described["crc"], size)
        members._taken = described["taken"]
        members.open = _lines(rest.removeprefix(SEPARATOR))
        return members

    def _seal(self) -> None:
        group = deflated(SEPARATOR.join(self.open))
        self._groups.append(group)
        self._sealed = _following(self._sealed, group)
        self.open, self._taken = [], 0


def sealed_length(described: dict[str, Any]) -> int:
    """Answer how many bytes the sealed groups have, separators and all."""
    lengths: list[int] = [length for length in described["groups"][::3] if length]
    return sum(lengths) + len(_SEPARATOR.data) * max(0, len(lengths) - 1)


_SEPARATOR: Final = Piece(b"\0\2\0\xfd\xff" + SEPARATOR, crc32(SEPARATOR), len(SEPARATOR))
"""The separator as deflate stores it, which fits between two pieces."""


def _following(before: Piece, group: Piece) -> Piece:
    if not (before.size and group.size):
        return group if group.size else before
    return before.followed_by(_SEPARATOR).followed_by(group)


def _joined(groups: list[Piece]) -> Piece:
    pieces = [piece for group in groups if group.size for piece in (_SEPARATOR, group)][1:]
    crc, size = 0, 0
    for piece in pieces:
        crc, size = combined(crc, piece.crc, piece.size), size + piece.size
    return Piece(b"".join(piece.data for piece in pieces), crc, size)


def _lines(text: bytes) -> list[bytes]:
    return text.split(SEPARATOR) if text else []


def _replaced(
    lines: list[bytes], missing: set[bytes], changed: Callable[[bytes, bytes], bytes | None]
) -> list[bytes]:
    """Answer the lines with others in the place of members, which are then missing no more."""
    others = []
    for line in lines:
        key = line[: line.index(_KEY_END) + 1]
        other: bytes | None = line
        if key in missing:
            missing.remove(key)
            other = changed(key, line)
        if other is not None:
            others.append(other)
    return others
