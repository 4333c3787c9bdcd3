"""Documents that are changed by compare-and-swap, over a store."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from chalicelib.domain.document import Document
from chalicelib.storage.contending import attempts
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.documents import ReplacedDocuments

CACHE_BYTES: Final = 4 << 20
SWAP_ATTEMPTS: Final = 10
LONGEST_PAUSE_SECONDS: Final = 0.2

Kept = TypeVar("Kept", bound=Document)


class Changeable(Generic[Kept]):
    """Documents of one kind that are changed by compare-and-swap."""

    def __init__(self, store: ObjectStore, kind: type[Kept]) -> None:
        self._documents = ReplacedDocuments(store, kind.from_bytes, cache_bytes=CACHE_BYTES)

    def get(self, key: str) -> Kept | None:
        """Answer the document as it is now, or None; one read."""
        read = self._documents.get(key)
        return read.document if read else None

    def create(self, key: str, document: Kept) -> bool:
        """Write a new document; answers whether its key was free."""
        return self._documents.swap(key, document, document.to_bytes(), None)

    def change(self, key: str, decide: Callable[[Kept | None], Kept | None], *, name: str) -> Kept | None:
        """Replace a document by what `decide` makes of it, unless that is None; answers the one there is then.

        What another writer has replaced in between is decided again. Raises Busy, and whatever `decide` raises.
        """
        tries = attempts(SWAP_ATTEMPTS, longest=LONGEST_PAUSE_SECONDS)
        return self._documents.change(key, decide, Document.to_bytes, attempts=tries, name=name)
