"""Curating: changes to what is published that are not publishes — tags, deprecations, yanks."""

from chalicelib.domain.errors import (
    PackageNotFound,
    TagNotFound,
    VersionNotFound,
)
from chalicelib.domain.head import LATEST, Change, Head
from chalicelib.domain.names import PackageName
from chalicelib.domain.picking import current
from chalicelib.domain.tags import InvalidTag, check_tag
from chalicelib.services.publishing.derive import derive
from chalicelib.stores.access import Publishers
from chalicelib.stores.heads import Decide, Heads
from chalicelib.stores.index import Index
from chalicelib.stores.manifests import Manifests


class LatestStays(InvalidTag):
    """A package always has `latest`; it can be pointed elsewhere and not removed."""

    def __init__(self, name: str) -> None:
        super().__init__(LATEST)
        self.detail = f"`latest` of `{name}` cannot be removed; point it at another version instead"


class Curating:
    """Changes heads; every method answers the head as it is then.

    All raise PublisherNotAllowed, PackageNotFound and VersionNotFound.
    """

    def __init__(self, heads: Heads, manifests: Manifests, index: Index, publishers: Publishers) -> None:
        self._heads = heads
        self._manifests = manifests
        self._index = index
        self._publishers = publishers

    def tag(self, name: PackageName, tag: str, version: str, *, actor: str) -> Head:
        """Point a tag at a version; raises InvalidTag."""
        check_tag(tag)

        def decide(head: Head) -> Change | None:
            _require(head, version)
            if head.view.tags.get(tag) == version:
                return None
            return Change(type="tag", tag=tag, version=version)

        return self._change(name, decide, actor)

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

        return self._change(name, decide, actor)

    def deprecate(self, name: PackageName, version: str, message: str, *, actor: str) -> Head:
        """Put a warning on a version; an empty message takes it away."""

        def decide(head: Head) -> Change | None:
            _require(head, version)
            if (head.view.versions[version].deprecated or "") == message:
                return None
            return Change(type="deprecate", version=version, message=message)

        return self._change(name, decide, actor)

    def yank(self, name: PackageName, version: str, reason: str | None, *, actor: str) -> Head:
        """Hide a version from ranges, or show it again with no reason; who names it exactly still gets it."""

        def decide(head: Head) -> Change | None:
            _require(head, version)
            present = head.view.versions[version].yanked
            if present == reason:
                return None
            if reason is None:
                return Change(type="unyank", version=version)
            return Change(type="yank", version=version, reason=reason)

        return self._change(name, decide, actor)

    def _change(self, name: PackageName, decide: Decide, actor: str) -> Head:
        self._publishers.get().check(actor, name)
        head, _ = self._heads.change(name, decide, actor=actor)
        derive(self._index, self._manifests, head)
        return head


def _require(head: Head, version: str) -> None:
    if not head.view.versions:
        raise PackageNotFound(head.name)
    if version not in head.view.versions:
        raise VersionNotFound(head.name, version, latest=current(head.view.versions, head.view.tags))
