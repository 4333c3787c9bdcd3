"""Who may publish what: asked as soon as the name is known, and once more by a worker who goes on with older work."""

from chalicelib.domain.access import PackageForbidden
from chalicelib.domain.errors import NameMismatch
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import PackagePatterns
from chalicelib.services.publishing.values import Work
from chalicelib.stores.access import Publishers


def check_name(work: Work, name: PackageName) -> None:
    """Hold a tarball to the name it is published under; without one, ask now whether its name is allowed."""
    if work.declared is None:
        check_allowed(work.workshop.publishers, work.publisher.name, work.packages, name)
    elif work.declared != name:
        raise NameMismatch(work.declared, name)


def check_allowed(
    publishers: Publishers, publisher: str, packages: PackagePatterns, name: PackageName
) -> None:
    """Raise Forbidden unless the publisher is trusted with a package and this request may be about it."""
    if not packages.match(name):
        raise PackageForbidden(name, packages)
    publishers.get().check(publisher, name)
