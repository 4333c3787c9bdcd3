"""Version metadata: written once after the claim, immutable."""

from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.metadata import Metadata
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.documents import ImmutableDocuments

CACHE_BYTES = 16 << 20


class MetadataStore:
    """The metadata of all versions."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._keys = keys
        self._documents = ImmutableDocuments(store, Metadata.from_bytes, cache_bytes=CACHE_BYTES)

    def settle(self, metadata: Metadata, data: bytes) -> Metadata:
        """Write metadata, as the bytes it was read from, unless a writer of its claim has; answers what is there."""
        identifier = metadata.identifier
        return self._documents.put_once(
            self._keys.metadata(identifier.name, identifier.version), data, metadata
        )

    def get(self, name: str, version: str) -> Metadata | None:
        """Answer a version's metadata, or None."""
        return self._documents.get(self._keys.metadata(name, version))

    def stored(self, name: str, version: str) -> bytes | None:
        """Answer the bytes of a version's metadata as the medium has them now, whatever they are, or None."""
        return self._documents.stored(self._keys.metadata(name, version))

    def replace(self, metadata: Metadata, data: bytes) -> None:
        """Write a version's metadata, as the bytes it was read from, over what has become of it."""
        identifier = metadata.identifier
        self._documents.replace(self._keys.metadata(identifier.name, identifier.version), data, metadata)
