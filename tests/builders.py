"""Packages and tarballs built from a picture.

`tarball({"package.json": package_json(), "index.js": "..."})` is a well-formed package; `raw_entry` and
`raw_tar` make what no packer would write. Equal arguments always give equal bytes.
"""

import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

BLOCK: Final = 512
END_OF_ARCHIVE: Final = bytes(2 * BLOCK)

Content = str | bytes | Mapping[str, Any]


def package_json(name: str = "demo", version: str = "1.0.0", **fields: Any) -> dict[str, Any]:
    """Answer a package.json as a value."""
    return {"name": name, "version": version, **fields}


def content_bytes(content: Content) -> bytes:
    """Answer the bytes of a file in a picture: text as UTF-8, a mapping as JSON."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"


def tarball(files: Mapping[str, Content], *, top: str = "package") -> bytes:
    """Build the .tgz of a picture, in the order given; paths that end with `.sh` are executable."""
    entries = [
        raw_entry(f"{top}/{path}", content_bytes(content), mode=0o755 if path.endswith(".sh") else 0o644)
        for path, content in files.items()
    ]
    return gzipped(raw_tar(*entries))


def gzipped(data: bytes, level: int = 6) -> bytes:
    """Compress bytes into one gzip member without a name or a time."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def raw_tar(*entries: bytes, end: bytes = END_OF_ARCHIVE) -> bytes:
    """Join entries into an archive."""
    return b"".join(entries) + end


def raw_entry(
    name: str | bytes,
    data: bytes = b"",
    *,
    typeflag: str = "0",
    mode: int | bytes = 0o644,
    link: str = "",
    size: int | bytes | None = None,
    pax: Mapping[str, str] | None = None,
    prefix: str | bytes = "",
    checksum: bytes | None = None,
    magic: bytes = b"ustar\x0000",
) -> bytes:
    """Build one entry, with its padding, and a pax header before it when one is given or the name needs one.

    `size`, `mode` and `checksum` may be given as the bytes of their fields. Right or wrong, they are written.
    """
    encoded = _bytes(name)
    records = dict(pax or {})
    if len(encoded) > 100 and not prefix:
        records.setdefault("path", encoded.decode())
        encoded = encoded[:100]
    before = pax_header(records) if records else b""
    length = len(data) if size is None else size
    fields = [
        encoded.ljust(100, b"\x00"),
        _octal(mode, 8),
        _octal(0, 8),
        _octal(0, 8),
        _octal(length, 12),
        _octal(499162500, 12),
        b" " * 8,
        typeflag.encode("latin-1"),
        _bytes(link).ljust(100, b"\x00"),
        magic,
        bytes(80),
        _bytes(prefix).ljust(155, b"\x00"),
        bytes(12),
    ]
    return before + _checked(fields, checksum) + _padded(data)


def pax_header(records: Mapping[str, str], *, typeflag: str = "x") -> bytes:
    """Build a pax extended header (`x`) or a global one (`g`)."""
    data = b"".join(pax_record(key, value) for key, value in records.items())
    return raw_entry("PaxHeader", data, typeflag=typeflag)


def pax_record(key: str, value: str) -> bytes:
    """Build `<length> key=value\\n`, where the length counts itself."""
    rest = f" {key}={value}\n".encode()
    length = len(rest) + 1
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def _checked(fields: list[bytes], checksum: bytes | None) -> bytes:
    if checksum is None:
        checksum = f"{sum(b''.join(fields)):06o}\x00 ".encode()
    header = b"".join([*fields[:6], checksum.ljust(8, b"\x00"), *fields[7:]])
    assert len(header) == BLOCK, "a field is too long for its place"
    return header


def _octal(value: int | bytes, width: int) -> bytes:
    if isinstance(value, bytes):
        return value.ljust(width, b"\x00")
    return f"{value:0{width - 1}o}\x00".encode()


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
