"""A folder packed: what the tarball is called, what is in it, and its bytes."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chalicelib.cli.packing.package_json import PackageJson, read_package_json
from chalicelib.cli.packing.packlist import packlist
from chalicelib.cli.packing.tarball import write_tarball


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of the package; `size` is in bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class PackedFolder:
    """What a folder's tarball holds."""

    package: PackageJson
    files: tuple[PackedFile, ...]

    @property
    def unpacked_size(self) -> int:
        """The sum of the files' sizes in bytes."""
        return sum(file.size for file in self.files)


def list_folder(folder: Path) -> PackedFolder:
    """Answer what packing a folder would take, without packing it; raises UnusablePackage."""
    package = read_package_json(folder)
    files = tuple(PackedFile(path, (folder / path).stat().st_size) for path in packlist(folder, package))
    return PackedFolder(package, files)


def pack_folder(folder: Path, target: BinaryIO) -> PackedFolder:
    """Write the tarball of a folder, and answer what it holds; raises UnusablePackage."""
    listed = list_folder(folder)
    write_tarball(target, folder, [file.path for file in listed.files], executables(listed.package))
    return listed


def executables(package: PackageJson) -> frozenset[str]:
    """Answer the files that npm makes executable: those at the root that `bin` names."""
    return frozenset(path for path in package.bin.values() if "/" not in path)
