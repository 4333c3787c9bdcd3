"""The walk over an archive: headers, extended headers, and the files with their data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.domain.tarball import extended
from chalicelib.domain.tarball.headers import BLOCK, Header, parse_header
from chalicelib.domain.tarball.paths import Paths, shown
from chalicelib.domain.tarball.refusals import (
    DataAfterEnd,
    DirectoryWithData,
    EmptyArchive,
    ExtendedHeaderTooLarge,
    InvalidExtendedHeader,
    InvalidHeader,
    LinkEntry,
    SizeOverride,
    SpecialEntry,
    SpecialMode,
    TooManyFiles,
    UnknownEntryType,
    UnpackedSizeExceeded,
)
from chalicelib.domain.tarball.source import Source
from chalicelib.settings import Limits

_ZEROS: Final = bytes(BLOCK)
_MAX_PADDING: Final = 1 << 20
_FILES: Final = frozenset({"0", "\x00"})
_LINKS: Final = frozenset({"1", "2"})
_SPECIAL: Final = frozenset({"3", "4", "6"})


@dataclass(slots=True)
class ArchivedFile:
    """One file; its `chunks` are to be read before the next file is asked for."""

    path: str
    size: int
    executable: bool
    chunks: Iterable[memoryview]


class Archive:
    """Walks an archive once, from front to back."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._paths = Paths(limits.path_length)
        self._headers = self._entries = self._unpacked = self._extended = 0
        self._name: bytes | None = None
        self._records: dict[bytes, bytes] = {}

    @property
    def top(self) -> str:
        """The top directory's name, once a file has been read."""
        return self._paths.top or "package"

    def files(self) -> Iterator[ArchivedFile]:
        """Answer the files in the order of the archive; raises the refusals of archives, paths and limits."""
        while block := self._source.take(BLOCK):
            if block == _ZEROS:
                self._expect_end()
                break
            self._headers += 1
            header = parse_header(block, self._headers)
            if header.typeflag in extended.TYPES:
                self._read_extended(header)
                continue
            name = self._take_name(header)
            self._count_entry()
            if header.typeflag in _FILES and not name.endswith(b"/"):
                yield self._file(header, name)
                self._source.skip(-header.size % BLOCK)
            else:
                self._pass_over(header, name)
        if self._name or self._records:
            raise InvalidExtendedHeader(entry=self._headers, reason="no entry follows it")
        if not self._entries:
            raise EmptyArchive

    def _file(self, header: Header, name: bytes) -> ArchivedFile:
        if header.link:
            raise InvalidHeader(entry=header.entry, field="link name", reason="only links have one")
        path = self._paths.add_file(name)
        if header.mode & 0o7000:
            raise SpecialMode(path=path, mode=f"{header.mode & 0o7777:04o}")
        self._unpacked += header.size
        if self._unpacked > self._limits.unpacked_size:
            raise UnpackedSizeExceeded(path=path, size=self._unpacked, limit=self._limits.unpacked_size)
        return ArchivedFile(
            path=path,
            size=header.size,
            executable=header.mode & 0o111 != 0,
            chunks=self._source.pieces(header.size),
        )

    def _pass_over(self, header: Header, name: bytes) -> None:
        """Take a directory, refuse everything else."""
        path = shown(name)
        if header.typeflag in _LINKS:
            raise LinkEntry(path=path)
        if header.typeflag in _SPECIAL:
            raise SpecialEntry(path=path)
        if header.typeflag != "5" and header.typeflag not in _FILES:
            raise UnknownEntryType(path=path, typeflag=header.typeflag)
        if header.size:
            raise DirectoryWithData(path=path, size=header.size)
        self._paths.add_directory(name)

    def _count_entry(self) -> None:
        self._entries += 1
        if self._entries > self._limits.file_count:
            raise TooManyFiles(limit=self._limits.file_count)

    def _read_extended(self, header: Header) -> None:
        entry = header.entry
        self._extended += header.size
        for size, limit in ((header.size, extended.MAX_SIZE), (self._extended, extended.MAX_TOTAL)):
            if size > limit:
                raise ExtendedHeaderTooLarge(entry=entry, size=size, limit=limit)
        data = self._source.take(header.size) if header.size else b""
        self._source.skip(-header.size % BLOCK)
        if header.typeflag == extended.PAX_GLOBAL:
            self._count_entry()
            extended.check_global(extended.pax_records(data, entry), entry)
        elif header.typeflag == extended.PAX:
            self._keep_records(extended.pax_records(data, entry), entry)
        elif header.typeflag == extended.GNU_LONG_NAME:
            self._keep_name(extended.long_name(data, entry), entry)

    def _keep_records(self, records: dict[bytes, bytes], entry: int) -> None:
        if self._records:
            raise InvalidExtendedHeader(entry=entry, reason="another one came before it for the same entry")
        self._records = records
        if extended.PATH in records:
            self._keep_name(records[extended.PATH], entry)

    def _keep_name(self, name: bytes, entry: int) -> None:
        if self._name is not None:
            raise InvalidExtendedHeader(entry=entry, reason="the entry has a second name")
        self._name = name

    def _take_name(self, header: Header) -> bytes:
        """Answer an entry's name and forget the extended header that belongs to it."""
        name, records = self._name, self._records
        self._name, self._records = None, {}
        if name is None:
            name = header.prefix + b"/" + header.name if header.prefix else header.name
        if extended.LINK in records and header.typeflag not in _LINKS:
            raise InvalidExtendedHeader(entry=header.entry, reason="only links have a link name")
        override = records.get(extended.SIZE)
        if override is not None and override != str(header.size).encode():
            raise SizeOverride(path=shown(name), size=header.size, override=shown(override))
        return name

    def _expect_end(self) -> None:
        """Pass over the zeros that end an archive; raises DataAfterEnd for anything else."""
        padding = 0
        for block in self._source.rest():
            padding += len(block)
            if padding > _MAX_PADDING or block.count(0) != len(block):
                raise DataAfterEnd
