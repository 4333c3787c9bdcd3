"""Deriving: redoes what is derived from a package's head, for publishers that died before they could."""

from chalicelib.domain.names import PackageName
from chalicelib.services.publishing.derive import derive
from chalicelib.stores.heads import Heads
from chalicelib.stores.index import Index
from chalicelib.stores.manifests import Manifests


class Deriving:
    """Makes derived data follow heads."""

    def __init__(self, heads: Heads, manifests: Manifests, index: Index) -> None:
        self._heads = heads
        self._manifests = manifests
        self._index = index

    def derive(self, name: PackageName) -> int | None:
        """Make a package's present state findable, whichever state was announced; answers its `seq`, or None.

        Repeating it, late or in any order, changes nothing: what is written names the state it is derived from, and
        readers take the newest.
        """
        head = self._heads.get(name)
        if head is None:
            return None
        derive(self._index, self._manifests, head)
        return head.seq
