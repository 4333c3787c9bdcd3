"""Reading: the documents that npm's clients read, as they were rendered."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.errors import InvalidVersion, PackageNotFound, VersionNotFound
from chalicelib.domain.head import Head
from chalicelib.domain.names import PackageName
from chalicelib.domain.picking import current
from chalicelib.domain.semver.versions import clean_version
from chalicelib.npm.packuments import Seen, StalePackument, moved, seen, warning
from chalicelib.npm.versions import Form, addressed, marked
from chalicelib.services.npm.texts import Texts
from chalicelib.storage.port import NOT_MODIFIED
from chalicelib.stores.artifacts import Artifacts
from chalicelib.stores.cache import Cache
from chalicelib.stores.heads import Heads
from chalicelib.stores.packuments import PackumentStore, StoredPackument

if TYPE_CHECKING:
    from chalicelib.services.npm.rendering import Rendering

MOVED_BYTES: Final = 32 << 20
"""How much is kept of packuments for readers who know the registry by another address than it calls itself."""


@dataclass(frozen=True, slots=True)
class PackumentBytes:
    """A packument, compressed by gzip, and its ETag; no `data` where the reader has it."""

    etag: str
    data: bytes | None = None


class Condition(NamedTuple):
    """What a reader has: an ETag as it was given out, taken apart."""

    stored: str
    base: str


class Reading:
    """Reads packuments and versions; `base` is always the address by which the reader knows the registry."""

    def __init__(
        self,
        heads: Heads,
        packuments: PackumentStore,
        texts: Texts,
        artifacts: Artifacts,
        rendering: Callable[[], "Rendering"],
    ) -> None:
        self._heads = heads
        self._packuments = packuments
        self._texts = texts
        self._artifacts = artifacts
        self._rendering = rendering
        self._seen: Cache[Seen] = Cache(1 << 20)
        self._moved: Cache[bytes] = Cache(MOVED_BYTES)

    def packument(self, name: PackageName, form: Form, *, base: str, known: str | None) -> PackumentBytes:
        """Answer a packument; one read, without bytes where `known` is its ETag. Raises PackageNotFound."""
        condition = _condition(known)
        wanted = condition.stored if condition and condition.base in {"", _short(base)} else None
        stored = self._packuments.get(name, form, known=wanted)
        if stored is NOT_MODIFIED:
            assert known is not None, "a condition was given"
            return PackumentBytes(known)
        if stored is None:
            stored = self._rendered(name, form)
        try:
            return self._addressed(name, form, stored, base, known)
        except StalePackument:
            return self._addressed(name, form, self._rendered(name, form), base, known)

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

    def version(self, name: PackageName, wanted: str, *, base: str) -> bytes:
        """Answer the document of the version that a number or a tag names; raises VersionNotFound."""
        head = self.head(name)
        version = _version_in(head, wanted)
        text, state = self._texts.get(name, version), head.view.versions[version]
        if text is None:
            raise VersionNotFound(name, version)
        return addressed(marked(text.full, warning(state.deprecated, state.yanked)), base)

    def _addressed(
        self, name: str, form: Form, stored: StoredPackument, base: str, known: str | None
    ) -> PackumentBytes:
        """Answer stored bytes to a reader; only for one who knows the registry by another address are they changed."""
        key = f"{name} {form} {stored.etag}"
        facts = self._looked_at(key, stored)
        if facts.empty:
            raise PackageNotFound(name)
        if facts.base == base:
            return PackumentBytes(stored.etag, None if known == stored.etag else stored.data)
        etag = f"{stored.etag}~{_short(base)}"
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

    def _rendered(self, name: PackageName, form: Form) -> StoredPackument:
        """Render what should be there: whoever published has died before it could, or was older code."""
        self._rendering().follow(self.head(name))
        stored = self._packuments.get(name, form)
        if stored is None or stored is NOT_MODIFIED:
            raise PackageNotFound(name)
        return stored


def _condition(known: str | None) -> Condition | None:
    if known is None:
        return None
    stored, _, base = known.partition("~")
    return Condition(stored, base)


def _short(base: str) -> str:
    return hashlib.sha256(base.encode()).hexdigest()[:8]


def _version_in(head: Head, wanted: str) -> str:
    """Answer the version that a number or a tag names, yanked or not: as npm's clients see it."""
    view = head.view
    number = _number(wanted)
    found = view.tags.get(wanted) if number is None else number
    if found is None or found not in view.versions:
        raise VersionNotFound(head.name, wanted, latest=current(view.versions, view.tags))
    return found


def _number(wanted: str) -> str | None:
    try:
        return clean_version(wanted)
    except InvalidVersion:
        return None
