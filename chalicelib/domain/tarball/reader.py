"""Reading a tarball: one pass over its bytes, in constant memory, with everything learned on the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

from chalicelib.domain.digests import TarballDigests, TarballHasher
from chalicelib.domain.pack import PackIndex, PackWriter
from chalicelib.domain.package import FileRecord
from chalicelib.domain.tarball import package_json
from chalicelib.domain.tarball.archive import Archive, ArchivedFile
from chalicelib.domain.tarball.gunzip import gunzip
from chalicelib.domain.tarball.refusals import PackageJsonMissing
from chalicelib.domain.tarball.source import Source
from chalicelib.settings import Limits


@dataclass(frozen=True, slots=True)
class ReadTarball:
    """What one pass has learned; `files` is ordered by path and `package_json` keeps its key order."""

    package_json: dict[str, Any]
    files: dict[str, FileRecord]
    digests: TarballDigests
    pack: PackIndex


def read_tarball(chunks: Iterable[bytes], sink: BinaryIO, limits: Limits | None = None) -> ReadTarball:
    """Read a tarball and write its file pack into the sink.

    The chunks may be of any size, and the result does not depend on how the bytes are cut. Raises
    InvalidTarball, as the refusal that applies; the sink then holds a part of a pack, which is worth nothing.
    """
    limits = limits or Limits()
    hasher = TarballHasher()
    writer = PackWriter(sink)
    source = Source(gunzip(chunks, hasher, limits))
    archive = Archive(source, limits)
    manifest = None
    for file in archive.files():
        if file.path == package_json.NAME:
            manifest = _hold_package_json(file)
        writer.add(file.path, file.chunks, executable=file.executable)
    if manifest is None:
        raise PackageJsonMissing(top=archive.top)
    index = writer.finish()
    return ReadTarball(
        package_json=package_json.parse_package_json(manifest),
        files={path: index.entries[path].record() for path in sorted(index.entries)},
        digests=hasher.digests(),
        pack=index,
    )


def _hold_package_json(file: ArchivedFile) -> bytes:
    """Answer the bytes of the package.json, leaving them to be read once more."""
    package_json.check_size(file.size)
    data = b"".join(file.chunks)
    file.chunks = (memoryview(data),)
    return data
