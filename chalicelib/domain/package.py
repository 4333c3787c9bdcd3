"""A package as its tarball holds it: what the analyzers look at."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from chalicelib.domain.digests import TarballDigests

MAX_DEPTH: Final = 32
"""The most levels a file's path may have: addresses are routed level by level, and documents nest as deep."""


class FileRecord(NamedTuple):
    """One file of a package; `path` is relative to the package root, sizes are in bytes, `sha256` is hex."""

    path: str
    size: int
    gzip_size: int
    sha256: str
    executable: bool = False


class Package(NamedTuple):
    """The contents of one tarball; `files` is ordered by path and `package_json` keeps its key order."""

    package_json: Mapping[str, Any]
    files: Mapping[str, FileRecord]
    digests: TarballDigests
    read: Callable[[str], bytes]
    """Answers the bytes of one file; raises KeyError for a path that is not in `files`."""

    @property
    def unpacked_size(self) -> int:
        """The sum of the files' sizes in bytes."""
        return sum(file.size for file in self.files.values())
