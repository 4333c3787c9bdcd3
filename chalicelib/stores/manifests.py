"""Prism manifests: claimed once, immutable."""

import hashlib
from dataclasses import dataclass

from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.manifest import DigestPair, Manifest
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.documents import ImmutableDocuments

CACHE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest, the digests of its stored bytes, and its files as a set."""

    manifest: Manifest
    digests: DigestPair
    files: frozenset[str]

    @classmethod
    def parse(cls, data: bytes) -> "StoredManifest":
        """Read a stored manifest; raises UnreadableDocument."""
        digests = DigestPair(sha256=hashlib.sha256(data).hexdigest(), sha512=hashlib.sha512(data).hexdigest())
        manifest = Manifest.from_bytes(data)
        return cls(manifest, digests, frozenset(manifest.files))


class Manifests:
    """The manifests of all versions."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._keys = keys
        self._documents = ImmutableDocuments(store, StoredManifest.parse, cache_bytes=CACHE_BYTES)

    def claim(self, stored: StoredManifest, data: bytes) -> StoredManifest:
        """Claim a version by a manifest and the bytes it was read from; answers the one that holds the claim."""
        manifest = stored.manifest
        return self._documents.put_once(self._keys.manifest(manifest.name, manifest.version), data, stored)

    def get(self, name: str, version: str) -> StoredManifest | None:
        """Answer a version's manifest, or None; it may be claimed and not yet visible."""
        return self._documents.get(self._keys.manifest(name, version))

    def stored(self, name: str, version: str) -> bytes | None:
        """Answer the bytes of a version's manifest as the medium has them now, whatever they are, or None."""
        return self._documents.stored(self._keys.manifest(name, version))
