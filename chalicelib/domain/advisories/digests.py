"""A set of package names as a sorted run of short digests, asked without being parsed.

A name that is not in the set seems to be once in 2**64/n times, which costs one read that finds nothing.
"""

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

from chalicelib.domain.document import UnreadableDocument

MAGIC: Final = b"prism-n1"
WIDTH: Final = 8
"""Bytes of a digest; those of 200,000 names have 1.6 MB."""


class NameDigests(NamedTuple):
    """A set of names; `data` is the magic number and then the digests, ascending."""

    data: bytes = MAGIC

    @classmethod
    def from_bytes(cls, data: bytes) -> "NameDigests":
        """Read a set from its bytes; raises UnreadableDocument."""
        if not data.startswith(MAGIC) or len(data) % WIDTH:
            raise UnreadableDocument(cls.__name__, "it does not begin or end as one; restore or remove it")
        return cls(data)

    def hold(self, name: str) -> bool:
        """Tell whether a name is in the set."""
        digest = _digest(name)
        place = self._place(digest)
        return self.data[place : place + WIDTH] == digest

    def with_names(self, names: Iterable[str]) -> "NameDigests":
        """Answer the set with more names."""
        pieces: list[bytes] = []
        copied = 0
        for digest in sorted({_digest(name) for name in names if not self.hold(name)}):
            place = self._place(digest)
            pieces += [self.data[copied:place], digest]
            copied = place
        return NameDigests(b"".join([*pieces, self.data[copied:]]))

    def _place(self, digest: bytes) -> int:
        """Answer where a digest is or would be."""
        low, high = 1, len(self.data) // WIDTH
        while low < high:
            middle = (low + high) // 2
            if self.data[middle * WIDTH : (middle + 1) * WIDTH] < digest:
                low = middle + 1
            else:
                high = middle
        return low * WIDTH


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()[:WIDTH]
