"""Reading: the documents that npm's clients read, as they were rendered."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.domain.document import compact_json
from chalicelib.domain.errors import PackageNotFound, VersionNotFound
from chalicelib.domain.head import LATEST, Head
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import PackagePatterns
from chalicelib.domain.picking import current
from chalicelib.domain.semver.versions import number_of
from chalicelib.domain.upstream import BadUpstream, PackageOwned, UpstreamUnavailable
from chalicelib.npm.mirrored import stored_tags, stored_version
from chalicelib.npm.packuments import Seen, StalePackument, moved, seen, warning
from chalicelib.npm.versions import Form, addressed, marked, tarball_path
from chalicelib.services.npm.texts import Texts
from chalicelib.storage.port import NOT_MODIFIED
from chalicelib.stores.artifacts import Artifacts
from chalicelib.stores.cache import Cache
from chalicelib.stores.heads import Heads
from chalicelib.stores.packuments import PackumentStore, StoredPackument

if TYPE_CHECKING:
    from chalicelib.services.npm.rendering import Rendering
    from chalicelib.services.upstream.mirroring import Mirroring

MOVED_BYTES: Final = 32 << 20
"""How much is kept of packuments for readers who know the registry by another address than it calls itself."""


MIRRORED: Final = "!"
"""What the ETag of a packument of the upstream's ends with, so that who has it is known to have to be fresh."""


@dataclass(frozen=True, slots=True)
class PackumentBytes:
    """A packument, compressed by gzip, and its ETag; no `data` where the reader has it."""

    etag: str
    data: bytes | None = None


