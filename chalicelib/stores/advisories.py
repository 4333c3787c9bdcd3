"""Security advisories over a store: one document a package, and one small object that tells which packages have any.

The names are written before the documents, so whatever a worker leaves half done, no advisory is there that audits do
not find. Neither is ever removed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from chalicelib.domain.advisories.digests import NameDigests
from chalicelib.domain.advisories.records import PackageAdvisories
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.names import PackageName
from chalicelib.storage.contending import attempts
from chalicelib.storage.parallel import in_parallel
from chalicelib.storage.port import ObjectInfo, ObjectStore
from chalicelib.stores.documents import ReplacedDocuments

DOCUMENT_CACHE_BYTES: Final = 16 << 20
NAMES_CACHE_BYTES: Final = 32 << 20
PARALLEL_CALLS: Final = 16
OCTETS: Final = "application/octet-stream"
SWAP_ATTEMPTS: Final = 20
LONGEST_PAUSE_SECONDS: Final = 0.4

Decide = Callable[[PackageAdvisories], PackageAdvisories | None]


class Advisories:
    """What is known of the packages of npm, whether they are published here or not."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys
        self._documents = ReplacedDocuments(
            store, PackageAdvisories.from_bytes, cache_bytes=DOCUMENT_CACHE_BYTES
        )
        self._names = ReplacedDocuments(
            store, NameDigests.from_bytes, cache_bytes=NAMES_CACHE_BYTES, content_type=OCTETS
        )

    def get(self, name: PackageName) -> PackageAdvisories:
        """Answer what there is of a package; one read."""
        read = self._documents.get(self._keys.package_advisories(name))
        return read.document if read else PackageAdvisories(name=name)

    def of(self, names: Iterable[PackageName]) -> dict[PackageName, PackageAdvisories]:
        """Answer what there is of those of some packages that have any.

        Costs one read, and one more for each package that has advisories; many of them at once.
        """
        read = self._names.get(self._keys.advisory_names)
        if read is None:
            return {}
        return self.read([name for name in names if read.document.hold(name)])

    def read(self, names: Iterable[PackageName]) -> dict[PackageName, PackageAdvisories]:
        """Answer what there is of each of some packages; one read a package, many of them at once."""
        wanted = list(names)
        return dict(zip(wanted, in_parallel(self.get, wanted, most=PARALLEL_CALLS), strict=True))

    def change(self, changes: Mapping[PackageName, Decide]) -> None:
        """Replace each package's document by what is decided about it, unless that is None; many of them at once.

        What another writer has replaced in between is decided again. Raises Busy.
        """
        if not changes:
            return
        self._announce(changes)
        in_parallel(lambda name: self._change(name, changes[name]), changes, most=PARALLEL_CALLS)

    def _change(self, name: PackageName, decide: Decide) -> None:
        self._documents.change(
            self._keys.package_advisories(name),
            lambda present: decide(present or PackageAdvisories(name=name)),
            PackageAdvisories.to_bytes,
            attempts=attempts(SWAP_ATTEMPTS, longest=LONGEST_PAUSE_SECONDS),
            name=name,
        )

    def _announce(self, names: Iterable[PackageName]) -> None:
        """Make names known, and with the first ones all that documents are left of."""
        names = list(names)

        def decide(known: NameDigests | None) -> NameDigests | None:
            if known is not None and all(map(known.hold, names)):
                return None
            return (known or NameDigests().with_names(self._stored())).with_names(names)

        self._names.change(
            self._keys.advisory_names,
            decide,
            lambda wanted: wanted.data,
            attempts=attempts(SWAP_ATTEMPTS, longest=LONGEST_PAUSE_SECONDS),
            name="the list of packages with advisories",
        )

    def _stored(self) -> Iterable[str]:
        room = self._keys.advisories
        for info in self._store.list(room):
            if isinstance(info, ObjectInfo):
                yield info.key.removeprefix(room).removesuffix(".json")
