"""Checksums of chunks, as tus writes them: the algorithm, a space and the digest in base64."""

import base64
import binascii
import hashlib
import hmac
from typing import Final, NamedTuple, Self

from chalicelib.domain.uploads.errors import ChecksumMismatch, UnsupportedChecksum

ALGORITHMS: Final = ("sha1", "sha256", "sha512", "md5")
"""What is understood, in the order in which it is told."""


class Checksum(NamedTuple):
    """What the bytes of a chunk are to be: the digest of an algorithm."""

    algorithm: str
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Answer the checksum that a header holds; raises UnsupportedChecksum."""
        algorithm, _, encoded = text.strip().partition(" ")
        if algorithm.lower() not in ALGORITHMS:
            raise UnsupportedChecksum(text, ALGORITHMS)
        try:
            digest = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            raise UnsupportedChecksum(text, ALGORITHMS) from None
        found = cls(algorithm.lower(), digest)
        if len(digest) != found.new().digest_size:
            raise UnsupportedChecksum(text, ALGORITHMS)
        return found

    def new(self) -> "hashlib._Hash":
        """Answer a hash of the algorithm that has seen nothing."""
        return hashlib.new(self.algorithm, usedforsecurity=False)

    def check(self, data: bytes) -> None:
        """Raise ChecksumMismatch unless the bytes have the digest."""
        running = self.new()
        running.update(data)
        if not hmac.compare_digest(running.digest(), self.digest):
            actual = base64.b64encode(running.digest()).decode()
            raise ChecksumMismatch(self.algorithm, base64.b64encode(self.digest).decode(), actual)
