"""Read: the tarball once, as a stream, into a package and the pack of its files."""

from typing import BinaryIO

from chalicelib.domain.errors import DigestMismatch, InvalidName, InvalidTarball, InvalidVersion
from chalicelib.domain.names import PackageName
from chalicelib.domain.pack import PackIndex
from chalicelib.domain.package import Package
from chalicelib.domain.semver.versions import clean_version, parse_version
from chalicelib.domain.tarball.reader import ReadTarball, read_tarball
from chalicelib.services.publishing.values import Opened, Staged, Workshop

MAX_VERSION_LENGTH = 200


class PackageNameInvalid(InvalidTarball):
    """The package.json inside the tarball has a name that no package can have."""

    code = "invalid_package_name"
    title = "The package.json has a name that is not valid"


class PackageVersionInvalid(InvalidTarball):
    """The package.json inside the tarball has a version that is not semver."""

    code = "invalid_package_version"
    title = "The package.json has a version that is not valid"


def read(workshop: Workshop, staged: Staged, pack: BinaryIO) -> Opened:
    """Answer what the tarball holds, its files written into the pack; raises InvalidTarball."""
    tarball = read_tarball(staged.chunks(), pack, workshop.limits)
    name, version = _identify(tarball)
    if tarball.digests.sha256 != staged.sha256:
        # Staged bytes are named by their digest and written once; whoever changed them is not to be believed.
        raise DigestMismatch(declared=staged.sha256, actual=tarball.digests.sha256)
    package = Package(
        package_json=tarball.package_json,
        files=tarball.files,
        digests=tarball.digests,
        read=lambda path: _read_file(pack, tarball.pack, path),
    )
    return Opened(name, version, package, pack)


def _identify(tarball: ReadTarball) -> tuple[PackageName, str]:
    try:
        name = PackageName.parse(tarball.package_json["name"])
    except InvalidName as error:
        raise PackageNameInvalid(f"in the package.json, {error.detail}", **error.facts) from None
    return name, _version(tarball.package_json["version"])


def _version(stated: str) -> str:
    try:
        version = str(parse_version(clean_version(stated)))
    except InvalidVersion as error:
        raise PackageVersionInvalid(f"in the package.json, {error.detail}", **error.facts) from None
    if len(version) > MAX_VERSION_LENGTH:
        raise PackageVersionInvalid(
            f"the version in the package.json has {len(version)} characters and at most {MAX_VERSION_LENGTH} are taken"
        )
    if version.endswith(".tgz"):
        raise PackageVersionInvalid(
            f"the version `{version}` reads as the name of a tarball; choose one that does not end with `.tgz`"
        )
    return version


def _read_file(pack: BinaryIO, index: PackIndex, path: str) -> bytes:
    entry = index.entries[path]
    pack.seek(entry.offset)
    return entry.unpack(pack.read(entry.length))
