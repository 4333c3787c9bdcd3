"""Earlier versions: what is said of a version depends on the one before, as that one is described in its turn."""

from contextlib import closing
from typing import NamedTuple

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.errors import InvalidTarball
from chalicelib.domain.metadata import Metadata
from chalicelib.domain.names import PackageName
from chalicelib.services.publishing.analyze import describe
from chalicelib.services.publishing.opened import new_pack
from chalicelib.services.rebuilding.inputs import read_inputs
from chalicelib.services.rebuilding.packs import examine_pack
from chalicelib.services.rebuilding.values import Bench, Lost


class Predecessor(NamedTuple):
    """The metadata of the version before, and why it may not be what it once was, if so."""

    metadata: Metadata | None
    doubt: str | None = None


class Earlier:
    """The versions of one package, for those that come after them."""

    def __init__(self, bench: Bench, name: PackageName) -> None:
        self._bench = Bench(bench.workshop, bench.keys, bench.artifact_keys, check=True)
        self._name = name
        self._certain: set[str] = set()
        self._texts: dict[str, bool] = {}

    def vouch_for(self, version: str) -> None:
        """Remember that the stored metadata of a version is right."""
        self._certain.add(version)

    def is_certain(self, version: str) -> bool:
        """Tell whether the stored metadata of a version was found right, or made so."""
        return version in self._certain

    def tell_of_text(self, version: str, *, sound: bool) -> None:
        """Remember whether the stored text of a version is what it should be."""
        self._texts[version] = sound

    def knows_text(self, version: str) -> bool | None:
        """Tell whether the stored text of a version is what it should be, or None if nobody has looked."""
        return self._texts.get(version)

    def stored(self, version: str) -> Metadata | None:
        """Answer a version's metadata as it is stored, or None for none that can be read."""
        data = self._bench.workshop.metadata.stored(self._name, version)
        return parse(data)

    def remade(self, version: str) -> Predecessor:
        """Answer a version's metadata as it ought to be.

        It is made beside whatever is stored of the version before it: a diff compares files, entries and dependencies,
        and none of those a version owes to its predecessor.
        """
        stored = self.stored(version)
        try:
            made = self._make(version)
        except (Lost, InvalidTarball) as error:
            return Predecessor(
                stored, f"`{version}`, which it was compared with, cannot be made again: {error}"
            )
        if stored is not None and not self._by_present_analyzers(stored):
            return Predecessor(stored, f"`{version}`, which it was compared with, is by other analyzers")
        return Predecessor(made)

    def _make(self, version: str) -> Metadata:
        workshop = self._bench.workshop
        with closing(new_pack()) as pack, closing(new_pack()) as room:
            inputs = read_inputs(self._bench, self._name, version, pack)
            claim = inputs.manifest.manifest.claim
            before = self.stored(claim.previous_version) if claim.previous_version else None
            _, opened = examine_pack(self._bench, inputs.opened, room)
            return describe(opened, claim, before, workshop.analyzers(), holder=inputs.manifest).metadata

    def _by_present_analyzers(self, metadata: Metadata) -> bool:
        return by_present_analyzers(self._bench, metadata)


def parse(data: bytes | None) -> Metadata | None:
    """Answer what bytes say as metadata, or None for none that can be read."""
    if data is None:
        return None
    try:
        return Metadata.from_bytes(data)
    except UnreadableDocument:
        return None


def by_present_analyzers(bench: Bench, metadata: Metadata) -> bool:
    """Tell whether metadata was made by the analyzers there are now, in the same versions."""
    present = [(analyzer.name, analyzer.version) for analyzer in bench.workshop.analyzers()]
    return [(record.name, record.version) for record in metadata.analysis] == present
