"""What a tarball holds, just read from it or loaded from the pack that another worker made of it."""

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, NamedTuple, cast

from chalicelib.domain.digests import TarballDigests
from chalicelib.domain.names import PackageName
from chalicelib.domain.pack import PackIndex
from chalicelib.domain.package import Package
from chalicelib.domain.tarball import package_json

SUFFIX_BYTES: Final = 64 * 1024
PACK_IN_MEMORY: Final = 8 << 20


class Contents(NamedTuple):
    """A package and the pack its files are in."""

    package: Package
    pack: BinaryIO


class Opened:
    """Which version of what a tarball is, and what it holds; contents are loaded when they are first asked for."""

    def __init__(
        self, name: PackageName, version: str, digests: TarballDigests, load: Callable[[], Contents]
    ) -> None:
        self.name = name
        self.version = version
        self.digests = digests
        self._load = load

    @cached_property
    def _contents(self) -> Contents:
        return self._load()

    @property
    def package(self) -> Package:
        """The package, as analyzers look at it."""
        return self._contents.package

    @property
    def pack(self) -> BinaryIO:
        """The pack of its files."""
        return self._contents.pack


def new_pack() -> BinaryIO:
    """Answer an empty file for a pack, in memory while it is small; the caller closes it."""
    return cast("BinaryIO", SpooledTemporaryFile(max_size=PACK_IN_MEMORY))


def load_contents(chunks: Iterable[bytes], pack: BinaryIO, digests: TarballDigests) -> Contents:
    """Answer the contents of a pack, whose bytes are written into an empty file; raises UnreadableDocument."""
    for chunk in chunks:  # noqa: FURB122 - a spooled file keeps all of what `writelines` is given in memory
        pack.write(chunk)
    index = _index_of(pack)
    files = {path: index.entries[path].record() for path in sorted(index.entries)}
    fields = package_json.parse_package_json(read_file(pack, index, package_json.NAME))
    return Contents(Package(fields, files, digests, lambda path: read_file(pack, index, path)), pack)


def read_file(pack: BinaryIO, index: PackIndex, path: str) -> bytes:
    """Answer the bytes of one file in a pack."""
    entry = index.entries[path]
    pack.seek(entry.offset)
    return entry.unpack(pack.read(entry.length))


def _index_of(pack: BinaryIO) -> PackIndex:
    size, wanted = pack.seek(0, os.SEEK_END), SUFFIX_BYTES
    while True:
        pack.seek(max(0, size - wanted))
        index = PackIndex.from_suffix(pack.read(), size)
        if isinstance(index, PackIndex):
            return index
        wanted = index
