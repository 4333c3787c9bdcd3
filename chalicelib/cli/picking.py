"""From what the user wrote to a version that the registry can be asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.cli.client import Registry, name_path
from chalicelib.cli.errors import UsageError
from chalicelib.domain.errors import VersionNotFound
from chalicelib.domain.semver.ranges import Range
from chalicelib.domain.semver.versions import version_key
from chalicelib.domain.specs import ANYTHING, PackageSpec

LATEST = "latest"


def parse_spec(text: str, *, path_allowed: bool = False) -> PackageSpec:
    """Read `name@version`, `name@tag` or `name@range`; raises the domain's errors and UsageError."""
    spec = PackageSpec.parse(text)
    if spec.subpath != "." and not path_allowed:
        raise UsageError(f"`{text}` names a path inside the package, which says nothing here")
    return spec


def version_for(registry: Registry, spec: PackageSpec) -> str:
    """Answer the version or tag to ask the registry for; a range is picked from by npm's rules.

    Raises VersionNotFound when no version is in the range.
    """
    if spec.kind != "range":
        return spec.wanted
    if spec.wanted == ANYTHING:
        return LATEST
    return pick(registry.get(f"packages/{name_path(spec.name)}").value, spec)


def pick(page: Mapping[str, Any], spec: PackageSpec) -> str:
    """Answer the version npm would pick: `latest` when it fits, else the highest, deprecated ones last."""
    fitting = [
        line for line in page["releases"] if Range.parse(spec.wanted, loose=True).contains(line["version"])
    ]
    candidates = [line for line in fitting if not line.get("yanked")]
    if not candidates:
        raise VersionNotFound(spec.name, spec.wanted, latest=page.get("latest"))
    sound = [line for line in candidates if not line.get("deprecated")] or candidates
    numbers = [str(line["version"]) for line in sound]
    latest = str(page.get("latest"))
    return latest if latest in numbers else max(numbers, key=version_key)


def versions_in(page: Mapping[str, Any], spec: PackageSpec) -> list[str]:
    """Answer every version that is meant, prereleases included; raises VersionNotFound when there is none."""
    versions = [str(line["version"]) for line in page["releases"]]
    meant = list(_meant(versions, page, spec))
    if not meant:
        raise VersionNotFound(spec.name, spec.wanted, latest=page.get("latest"))
    return meant


def _meant(versions: Iterable[str], page: Mapping[str, Any], spec: PackageSpec) -> Iterable[str]:
    if spec.kind == "range":
        wanted = Range.parse(spec.wanted, loose=True)
        return (version for version in versions if wanted.contains(version, include_prerelease=True))
    exact = page.get("tags", {}).get(spec.wanted) if spec.kind == "tag" else spec.wanted
    return (version for version in versions if version == exact)
