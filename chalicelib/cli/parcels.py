"""What is about to be published: a tarball with its name, version, digest and contents."""

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from chalicelib.cli.errors import UnusablePackage
from chalicelib.cli.packing.package import PackedFile, PackedFolder, pack_folder
from chalicelib.domain.errors import InvalidName, InvalidVersion
from chalicelib.domain.names import PackageName
from chalicelib.domain.semver.versions import clean_version

IN_MEMORY: Final = 8 << 20
"""Bytes of a tarball that are kept in memory before a temporary file takes over."""

_SCRIPTS: Final = ("prepublishOnly", "prepack", "prepare", "prepublish")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A tarball ready to be sent; `folder` is what it was packed from, `notices` is for the user."""

    name: str
    version: str
    fields: Mapping[str, Any]
    files: tuple[PackedFile, ...]
    tarball: BinaryIO
    size: int
    sha256: str
    folder: Path | None = None
    notices: tuple[str, ...] = ()


@contextmanager
def open_parcel(path: Path) -> Iterator[Parcel]:
    """Open a tarball, or pack a folder, to publish it; raises UnusablePackage, also for a private package."""
    with pack_parcel(path) if path.is_dir() else _tarball_parcel(path) as parcel:
        if parcel.fields.get("private"):
            raise UnusablePackage(
                f"`{parcel.name}` is private", hint="take `private` out of package.json to publish it"
            )
        yield parcel


@contextmanager
def pack_parcel(folder: Path) -> Iterator[Parcel]:
    """Pack a folder; raises UnusablePackage."""
    if not folder.is_dir():
        raise UnusablePackage(f"`{folder}` is not a folder")
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spooled:
        tarball = cast("BinaryIO", spooled)
        packed = pack_folder(folder, tarball)
        fields = packed.package.fields
        yield _parcel(fields, packed.files, tarball, folder=folder, notices=_notices(packed))


@contextmanager
def _tarball_parcel(path: Path) -> Iterator[Parcel]:
    try:
        with path.open("rb") as tarball:
            fields, files = _read_tarball(path, tarball)
            yield _parcel(fields, files, tarball)
    except FileNotFoundError:
        raise UnusablePackage(f"there is no `{path}`", hint="name a package's folder or a tarball") from None
    except PermissionError:
        raise UnusablePackage(f"`{path}` may not be read") from None


def _parcel(
    fields: Mapping[str, Any],
    files: tuple[PackedFile, ...],
    tarball: BinaryIO,
    *,
    folder: Path | None = None,
    notices: tuple[str, ...] = (),
) -> Parcel:
    name, version = _identity(fields)
    tarball.seek(0)
    digest = hashlib.sha256()
    while chunk := tarball.read(1 << 20):
        digest.update(chunk)
    return Parcel(name, version, fields, files, tarball, tarball.tell(), digest.hexdigest(), folder, notices)


def _identity(fields: Mapping[str, Any]) -> tuple[str, str]:
    for field in ("name", "version"):
        if not isinstance(fields.get(field), str) or not fields[field].strip():
            raise UnusablePackage(
                f"package.json has no `{field}`", hint="a package needs a name and a version to be published"
            )
    try:
        return PackageName.parse(fields["name"]), clean_version(fields["version"], loose=True)
    except (InvalidName, InvalidVersion) as error:
        raise UnusablePackage(error.detail, hint="change it in package.json") from error


def _read_tarball(path: Path, tarball: BinaryIO) -> tuple[dict[str, Any], tuple[PackedFile, ...]]:
    """Answer package.json and the files; the registry decides whether the tarball is acceptable."""
    files: list[PackedFile] = []
    manifest = None
    try:
        with tarfile.open(fileobj=tarball, mode="r|*") as archive:
            for member in archive:
                relative = member.name.removeprefix("./").partition("/")[2]
                if member.isfile() and relative:
                    files.append(PackedFile(relative, member.size))
                    opened = archive.extractfile(member) if relative == "package.json" else None
                    manifest = opened.read() if opened else manifest
        fields = json.loads(manifest) if manifest is not None else None
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise UnusablePackage(f"`{path}` is not the tarball of a package: {error}") from error
    if not isinstance(fields, dict):
        raise UnusablePackage(
            f"`{path}` holds no package.json", hint="`prism pack` makes a tarball of a folder"
        )
    return fields, tuple(files)


def _notices(packed: PackedFolder) -> tuple[str, ...]:
    scripts = packed.package.fields.get("scripts")
    declared = [name for name in _SCRIPTS if isinstance(scripts, dict) and scripts.get(name)]
    notices = (
        [f"scripts are not run; build first if the package needs it ({', '.join(declared)})"]
        if declared
        else []
    )
    packed_paths = {file.path for file in packed.files}
    main = packed.package.fields.get("main")
    if isinstance(main, str) and not _leads_somewhere(main, packed_paths):
        notices.append(f"`main` is `{main}`, which the package does not hold")
    return tuple(notices)


def _leads_somewhere(main: str, paths: set[str]) -> bool:
    from posixpath import normpath

    stem = normpath(main.lstrip("/"))
    prefix = "" if stem == "." else f"{stem}/"
    endings = ("", ".js", ".json", ".node", "/index.js", "/index.json", "/index.node")
    return any(f"{stem}{ending}" in paths for ending in endings) or f"{prefix}index.js" in paths
