"""The file pack: all files of a version in one object, each of them one byte range.

    member … member | index | trailer

Every file is one gzip member, so its byte range is a finished `Content-Encoding: gzip` body. The index
is gzip over compact JSON and lists the members in the order they lie. The trailer has a fixed size and states
the index's length, so that one read of the object's end finds everything else.

Equal files in equal order give equal bytes, however they arrive: a member depends on the file's bytes alone
(no name, no time, compressed in slices cut at fixed offsets), on one processor architecture with one isal
version.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Self, cast

from isal import isal_zlib
from pydantic_core import from_json

from chalicelib.domain.deflating import Chunk, deflated
from chalicelib.domain.document import UnreadableDocument, compact_json
from chalicelib.domain.package import FileRecord

FORMAT: Final = 1
MAGIC: Final = b"PRISMPK1"
SLICE: Final = 256 << 10

_TRAILER: Final = struct.Struct(">Q8s")
_GZIP: Final = 16 + isal_zlib.MAX_WBITS
_IsalError: Final = cast("type[Exception]", isal_zlib.error)


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One file in a pack: its member is `length` bytes from `offset` on; `size` is the file's own."""

    path: str
    offset: int
    length: int
    size: int
    sha256: str
    executable: bool = False

    @property
    def end(self) -> int:
        """Where the member ends: the file is the slice `[offset:end]` of the pack."""
        return self.offset + self.length

    def record(self) -> FileRecord:
        """Describe the file as a part of its package."""
        return FileRecord(
            path=self.path,
            size=self.size,
            gzip_size=self.length,
            sha256=self.sha256,
            executable=self.executable,
        )

    def unpack(self, member: bytes) -> bytes:
        """Answer the file's bytes from its member; raises UnreadableDocument unless they have its digest."""
        data = unpack_member(member)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UnreadableDocument("pack member", f"`{self.path}` does not have the digest the index gives")
        return data


@dataclass(frozen=True, slots=True)
class PackIndex:
    """Where each file of a pack lies; `entries` are in the order of the members."""

    entries: Mapping[str, PackEntry]

    def to_bytes(self) -> bytes:
        """Answer the index and the trailer: what follows the members."""
        files = [
            [entry.path, entry.length, entry.size, entry.sha256, entry.executable]
            for entry in self.entries.values()
        ]
        index = b"".join(deflated([compact_json({"format": FORMAT, "files": files})], gzip=True))
        return index + _TRAILER.pack(len(index), MAGIC)

    @classmethod
    def from_suffix(cls, suffix: bytes, total_size: int) -> Self | int:
        """Read the index from the last bytes of a pack of `total_size` bytes.

        Answers how many last bytes are needed instead, when `suffix` is too short. Raises UnreadableDocument.
        """
        if len(suffix) < _TRAILER.size <= total_size:
            return _TRAILER.size
        if total_size < _TRAILER.size or not suffix.endswith(MAGIC):
            raise UnreadableDocument("pack", "its trailer is missing")
        length, _ = _TRAILER.unpack_from(suffix, len(suffix) - _TRAILER.size)
        needed: int = length + _TRAILER.size
        if needed > total_size:
            raise UnreadableDocument("pack", "its trailer names more bytes than there are")
        if needed > len(suffix):
            return needed
        index = unpack_member(suffix[len(suffix) - needed : len(suffix) - _TRAILER.size])
        return cls(_entries(index, total_size - needed))


class PackWriter:
    """Writes a pack into a sink, one file after the other, in constant memory."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._offset = 0
        self._entries: dict[str, PackEntry] = {}

    def add(self, path: str, chunks: Iterable[Chunk], *, executable: bool = False) -> PackEntry:
        """Append one file, whose bytes come in pieces of any size; a path is added once."""
        digest = hashlib.sha256()
        size = length = 0

        def counted() -> Iterator[Chunk]:
            nonlocal size
            for part in _sliced(chunks):
                digest.update(part)
                size += len(part)
                yield part

        for data in deflated(counted(), gzip=True):
            self._sink.write(data)
            length += len(data)
        entry = PackEntry(path, self._offset, length, size, digest.hexdigest(), executable)
        self._entries[path] = entry
        self._offset += length
        return entry

    def finish(self) -> PackIndex:
        """Append the index and the trailer, and answer the index."""
        index = PackIndex(self._entries)
        self._sink.write(index.to_bytes())
        return index


def unpack_member(data: bytes) -> bytes:
    """Answer the bytes that one member holds; raises UnreadableDocument."""
    try:
        return bytes(isal_zlib.decompress(data, _GZIP))
    except _IsalError as error:
        raise UnreadableDocument("pack member", str(error)) from error


def _sliced(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Cut a file's bytes at multiples of SLICE; what comes in one small piece is not copied."""
    pieces = iter(chunks)
    first = next(pieces, b"")
    second = next(pieces, None)
    if second is None and len(first) <= SLICE:
        yield first
        return
    held = bytearray(first)
    while second is not None or len(held) > SLICE:
        if len(held) > SLICE:
            yield bytes(held[:SLICE])
            del held[:SLICE]
        else:
            held += second or b""
            second = next(pieces, None)
    yield held


def _entries(index: bytes, size: int) -> dict[str, PackEntry]:
    """Read the index of members that fill `size` bytes."""
    try:
        entries = _listed(from_json(index))
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableDocument("pack", f"its index is not what it should be: {error}") from error
    if sum(entry.length for entry in entries.values()) != size:
        raise UnreadableDocument("pack", "its index does not describe its members")
    return entries


def _listed(value: Any) -> dict[str, PackEntry]:
    if value["format"] != FORMAT:
        raise ValueError(f"its format is `{value['format']}` and not `{FORMAT}`")
    entries: dict[str, PackEntry] = {}
    offset = 0
    for path, length, size, sha256, executable in value["files"]:
        if length <= 0:
            raise ValueError(f"the member of `{path}` has no bytes")
        entries[path] = PackEntry(path, offset, length, size, sha256, executable)
        offset += length
    return entries
