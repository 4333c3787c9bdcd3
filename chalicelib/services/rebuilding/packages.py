"""Packages: every visible version of every package, in order, and then what the index and npm say of the package."""

from collections.abc import Iterator

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.errors import InvalidName, InvalidQuery, InvalidVersion
from chalicelib.domain.head import Head
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.names import PackageName
from chalicelib.domain.rebuilding import RebuildFinding
from chalicelib.domain.semver.versions import version_key
from chalicelib.services.npm.rendering import Rendering
from chalicelib.services.publishing import Workshop
from chalicelib.services.rebuilding.earlier import Earlier
from chalicelib.services.rebuilding.entries import examine_entry
from chalicelib.services.rebuilding.packuments import examine_packuments
from chalicelib.services.rebuilding.values import Bench, Lost, Unit
from chalicelib.services.rebuilding.versions import examine_version
from chalicelib.storage.port import ObjectNotFound
from chalicelib.stores.index_parts import IndexParts
from chalicelib.stores.sweeping import Rooms


class Packages:
    """Versions ascending, so that the metadata of the one before is right when a version is compared with it."""

    name = "packages"

    def __init__(
        self,
        workshop: Workshop,
        rendering: Rendering,
        rooms: Rooms,
        parts: IndexParts,
        keys: ObjectKeys,
        artifact_keys: ObjectKeys,
    ) -> None:
        self._workshop = workshop
        self._rendering = rendering
        self._rooms = rooms
        self._parts = parts
        self._keys = keys
        self._artifact_keys = artifact_keys

    def units(self, after: str | None, *, check: bool) -> Iterator[Unit]:
        """Look at every version that follows `{name} {version}`, or at every package that follows `{name}`."""
        bench = Bench(self._workshop, self._keys, self._artifact_keys, check)
        name, version = _parse(after) if after else (None, None)
        if name is not None and version is not None:
            yield from self._package(bench, name, version)
        for _, found in self._rooms.heads(f"{name}.json" if name else None):
            if found is not None:
                yield from self._package(bench, found, None)

    def _package(self, bench: Bench, name: PackageName, after: str | None) -> Iterator[Unit]:
        try:
            head = self._read(name)
        except Lost as lost:
            yield Unit(name, [lost.finding], {"packages": 1})
            return
        earlier = Earlier(bench, name)
        for version in head.view.ascending:
            if after is None or version_key(version) > version_key(after):
                findings = examine_version(bench, name, version, earlier)
                yield Unit(f"{name} {version}", findings, {"versions": 1})
        sound = RebuildFinding(kind="head", key=self._keys.head(name), outcome="equal")
        entry = examine_entry(bench, self._parts, head, earlier)
        packuments = examine_packuments(bench, self._rendering, head, earlier)
        yield Unit(name, [sound, entry, *packuments], {"packages": 1})

    def _read(self, name: PackageName) -> Head:
        """Answer a head, all of whose events can be read; raises Lost."""
        key = self._keys.head(name)
        try:
            head = self._workshop.heads.get(name)
            if head is None:
                raise Lost("head", key, "it is gone, and nothing else tells which versions are visible")
            self._workshop.heads.events(head)
        except UnreadableDocument as error:
            raise Lost("head", key, str(error)) from error
        except ObjectNotFound as error:
            raise Lost("head", error.key, "these events are gone") from error
        return head


def _parse(place: str) -> tuple[PackageName, str | None]:
    name, _, version = place.partition(" ")
    try:
        if version:
            version_key(version)
        return PackageName.parse(name), version or None
    except (InvalidName, InvalidVersion) as error:
        raise InvalidQuery(
            f"`{place[:100]}` in the cursor is no package or version", parameter="cursor"
        ) from error
