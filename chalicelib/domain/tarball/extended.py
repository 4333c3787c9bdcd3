"""Extended headers: pax records (POSIX.1-2001) and GNU long names, as far as they change an entry.

npm's reader splits pax records at line breaks and lets them override the type and mode of an entry; others go
by the records' lengths and know no such keywords. Records that the two read differently are refused.
"""

import re
from typing import Final

from chalicelib.domain.tarball.refusals import InvalidExtendedHeader

PAX: Final = "x"
PAX_GLOBAL: Final = "g"
GNU_LONG_NAME: Final = "L"
GNU_LONG_LINK: Final = "K"
TYPES: Final = frozenset({PAX, PAX_GLOBAL, GNU_LONG_NAME, GNU_LONG_LINK})

MAX_SIZE: Final = 1 << 20
"""Bytes of one extended header; npm's reader passes over longer ones."""

MAX_TOTAL: Final = 64 << 20
"""Bytes of all extended headers of an archive."""

PATH: Final = b"path"
SIZE: Final = b"size"
LINK: Final = b"linkpath"

_LENGTH: Final = re.compile(rb"([1-9][0-9]{0,7}) ")
_IDENTITY: Final = frozenset({PATH, SIZE, LINK})
_OVERRIDES: Final = frozenset({b"type", b"mode"})
_SMUGGLED: Final = re.compile(rb"\n.*(?:path|size|type|mode)=")


def pax_records(data: bytes, entry: int) -> dict[bytes, bytes]:
    """Read `<length> <keyword>=<value>` records; raises InvalidExtendedHeader."""
    records: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        length = _LENGTH.match(data, at)
        end = at + int(length[1]) if length else 0
        if not length or not length.end() < end <= len(data) or data[end - 1] != 0x0A:
            raise InvalidExtendedHeader(entry=entry, reason="a record does not have the length it states")
        keyword, _, value = data[length.end() : end - 1].partition(b"=")
        _check_record(keyword, value, entry)
        if keyword in records:
            raise InvalidExtendedHeader(entry=entry, reason="a keyword is there twice")
        records[keyword] = value
        at = end
    return records


def _check_record(keyword: bytes, value: bytes, entry: int) -> None:
    if b"\n" in keyword or _SMUGGLED.search(value):
        raise InvalidExtendedHeader(entry=entry, reason="a record has another one inside")
    if keyword in _IDENTITY and (not value or b"\n" in value or b"\x00" in value):
        raise InvalidExtendedHeader(
            entry=entry, reason="a name or size is empty or contains a line break or NUL"
        )
    if keyword in _OVERRIDES or keyword.startswith(b"GNU.sparse."):
        raise InvalidExtendedHeader(
            entry=entry, reason="it would change the type, mode or layout of the entry"
        )


def check_global(records: dict[bytes, bytes], entry: int) -> None:
    """Let a global header pass that names no entry, such as git's; else raise InvalidExtendedHeader."""
    if _IDENTITY & records.keys():
        raise InvalidExtendedHeader(entry=entry, reason="it states a name or size for all entries after it")


def long_name(data: bytes, entry: int) -> bytes:
    """Read the body of a GNU long name; raises InvalidExtendedHeader."""
    name = data.rstrip(b"\x00")
    if not name or b"\x00" in name:
        raise InvalidExtendedHeader(entry=entry, reason="its long name is empty or contains NUL")
    return name
