"""The bytes of versions: staged tarballs, published tarballs, and packs of files."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.pack import PackEntry, PackIndex
from chalicelib.storage.parallel import at_once
from chalicelib.storage.port import NOT_MODIFIED, ObjectExists, ObjectInfo, ObjectNotFound, ObjectStore
from chalicelib.stores.cache import Cache
from chalicelib.stores.documents import JSON

INDEX_CACHE_BYTES = 32 << 20
SUFFIX_BYTES = 64 * 1024
"""How much of a pack's end is read for its index: enough for some thousand files."""
CHUNK_BYTES = 1 << 20
DOWNLOAD_SECONDS = 3600
INLINE_BYTES = 4 << 20
"""The most that a function answers itself; what is larger is an object of its own to redirect to."""


class Artifacts:
    """Tarballs and packs, on whatever medium keeps them."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._keys = keys
        self._indexes: Cache[PackIndex] = Cache(INDEX_CACHE_BYTES)

    @property
    def presigns(self) -> bool:
        """Whether clients can be sent to the medium itself."""
        return self._store.presign_get(self._keys.health, expires=1) is not None

    def stage(self, sha256: str, data: bytes) -> None:
        """Keep an arrived tarball until it is published or refused."""
        try:
            self._store.put(self._keys.staged(sha256), data, if_absent=True, content_type="application/gzip")
        except ObjectExists:
            return

    def stage_stream(self, sha256: str, chunks: Iterable[bytes]) -> None:
        """Keep a tarball of any size; nothing is kept if `chunks` raises."""
        self._put_once(self._keys.staged(sha256), chunks, "application/gzip")

    def open_staged(self, sha256: str) -> Iterator[bytes]:
        """Read a staged tarball."""
        return self._store.stream(self._keys.staged(sha256))

    def stage_pack(self, sha256: str, pack: BinaryIO) -> None:
        """Keep the pack of a staged tarball, for another worker to go on with."""
        pack.seek(0)
        self._put_once(self._keys.staged_pack(sha256), _chunks(pack), "application/octet-stream")

    def stage_bundle(self, sha256: str, publisher: str, bundle: bytes) -> None:
        """Keep the attestation that came with a staged tarball from a publisher, in place of their last one."""
        self._store.put(self._keys.staged_bundle(sha256, publisher), bundle, content_type=JSON)

    def staged_bundle(self, sha256: str, publisher: str) -> bytes | None:
        """Answer the attestation that came with a staged tarball from a publisher, or None."""
        try:
            found = self._store.get(self._keys.staged_bundle(sha256, publisher))
        except ObjectNotFound:
            return None
        assert found is not NOT_MODIFIED
        return found.data

    def has_pack(self, sha256: str, name: str, version: str) -> bool:
        """Tell whether the pack of a tarball is kept, staged or as the version's own."""
        return any(
            self._exists(key) for key in (self._keys.staged_pack(sha256), self._keys.pack(name, version))
        )

    def open_pack(self, sha256: str, name: str, version: str) -> Iterator[bytes]:
        """Read the pack of a tarball, staged or the version's own; raises ObjectNotFound."""
        try:
            yield from self._store.stream(self._keys.staged_pack(sha256))
        except ObjectNotFound:
            yield from self._store.stream(self._keys.pack(name, version))

    def has_bytes(self, sha256: str, name: str | None, version: str | None) -> bool:
        """Tell whether a tarball is kept, staged or as a version's own."""
        published = self._keys.tarball(name, version) if name and version else None
        return self._exists(self._keys.staged(sha256)) or (published is not None and self._exists(published))

    def discard_staged(self, sha256: str, *, attested_by: str | None = None) -> None:
        """Remove a staged tarball and its pack, and what a publisher sent to attest it.

        What a machine's failure brings back is removed by a sweep, like all that nothing needs.
        """
        if attested_by is not None:
            self._store.delete(self._keys.staged_bundle(sha256, attested_by), durable=False)
        at_once(
            lambda: self._store.delete(self._keys.staged(sha256), durable=False),
            lambda: self._store.delete(self._keys.staged_pack(sha256), durable=False),
        )

    def settle_tarball(
        self, name: str, version: str, sha256: str, fallback: Callable[[], Iterable[bytes]]
    ) -> None:
        """Copy the staged tarball to its place; `fallback` reads the same bytes, should they be staged no longer."""
        target = self._keys.tarball(name, version)
        try:
            self._store.copy(self._keys.staged(sha256), target)
        except ObjectNotFound:
            # Another publisher of the same bytes has finished and cleaned up.
            self._put_once(target, fallback(), "application/gzip")

    def settle_pack(self, name: str, version: str, pack: BinaryIO) -> bool:
        """Write a version's pack unless it is there; a pack is never replaced, so offsets stay true.

        Answers whether it was written.
        """
        pack.seek(0)
        return self._put_once(self._keys.pack(name, version), _chunks(pack), "application/octet-stream")

    def replace_pack(self, name: str, version: str, pack: BinaryIO) -> None:
        """Write a version's pack over one that cannot be read."""
        pack.seek(0)
        key = self._keys.pack(name, version)
        self._store.put_stream(key, _chunks(pack), content_type="application/octet-stream")
        self._indexes.forget(key)

    def settle_file(self, name: str, version: str, path: str, data: bytes, content_type: str) -> None:
        """Write one file as an object of its own."""
        self._put_once(self._keys.file(name, version, path), [data], content_type)

    def replace_file(self, name: str, version: str, path: str, data: bytes, content_type: str) -> None:
        """Write one file over an object that has other bytes."""
        self._store.put_stream(self._keys.file(name, version, path), [data], content_type=content_type)

    def file_digest(self, name: str, version: str, path: str) -> str | None:
        """Answer the SHA-256, in hex, of one file as an object of its own, or None where it is none."""
        running = hashlib.sha256()
        try:
            for chunk in self._store.stream(self._keys.file(name, version, path)):
                running.update(chunk)
        except ObjectNotFound:
            return None
        return running.hexdigest()

    def remove(self, name: str, version: str) -> None:
        """Remove the tarball, the pack and the files of a version."""
        files = [
            info.key
            for info in self._store.list(self._keys.file(name, version, ""))
            if isinstance(info, ObjectInfo)
        ]
        pack = self._keys.pack(name, version)
        for key in (self._keys.tarball(name, version), pack, *files):
            self._store.delete(key)
        self._indexes.forget(pack)

    def open_published_pack(self, name: str, version: str) -> Iterator[bytes]:
        """Read a version's own pack; raises ObjectNotFound."""
        return self._store.stream(self._keys.pack(name, version))

    def open_tarball(self, name: str, version: str) -> Iterator[bytes]:
        """Read a published tarball; raises ObjectNotFound."""
        return self._store.stream(self._keys.tarball(name, version))

    def stored_tarball(self, name: str, version: str) -> bytes:
        """Answer a published tarball whole; raises ObjectNotFound."""
        return b"".join(self.open_tarball(name, version))

    def tarball_url(self, name: str, version: str, filename: str) -> str | None:
        """Answer a URL that downloads the tarball from the medium itself, or None."""
        return self._store.presign_get(
            self._keys.tarball(name, version), expires=DOWNLOAD_SECONDS, filename=filename
        )

    def file_url(self, name: str, version: str, path: str) -> str | None:
        """Answer a URL that reads one file, stored as an object of its own, from the medium itself, or None."""
        return self._store.presign_get(self._keys.file(name, version, path), expires=DOWNLOAD_SECONDS)

    def rendered_url(self, data: bytes) -> str | None:
        """Answer a URL that reads these JSON bytes from the medium itself, having put them there, or None."""
        return self.served_url(data, JSON)

    def served_url(self, data: bytes, content_type: str, encoding: str | None = None) -> str | None:
        """Answer a URL that reads bytes from the medium itself, as what they are, having put them there, or None."""
        key = self._keys.rendered(hashlib.sha256(data).hexdigest())
        url = self._store.presign_get(
            key, expires=DOWNLOAD_SECONDS, content_type=content_type, content_encoding=encoding
        )
        if url is not None:
            self._put_once(key, [data], content_type)
        return url

    def index(self, name: str, version: str) -> PackIndex | None:
        """Answer the index of a version's pack, or None; one read for most, two for packs of many files."""
        key = self._keys.pack(name, version)
        cached = self._indexes.get(key)
        if cached is not None:
            return cached
        try:
            index = self._read_index(key)
        except ObjectNotFound:
            return None
        self._indexes.put(key, index, 200 * len(index.entries))
        return index

    def read_file(self, name: str, version: str, entry: PackEntry) -> bytes:
        """Answer the bytes of one file with one range read."""
        found = self._store.get(
            self._keys.pack(name, version), start=entry.offset, end=entry.offset + entry.length
        )
        assert found is not NOT_MODIFIED
        return entry.unpack(found.data)

    def _read_index(self, key: str) -> PackIndex:
        wanted = SUFFIX_BYTES
        while True:
            found = self._store.get(key, start=-wanted)
            assert found is not NOT_MODIFIED
            index = PackIndex.from_suffix(found.data, found.info.size)
            if isinstance(index, PackIndex):
                return index
            wanted = index

    def _exists(self, key: str) -> bool:
        try:
            self._store.head(key)
        except ObjectNotFound:
            return False
        return True

    def _put_once(self, key: str, chunks: Iterable[bytes], content_type: str) -> bool:
        try:
            self._store.put_stream(key, chunks, if_absent=True, content_type=content_type)
        except ObjectExists:
            return False
        return True


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