class Reading:
    """Reads packuments and versions; `base` is always the address by which the reader knows the registry."""

    def __init__(
        self,
        heads: Heads,
        packuments: PackumentStore,
        texts: Texts,
        artifacts: Artifacts,
        rendering: Callable[[], "Rendering"],
        *,
        own: PackagePatterns,
        mirror: Callable[[], "Mirroring"] | None,
    ) -> None:
        self._heads = heads
        self._packuments = packuments
        self._texts = texts
        self._artifacts = artifacts
        self._rendering = rendering
        self._own = own
        self._mirror = mirror
        self._seen: Cache[Seen] = Cache(1 << 20)
        self._moved: Cache[bytes] = Cache(MOVED_BYTES)

    def packument(
        self, name: PackageName, form: Form, *, base: str, known: str | None, exact: bool = True
    ) -> PackumentBytes:
        """Answer a packument; one read, without bytes where `known` is its ETag.

        `exact` tells whether the name is as it was asked for: the upstream may have other packages whose names differ
        from ours in their case alone. Raises PackageNotFound, and what fetching a package of the upstream raises.
        """
        etag = self._stored_etag(known, base)
        mirrored = etag is not None and etag.endswith(MIRRORED)
        stored = self._packuments.get_unless(name, form, etag.removesuffix(MIRRORED) if etag else None)
        if stored is NOT_MODIFIED:
            assert known is not None, "a condition was given"
            if exact and (not mirrored or self._is_served(name, form)):
                return PackumentBytes(known)
            stored = self._packuments.get(name, form)
        return self._addressed(name, form, self._current(name, form, stored, exact=exact), base, known)

    def tags(self, name: PackageName, *, exact: bool = True) -> dict[str, str]:
        """Answer what each tag names; raises PackageNotFound."""
        head = self._heads.get(name)
        if head is not None and head.is_owned:
            if not head.view.versions:
                raise PackageNotFound(name)
            return head.view.tags
        return stored_tags(self._mirrored(name, exact=exact).data)

    def url(self, data: bytes, content_type: str, *, compressed: bool) -> str | None:
        """Answer where a packument is read that is too large for a function, or None where the medium has no addresses.

        What is served is kept apart from what the next publish appends to, so that its address stays right.
        """
        return self._artifacts.served_url(data, content_type, "gzip" if compressed else None)

    def head(self, name: PackageName) -> Head:
        """Answer a package's head; raises PackageNotFound."""
        head = self._heads.get(name)
        if head is None or not head.view.versions:
            raise PackageNotFound(name)
        return head

    def version(self, name: PackageName, wanted: str, *, base: str, exact: bool = True) -> bytes:
        """Answer the document of the version that a number or a tag names; raises VersionNotFound."""
        present = self._heads.get(name)
        if present is None or not present.is_owned:
            return _mirrored_version(self._mirrored(name, exact=exact), name, wanted, base)
        if not present.view.versions:
            raise PackageNotFound(name)
        version = _version_in(present, wanted)
        text, state = self._texts.get(name, version), present.view.versions[version]
        if text is None:
            raise VersionNotFound(name, version)
        return addressed(marked(text.full, warning(state.deprecated, state.yanked)), base)

    def _stored_etag(self, known: str | None, base: str) -> str | None:
        """Answer the ETag of the stored bytes that a reader has, or None where it was given out for another address."""
        stored, _, address = (known or "").partition("~")
        is_for_this = address == _short(base) if address else base == self._rendering().base
        return stored if is_for_this else None

    def _addressed(
        self, name: str, form: Form, stored: StoredPackument, base: str, known: str | None
    ) -> PackumentBytes:
        """Answer stored bytes to a reader; only for one who knows the registry by another address are they changed."""
        key = f"{name} {form} {stored.etag}"
        facts = self._looked_at(key, stored)
        if facts.empty:
            raise PackageNotFound(name)
        own = f"{stored.etag}{MIRRORED}" if facts.is_mirrored else stored.etag
        if facts.base == base:
            return PackumentBytes(own, None if known == own else stored.data)
        etag = f"{own}~{_short(base)}"
        return PackumentBytes(
            etag, None if known == etag else self._moved_to(f"{key} {base}", base, facts, stored)
        )

    def _looked_at(self, key: str, stored: StoredPackument) -> Seen:
        found = self._seen.get(key)
        if found is None:
            found = seen(stored.data)
            self._seen.put(key, found, 200)
        return found

    def _moved_to(self, key: str, base: str, facts: Seen, stored: StoredPackument) -> bytes:
        data = self._moved.get(key)
        if data is None:
            data = moved(stored.data, facts.base, base)
            self._moved.put(key, data, len(data))
        return data

    def _current(
        self, name: PackageName, form: Form, stored: StoredPackument | None, *, exact: bool
    ) -> StoredPackument:
        """Answer what is to be served, where something may be stored; raises PackageNotFound."""
        told = self._told(name, form, stored) if stored else None
        if stored is not None and told is not None and not told.is_mirrored:
            return stored
        if not exact or self._own.match(name):
            return self._rendered(name, form)
        try:
            if stored is None or told is None:
                return self._fetched(name, form) or self._rendered(name, form)
            return (
                stored if self._mirror is None else self._mirror().refreshed(name, form, stored, told.facts)
            )
        except PackageOwned:
            return self._rendered(name, form)

    def _told(self, name: str, form: str, stored: StoredPackument) -> Seen | None:
        try:
            return self._looked_at(f"{name} {form} {stored.etag}", stored)
        except StalePackument:
            return None

    def _is_served(self, name: PackageName, form: Form) -> bool:
        """Tell whether a packument of the upstream that a client has is right without another look."""
        if self._own.match(name):
            return False
        return self._mirror is None or self._mirror().is_fresh(name, form)

    def _fetched(self, name: PackageName, form: Form) -> StoredPackument | None:
        """Answer what the upstream has under a name, or None; while it is away, what has come from there serves."""
        if self._mirror is None:
            return None
        try:
            return self._mirror().fetched(name, form)
        except (UpstreamUnavailable, BadUpstream):
            head = self._heads.get(name)
            if head is None or not head.view.versions:
                raise
            return None

    def _mirrored(self, name: PackageName, *, exact: bool) -> StoredPackument:
        return self._current(name, "full", self._packuments.get(name, "full"), exact=exact)

    def _rendered(self, name: PackageName, form: Form) -> StoredPackument:
        """Render what should be there: whoever published has died before it could, or was older code."""
        head = self.head(name)
        if head.is_mirrored and self._own.match(name):
            raise PackageNotFound(name)
        self._rendering().render(head)
        stored = self._packuments.get(name, form)
        if stored is None:
            raise PackageNotFound(name)
        return stored


def _mirrored_version(stored: StoredPackument, name: str, wanted: str, base: str) -> bytes:
    """Answer what the upstream says of the version that a number or a tag names."""
    tags = stored_tags(stored.data)
    number = number_of(wanted) or tags.get(wanted)
    fields = stored_version(stored.data, number) if number else None
    if fields is None:
        raise VersionNotFound(name, wanted, latest=tags.get(LATEST))
    address = f"{base}{tarball_path(name, fields['version'])}"
    return compact_json({**fields, "dist": {**fields["dist"], "tarball": address}})


def _short(base: str) -> str:
    return hashlib.sha256(base.encode()).hexdigest()[:8]


def _version_in(head: Head, wanted: str) -> str:
    """Answer the version that a number or a tag names, yanked or not: as npm's clients see it."""
    view = head.view
    number = number_of(wanted)
    found = view.tags.get(wanted) if number is None else number
    if found is None or found not in view.versions:
        raise VersionNotFound(head.name, wanted, latest=current(view.versions, view.tags))
    return found
