"""Serving: the files that a resolution points at, straight from the pack."""

from dataclasses import dataclass

from chalicelib.domain.errors import FileMissing, VersionNotFound
from chalicelib.domain.names import PackageName
from chalicelib.domain.pack import PackEntry
from chalicelib.storage.port import ObjectNotFound
from chalicelib.stores.artifacts import INLINE_BYTES, Artifacts
from chalicelib.stores.heads import Heads


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a version; `url` is where a file too large for a function is read instead."""

    name: str
    version: str
    entry: PackEntry
    url: str | None


class Serving:
    """Finds and reads files of visible versions."""

    def __init__(self, heads: Heads, artifacts: Artifacts) -> None:
        self._heads = heads
        self._artifacts = artifacts

    def find(self, name: PackageName, version: str, path: str) -> PackedFile:
        """Answer where a file is; no read once the version was seen. Raises VersionNotFound and FileMissing."""
        if not self._heads.committed(name, version):
            raise VersionNotFound(name, version)
        index = self._artifacts.index(name, version)
        if index is None:
            raise VersionNotFound(name, version)
        entry = index.entries.get(path)
        if entry is None:
            raise FileMissing(name, version, path)
        url = self._artifacts.file_url(name, version, path) if entry.size > INLINE_BYTES else None
        return PackedFile(name, version, entry, url)

    def check(self, file: PackedFile) -> None:
        """Make sure that a file is still there, for who will not read it here; one read. Raises VersionNotFound."""
        head = self._heads.get(file.name)
        if head is None or file.version not in head.view.versions:
            raise VersionNotFound(file.name, file.version)

    def read(self, file: PackedFile) -> bytes:
        """Answer a file's bytes; one range read of the pack. Raises VersionNotFound."""
        try:
            return self._artifacts.read_file(file.name, file.version, file.entry)
        except ObjectNotFound:
            # Unpublished, while this process still knows it as visible.
            raise VersionNotFound(file.name, file.version) from None
