"""Who may publish what: asked as soon as the name is known, and once more by a worker who goes on with older work."""

from chalicelib.domain.access import PackageForbidden
from chalicelib.domain.errors import NameMismatch, VersionMismatch
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import PackagePatterns
from chalicelib.domain.upstream import UPSTREAM
from chalicelib.services.publishing.values import Work
from chalicelib.stores.access import Publishers


def check_identity(work: Work, name: PackageName, version: str | None) -> None:
    """Hold a tarball to the name and version it is published under; without a name, ask now whether it is allowed."""
    if work.declared_version is not None and version is not None:
        check_version(work.declared_version, name, version)
    if work.declared is None:
        check_allowed(work.workshop.publishers, work.source, work.publisher.name, work.packages, name)
    elif work.declared != name:
        raise NameMismatch(work.declared, name)


def check_version(declared: str, name: PackageName, version: str) -> None:
    """Raise VersionMismatch unless a tarball's version is the declared one."""
    if declared != version:
        raise VersionMismatch(name, declared, version)


def check_allowed(
    publishers: Publishers, source: str, publisher: str, packages: PackagePatterns, name: PackageName
) -> None:
    """Raise Forbidden unless the publisher is trusted with a package and this request may be about it.

    The upstream is trusted by the setting that names it, with all packages that are not one's own.
    """
    if source == UPSTREAM:
        return
    if not packages.match(name):
        raise PackageForbidden(name, packages)
    publishers.get().check(publisher, name)
