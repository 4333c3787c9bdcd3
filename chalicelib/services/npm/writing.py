"""Writing: what npm's clients ask to be changed about a package that is published."""

import re
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.domain.errors import InvalidPayload, PackageNotFound
from chalicelib.domain.head import Change, Head, View, fold
from chalicelib.domain.names import PackageName
from chalicelib.npm.changes import (
    RevisionConflict,
    deprecating,
    deprecations,
    kept_versions,
    owners,
    unpublishing,
)
from chalicelib.services.curating import Curating
from chalicelib.stores.heads import Heads

_REVISION: Final = re.compile(r"[0-9]{1,9}")


class Writing:
    """Changes packages by what npm's clients send; every method answers the head as it is then.

    All raise PublisherNotAllowed, NotAnOwner, PackageNotFound and InvalidPayload.
    """

    def __init__(self, heads: Heads, curating: Curating) -> None:
        self._heads = heads
        self._curating = curating

    def deprecate(self, name: PackageName, document: Mapping[str, Any], *, actor: str) -> Head:
        """Put the messages on versions that a client has changed in what it has read, and change nothing else."""
        present = self._heads.get(name)
        if present is None:
            raise PackageNotFound(name)
        _check_known(document, present.view)
        messages = deprecations(document, self._read_by(present, document))

        def decide(head: Head) -> list[Change]:
            _require_versions(head)
            return deprecating(messages, head.view)

        return self._curating.change(name, decide, actor=actor)

    def keep(self, name: PackageName, revision: str, document: Mapping[str, Any], *, actor: str) -> Head:
        """Unpublish the versions that a client has left out; raises RevisionConflict."""
        kept = kept_versions(document)

        def decide(head: Head) -> list[Change]:
            _require_versions(head)
            _check_revision(head, revision)
            return unpublishing(set(head.view.versions) - kept, head.view)

        return self._curating.change(name, decide, actor=actor)

    def unpublish(self, name: PackageName, revision: str, *, actor: str) -> Head:
        """Unpublish all versions; raises RevisionConflict."""

        def decide(head: Head) -> list[Change]:
            _require_versions(head)
            _check_revision(head, revision)
            return unpublishing(set(head.view.versions), head.view)

        return self._curating.change(name, decide, actor=actor)

    def own(
        self,
        name: PackageName,
        revision: str,
        document: Mapping[str, Any],
        *,
        actor: str,
        is_admin: bool = False,
    ) -> Head:
        """Say whose a package is; raises RevisionConflict, and NotAnOwner for who is neither an owner nor an admin."""
        wanted = owners(document)

        def decide(head: Head) -> Change | None:
            _require_versions(head)
            _check_revision(head, revision)
            return None if head.view.owners == wanted else Change(type="own", owners=wanted)

        return self._curating.change(name, decide, actor=actor, rules=not is_admin)

    def _read_by(self, head: Head, document: Mapping[str, Any]) -> View:
        """Answer the package as the client has read it, by the revision in what it sends, or else as it is."""
        revision = document.get("_rev")
        if not isinstance(revision, str) or not _REVISION.fullmatch(revision) or int(revision) >= head.seq:
            return head.view
        return fold(event for event in self._heads.events(head) if event.seq <= int(revision))


def _check_known(document: Mapping[str, Any], view: View) -> None:
    """Refuse a document with versions that never were: whoever sends it wants to publish them."""
    for version in kept_versions(document) - view.versions.keys() - view.unpublished.keys():
        raise InvalidPayload(
            f"`versions` has `{version[:100]}`, which is not published, and `_attachments` has no tarball of it"
        )


def _require_versions(head: Head) -> None:
    if not head.view.versions:
        raise PackageNotFound(head.name)


def _check_revision(head: Head, revision: str) -> None:
    if revision != str(head.seq):
        raise RevisionConflict(head.name, revision, head.seq)
