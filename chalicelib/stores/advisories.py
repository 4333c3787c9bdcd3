"""Security advisories over a store: one document a package, and one small object that tells which packages have any.

The names are written before the documents, so whatever a worker leaves half done, no advisory is there that audits do
not find. Neither is ever removed.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from chalicelib.domain.advisories.digests import NameDigests
from chalicelib.domain.advisories.records import PackageAdvisories
from chalicelib.domain.errors import Busy
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.names import PackageName
from chalicelib.storage.port import ObjectInfo, ObjectStore
from chalicelib.stores.documents import ReplacedDocuments

DOCUMENT_CACHE_BYTES: Final = 16 << 20
NAMES_CACHE_BYTES: Final = 32 << 20
PARALLEL_CALLS: Final = 16
OCTETS: Final = "application/octet-stream"
SWAP_ATTEMPTS: Final = 20
LONGEST_PAUSE_SECONDS: Final = 0.4

Asked = TypeVar("Asked")
Found = TypeVar("Found")
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
        known = [name for name in names if read.document.hold(name)]
        return dict(zip(known, for_each(self.get, known), strict=True))

    def change(self, changes: Mapping[PackageName, Decide]) -> None:
        """Replace each package's document by what is decided about it, unless that is None; many of them at once.

        What another writer has replaced in between is decided again. Raises Busy.
        """
        if not changes:
            return
        self._announce(changes)
        for_each(lambda name: self._change(name, changes[name]), list(changes))

    def _change(self, name: PackageName, decide: Decide) -> None:
        key = self._keys.package_advisories(name)

        def tried() -> bool:
            read = self._documents.get(key)
            wanted = decide(read.document if read else PackageAdvisories(name=name))
            return wanted is None or self._documents.swap(key, wanted, wanted.to_bytes(), read)

        _patiently(tried, name)

    def _announce(self, names: Iterable[PackageName]) -> None:
        """Make names known, and with the first ones all that documents are left of."""
        names = list(names)
        key = self._keys.advisory_names

        def tried() -> bool:
            read = self._names.get(key)
            if read and all(map(read.document.hold, names)):
                return True
            present = read.document if read else NameDigests().with_names(self._stored())
            wanted = present.with_names(names)
            return self._names.swap(key, wanted, wanted.data, read)

        _patiently(tried, "the list of packages with advisories")

    def _stored(self) -> Iterable[str]:
        room = self._keys.advisories
        for info in self._store.list(room):
            if isinstance(info, ObjectInfo):
                yield info.key.removeprefix(room).removesuffix(".json")


def for_each(call: Callable[[Asked], Found], asked: Sequence[Asked]) -> list[Found]:
    """Answer what a call says to each, in their order, many calls at the same time; raises what one of them raised."""
    if len(asked) <= 1:
        return [call(each) for each in asked]
    with ThreadPoolExecutor(min(PARALLEL_CALLS, len(asked))) as pool:
        return list(pool.map(call, asked))


def _patiently(tried: Callable[[], bool], name: str) -> None:
    """Try a swap until it is done; raises Busy."""
    for _ in range(SWAP_ATTEMPTS):
        if tried():
            return
        time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311 - jitter needs no secrecy
    raise Busy(name)
