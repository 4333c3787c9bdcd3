"""Bytes in JSON, and a reader of DER for what the library of certificates does not read."""

import base64
import binascii
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator

MAX_LENGTH_BYTES: Final = 4

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
OID: Final = 0x06
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTEXT_0: Final = 0xA0


def _decoded(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError("bytes are a text in base64")  # noqa: TRY004 - pydantic tells of this one
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the text is not base64") from None


Base64 = Annotated[bytes, BeforeValidator(_decoded)]
"""Bytes that are a text in base64."""


class Node(NamedTuple):
    """One value of a DER document: `content` without its header, `whole` with it."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> "list[Node]":
        """Answer the values inside; raises ValueError."""
        found, position = [], 0
        while position < len(self.content):
            node = _node(self.content, position)
            position += len(node.whole)
            found.append(node)
        return found

    def expect(self, tag: int) -> "Node":
        """Answer the value itself if it has a tag; raises ValueError."""
        if self.tag != tag:
            raise ValueError(f"a value of tag {tag:#x} is expected, and this one has {self.tag:#x}")
        return self

    def integer(self) -> int:
        """Answer the integer that the value is; raises ValueError."""
        return int.from_bytes(self.expect(INTEGER).content, "big", signed=True)


def read_der(data: bytes) -> Node:
    """Read a document of one value; raises ValueError."""
    node = _node(data, 0)
    if len(node.whole) != len(data):
        raise ValueError("something follows the value")
    return node


def _node(data: bytes, start: int) -> Node:
    header = data[start : start + 2]
    if len(header) < 2 or header[0] & 0x1F == 0x1F:
        raise ValueError("the value has no header that is known")
    length, position = header[1], start + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= MAX_LENGTH_BYTES:
            raise ValueError("the value has no definite length")
        length = int.from_bytes(data[position : position + count], "big")
        position += count
    end = position + length
    if end > len(data):
        raise ValueError("the value ends too early")
    return Node(header[0], data[position:end], data[start:end])
