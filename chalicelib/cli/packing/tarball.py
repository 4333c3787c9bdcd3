"""Writing a package's tarball so that the same tree always gives the same bytes.

The headers are the ones npm writes: ustar, no owner, one fixed date, pax records only for names that ustar
cannot hold.
"""

import os
import stat
import zlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from posixpath import basename, dirname
from typing import BinaryIO, Final

MODIFIED: Final = 499_162_500
"""1985-10-26T08:15:00Z, the date of every entry."""

_BLOCK: Final = 512
_CHUNK: Final = 1 << 20
# Deflate, no flags, no date, best compression, unknown system (RFC 1952).
_GZIP_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


def write_tarball(
    target: BinaryIO, root: Path, files: Iterable[str], executables: Collection[str] = ()
) -> None:
    """Write the gzipped tarball of some files of a folder, each below `package/`.

    `executables` become executable whatever their mode.
    """
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    checksum = size = 0
    target.write(_GZIP_HEADER)
    for chunk in _archive(root, files, executables):
        checksum, size = zlib.crc32(chunk, checksum), size + len(chunk)
        target.write(compressor.compress(chunk))
    target.write(compressor.flush())
    target.write(checksum.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little"))


def entry_mode(mode: int, *, executable: bool) -> int:
    """Answer the mode an entry gets: the owner may write, nobody else may."""
    return (mode | (0o111 if executable else 0) | 0o600) & 0o7777 & ~0o022


def _archive(root: Path, files: Iterable[str], executables: Collection[str]) -> Iterator[bytes]:
    for path in files:
        with (root / path).open("rb") as file:
            status = os.fstat(file.fileno())
            mode = entry_mode(stat.S_IMODE(status.st_mode), executable=path in executables)
            yield _header(f"package/{path}", status.st_size, mode)
            yield from _contents(file, status.st_size, path)
    yield bytes(2 * _BLOCK)


def _contents(file: BinaryIO, size: int, path: str) -> Iterator[bytes]:
    remaining = size
    while remaining:
        chunk = file.read(min(_CHUNK, remaining))
        if not chunk:
            raise OSError(f"`{path}` became shorter while it was read")
        remaining -= len(chunk)
        yield chunk
    yield bytes(-size % _BLOCK)


def _header(path: str, size: int, mode: int) -> bytes:
    name, prefix, fits = _split(path)
    header = _ustar(name, prefix, size, mode, b"0")
    return header if fits and path.isascii() else _pax(path, size) + header


def _pax(path: str, size: int) -> bytes:
    body = _record("path", path) + _record("mtime", str(MODIFIED)) + _record("size", str(size))
    name, prefix, _ = _split(f"PaxHeader/{basename(path)}"[:99])
    return _ustar(name, prefix, len(body), 0o644, b"x") + body + bytes(-len(body) % _BLOCK)


def _record(key: str, value: str) -> bytes:
    """Answer a pax record, which begins with its own length."""
    rest = f" {key}={value}\n".encode()
    length = len(rest) + 1
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def _split(path: str) -> tuple[str, str, bool]:
    """Divide a path into name and prefix, and say whether they hold it whole."""
    if len(path.encode()) < 100:
        return path, "", True
    name, prefix = basename(path), dirname(path)
    while prefix:
        if len(prefix.encode()) <= 155:
            fits = len(name.encode()) <= 100
            return (name if fits else name[:99]), prefix, fits
        name, prefix = f"{basename(prefix)}/{name}", dirname(prefix)
    return path[:99], "", False


def _ustar(name: str, prefix: str, size: int, mode: int, kind: bytes) -> bytes:
    header = bytearray(_BLOCK)

    def put(offset: int, length: int, value: bytes) -> None:
        value = value[:length]
        header[offset : offset + len(value)] = value

    put(0, 100, _cut(name))
    put(100, 8, f"{mode:06o} \0".encode())
    put(124, 12, f"{size:011o}\0".encode() if size >= 1 << 30 else f"{size:010o} \0".encode())
    put(136, 12, f"{MODIFIED:010o} \0".encode())
    header[156:157] = kind
    put(257, 8, b"ustar\x0000")
    put(329, 16, 2 * b"000000 \0")
    put(345, 155, _cut(prefix, 155))
    put(148, 8, f"{sum(header) + 8 * 32:06o} \0".encode())
    return bytes(header)


def _cut(text: str, length: int = 100) -> bytes:
    """Answer the bytes of a text that fit, without a broken character at the end."""
    return text.encode()[:length].decode(errors="ignore").encode()
