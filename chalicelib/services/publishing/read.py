"""Read: the tarball once, as a stream, into a package and the pack of its files."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, BinaryIO, Final

from chalicelib import telemetry
from chalicelib.domain.digests import TarballDigests
from chalicelib.domain.errors import DigestMismatch, InvalidName, InvalidTarball, InvalidVersion
from chalicelib.domain.names import PackageName
from chalicelib.domain.package import Package
from chalicelib.domain.semver.versions import clean_version, parse_version
from chalicelib.domain.tarball.reader import ReadTarball, read_tarball
from chalicelib.services.executing import Finished, Watch
from chalicelib.services.publishing.allowed import check_identity
from chalicelib.services.publishing.opened import Contents, Opened, load_contents, read_file
from chalicelib.services.publishing.values import Work
from chalicelib.settings import Limits

name: Final = "read"
READER: Final = "1"
"""Changes whenever the same tarball may be read otherwise."""
MAX_VERSION_LENGTH: Final = 200


class PackageNameInvalid(InvalidTarball):
    """The package.json inside the tarball has a name that no package can have."""

    code = "invalid_package_name"
    title = "The package.json has a name that is not valid"


class PackageVersionInvalid(InvalidTarball):
    """The package.json inside the tarball has a version that is not semver."""

    code = "invalid_package_version"
    title = "The package.json has a version that is not valid"


def given(work: Work) -> Any:
    """Answer what reading depends on: the bytes, the limits, and how this code reads."""
    return {"sha256": work.staged.sha256, "limits": asdict(work.workshop.limits), "reader": READER}


def execute(work: Work, watch: Watch) -> Finished:
    """Read the tarball, check whose it is, and keep the pack of its files; raises InvalidTarball and Forbidden."""
    chunks = watch.bytes(work.staged.chunks(), work.staged.size)
    opened = open_tarball(chunks, work.new_pack(), work.workshop.limits)
    work.name, work.version = opened.name, opened.version
    telemetry.note(package=opened.name, version=opened.version)
    if opened.digests.sha256 != work.staged.sha256:
        # Staged bytes are named by their digest and written once; whoever changed them is not to be believed.
        raise DigestMismatch(declared=work.staged.sha256, actual=opened.digests.sha256)
    check_identity(work, opened.name, opened.version)
    work.workshop.artifacts.stage_pack(work.staged.sha256, opened.pack)
    work.opened = opened
    return Finished(
        {
            "name": opened.name,
            "version": opened.version,
            "files": len(opened.package.files),
            "size": opened.digests.size,
            "unpackedSize": opened.package.unpacked_size,
            "digests": opened.digests._asdict(),
        }
    )


def restore(work: Work, outputs: Mapping[str, Any]) -> bool:
    """Go on with the pack that was kept, if it still is there or has become the version's own."""
    name, version = PackageName.parse(outputs["name"]), str(outputs["version"])
    digests = TarballDigests(**outputs["digests"])
    artifacts, sha256 = work.workshop.artifacts, work.staged.sha256
    work.name, work.version = name, version
    if not artifacts.has_pack(sha256, name, version):
        return False
    telemetry.note(package=name, version=version)
    work.opened = Opened(
        name,
        version,
        digests,
        lambda: load_contents(artifacts.open_pack(sha256, name, version), work.new_pack(), digests),
    )
    return True


def open_tarball(chunks: Iterable[bytes], pack: BinaryIO, limits: Limits) -> Opened:
    """Read a tarball once, writing the pack of its files into an empty file; raises InvalidTarball."""
    tarball = read_tarball(chunks, pack, limits)
    package = Package(
        package_json=tarball.package_json,
        files=tarball.files,
        digests=tarball.digests,
        read=lambda path: read_file(pack, tarball.pack, path),
    )
    name, version = _identify(tarball)
    return Opened(name, version, tarball.digests, lambda: Contents(package, pack))


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
