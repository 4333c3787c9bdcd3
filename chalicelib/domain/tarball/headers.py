"""The 512-byte header of an entry (POSIX ustar), with its checksum verified.

Only what decides the contents is read: name, mode, size, type. Whatever npm's reader and others would take
differently is refused, and nothing is guessed.
"""

from typing import Final, NamedTuple
from zlib import adler32

from chalicelib.domain.tarball.refusals import HeaderChecksumMismatch, InvalidHeader, NegativeSize

BLOCK: Final = 512
POSIX_MAGIC: Final = b"ustar\x0000"

_MAGIC: Final = slice(257, 265)
_PREFIX: Final = slice(345, 500)
_STAR_PREFIX: Final = slice(345, 475)
_STAR_MARK: Final = 475
_CHECKSUM: Final = slice(148, 156)
_SPACES: Final = 8 * 0x20


class Header(NamedTuple):
    """What a header states; `prefix` is a part of the name that is kept apart, and `entry` counts from 1."""

    entry: int
    name: bytes
    prefix: bytes
    link: bytes
    mode: int
    size: int
    typeflag: str


def parse_header(block: bytes, entry: int) -> Header:
    """Read a header; raises the refusals of a header."""
    _verify_checksum(block, entry)
    return Header(
        entry=entry,
        name=block[:100].rstrip(b"\x00"),
        prefix=_prefix(block, entry),
        link=block[157:257].rstrip(b"\x00"),
        mode=_number(block[100:108], "mode", entry),
        size=_size(block[124:136], entry),
        typeflag=chr(block[156]),
    )


def _verify_checksum(block: bytes, entry: int) -> None:
    # The low half of Adler-32 is one more than the sum of the bytes modulo 65,521, too much for 256 bytes.
    first, second = adler32(block[:256]) & 0xFFFF, adler32(block[256:]) & 0xFFFF
    actual = first + second - 2 - sum(block[_CHECKSUM]) + _SPACES
    stated = block[_CHECKSUM].rstrip(b" \x00").lstrip(b" ")
    if len(stated) > 7 or _octal(stated) != actual:
        raise HeaderChecksumMismatch(entry=entry)


def _prefix(block: bytes, entry: int) -> bytes:
    magic = block[_MAGIC]
    if magic == POSIX_MAGIC:
        # The star format keeps two times behind a shorter prefix; a NUL before them tells, as npm's reader has it.
        field = block[_PREFIX] if block[_STAR_MARK] else block[_STAR_PREFIX]
        return field.rstrip(b"\x00")
    if magic.startswith(b"ustar\x00") and block[_PREFIX].strip(b"\x00"):
        raise InvalidHeader(entry=entry, field="magic", reason="only some readers would see its name prefix")
    return b""


def _number(field: bytes, name: str, entry: int) -> int:
    text, _, rest = field.partition(b"\x00")
    value = _octal(text.strip(b" ") or b"0")
    if value is None or rest.strip(b" \x00"):
        raise InvalidHeader(entry=entry, field=name, reason="it is not an octal number")
    return value


def _octal(text: bytes) -> int | None:
    try:
        return int(text, 8) if text.isdigit() else None
    except ValueError:
        return None


def _size(field: bytes, entry: int) -> int:
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    if field[0] == 0xFF:
        raise NegativeSize(entry=entry)
    if not field.strip(b" \x00"):
        raise InvalidHeader(entry=entry, field="size", reason="it is empty")
    return _number(field, "size", entry)
