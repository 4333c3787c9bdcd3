"""Digests in the forms the field uses: hex, and SRI (`sha512-<base64>`, W3C Subresource Integrity)."""

import base64
import hashlib
from typing import NamedTuple


def sri(algorithm: str, digest: bytes) -> str:
    """Answer the SRI form of a raw digest."""
    return f"{algorithm}-{base64.b64encode(digest).decode('ascii')}"


class TarballDigests(NamedTuple):
    """The digests of a tarball's bytes, in lower-case hex, and its `size` in bytes."""

    sha1: str
    sha256: str
    sha512: str
    size: int

    @property
    def integrity(self) -> str:
        """The SRI value that npm calls `integrity`."""
        return sri("sha512", bytes.fromhex(self.sha512))


class TarballHasher:
    """Takes a tarball's bytes as they pass and answers all its digests at the end."""

    def __init__(self) -> None:
        self._hashes = (
            hashlib.sha1(usedforsecurity=False),
            hashlib.sha256(),
            hashlib.sha512(),
        )
        self._size = 0

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        for running in self._hashes:
            running.update(chunk)
        self._size += len(chunk)

    def digests(self) -> TarballDigests:
        """Answer the digests of everything taken so far."""
        sha1, sha256, sha512 = (running.hexdigest() for running in self._hashes)
        return TarballDigests(sha1=sha1, sha256=sha256, sha512=sha512, size=self._size)
