"""Curating: changes to what is published that are not publishes — tags, deprecations, yanks."""

from collections.abc import Sequence

from chalicelib.domain.errors import (
    PackageNotFound,
    TagNotFound,
    VersionNotFound,
)
from chalicelib.domain.head import LATEST, Change, Head
from chalicelib.domain.names import PackageName
from chalicelib.domain.picking import current
from chalicelib.domain.publishers import check_owner
from chalicelib.domain.tags import InvalidTag, check_tag
from chalicelib.domain.upstream import PackageMirrored
from chalicelib.services.deriving import Deriving
from chalicelib.stores.access import Publishers
from chalicelib.stores.heads import Decide, Heads


class LatestStays(InvalidTag):
    """A package always has `latest`; it can be pointed elsewhere and not removed."""

    def __init__(self, name: str) -> None:
        super().__init__(LATEST)
        self.detail = f"`latest` of `{name}` cannot be removed; point it at another version instead"


class Curating:
    """Changes heads; every method answers the head as it is then.

    All raise PublisherNotAllowed, NotAnOwner, PackageNotFound, PackageMirrored and VersionNotFound.
    """

    def __init__(self, heads: Heads, publishers: Publishers, deriving: Deriving) -> None:
        self._heads = heads
        self._publishers = publishers
        self._deriving = deriving

    def tag(self, name: PackageName, tag: str, version: str, *, actor: str) -> Head:
        """Point a tag at a version; raises InvalidTag."""
        check_tag(tag)

        def decide(head: Head) -> Change | None:
            require(head, version)
            if head.view.tags.get(tag) == version:
                return None
            return Change(type="tag", tag=tag, version=version)

        return self.change(name, decide, actor=actor)

    def untag(self, name: PackageName, tag: str, *, actor: str) -> Head:
        """Remove a tag; raises TagNotFound, and LatestStays for `latest`."""
        if tag == LATEST:
            raise LatestStays(name)

        def decide(head: Head) -> Change | None:
            if not head.view.versions:
                raise PackageNotFound(head.name)
            if tag not in head.view.tags:
                raise TagNotFound(head.name, tag)
            return Change(type="untag", tag=tag)

        return self.change(name, decide, actor=actor)

    def deprecate(self, name: PackageName, version: str, message: str, *, actor: str) -> Head:
        """Put a warning on a version; an empty message takes it away."""

        def decide(head: Head) -> Change | None:
            require(head, version)
            if (head.view.versions[version].deprecated or "") == message:
                return None
            return Change(type="deprecate", version=version, message=message)

        return self.change(name, decide, actor=actor)

    def yank(self, name: PackageName, version: str, reason: str | None, *, actor: str) -> Head:
        """Hide a version from ranges, or show it again with no reason; who names it exactly still gets it."""

        def decide(head: Head) -> Change | None:
            require(head, version)
            present = head.view.versions[version].yanked
            if present == reason:
                return None
            if reason is None:
                return Change(type="unyank", version=version)
            return Change(type="yank", version=version, reason=reason)

        return self.change(name, decide, actor=actor)

    def change(self, name: PackageName, decide: Decide, *, actor: str, rules: bool = True) -> Head:
        """Append what `decide` makes of the head; without `rules` its owners are not asked. Raises NotAnOwner."""

        def ruled(head: Head) -> Change | Sequence[Change] | None:
            if head.is_mirrored:
                raise PackageMirrored(name)
            if rules:
                check_owner(actor, name, head.view.owners)
            return decide(head)

        self._publishers.get().check(actor, name)
        head, _ = self._heads.change(name, ruled, actor=actor)
        self._deriving.follow(head)
        return head


def require(head: Head, version: str) -> None:
    """Raise PackageNotFound or VersionNotFound unless a head shows a version."""
    if not head.view.versions:
        raise PackageNotFound(head.name)
    if version not in head.view.versions:
        raise VersionNotFound(head.name, version, latest=current(head.view.versions, head.view.tags))
