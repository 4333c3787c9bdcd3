"""The attestations of all versions: written once, immutable."""

from typing import Final

from chalicelib.domain.attestations import Attestation
from chalicelib.domain.keys import ObjectKeys
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.documents import ImmutableDocuments

CACHE_BYTES: Final = 8 << 20


class Attestations:
    """What came with versions and was accepted."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._keys = keys
        self._documents = ImmutableDocuments(store, Attestation.from_bytes, cache_bytes=CACHE_BYTES)

    def keep(self, name: str, version: str, attestation: Attestation) -> Attestation:
        """Keep a version's attestation unless it has one; answers the one that it has then."""
        return self._documents.put_once(self._keys.attestation(name, version), attestation.to_bytes())

    def get(self, name: str, version: str) -> Attestation | None:
        """Answer a version's attestation, or None; it may be there before the version is visible."""
        return self._documents.get(self._keys.attestation(name, version))
