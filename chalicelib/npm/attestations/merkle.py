"""That an entry is in a log's tree (RFC 6962, 2.1)."""

import hashlib
from collections.abc import Sequence


def leaf_hash(entry: bytes) -> bytes:
    """Answer the hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of(leaf: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes | None:
    """Answer the root to which a path of hashes leads from the leaf at an index, or None where it leads to none.

    RFC 9162, 2.1.3.2, has the steps.
    """
    if not 0 <= index < size:
        return None
    node, last, current = index, size - 1, leaf
    for each in hashes:
        if last == 0:
            return None
        if node & 1 or node == last:
            current = _parent(each, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = _parent(current, each)
        node, last = node >> 1, last >> 1
    return current if last == 0 else None


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
