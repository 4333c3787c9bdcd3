"""What every stored or sent document has in common, and the one way its bytes are made."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import to_json

ORDERED_FIELDS = frozenset({"exports", "imports", "typesVersions"})
"""Fields whose key order carries meaning and is kept as it came."""


PLAIN: Final = frozenset({str, int, float, bool, type(None)})
"""What has no keys to sort."""


class Document(BaseModel):
    """A frozen value with a JSON form: camelCase fields, absent instead of null, unknown fields kept."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="allow",
        defer_build=True,
    )

    def to_json_value(self) -> dict[str, Any]:
        """Answer the document as JSON values, without absent fields."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def to_bytes(self) -> bytes:
        """Answer the canonical bytes of the document."""
        return canonical_json(self.to_json_value())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a document from its bytes; raises UnreadableDocument."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise UnreadableDocument(cls.__name__, str(error)) from error


class UnreadableDocument(Exception):
    """Stored bytes are not the document they should be."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"stored {kind} cannot be read: {reason}")


def canonical_json(value: Any) -> bytes:
    """Answer the canonical JSON bytes of a value: UTF-8, sorted keys, two-space indent, final newline.

    The order of keys is kept below `exports`, `imports` and `typesVersions`, where it decides what is resolved.
    """
    return to_json(_sorted(value), indent=2, inf_nan_mode="null") + b"\n"


def fragment(value: Any, depth: int) -> bytes:
    """Answer the canonical JSON of a value as it stands so many levels deep in a document."""
    return _indented(_sorted(value), depth)


def fragments(values: Mapping[str, Any], depth: int) -> dict[str, bytes]:
    """Answer the canonical JSON of each value of an object, whose values stand so many levels deep."""
    return {
        name: _indented(value if name in ORDERED_FIELDS else _sorted(value), depth)
        for name, value in values.items()
    }


def members(fragments: Mapping[str, bytes], depth: int) -> bytes:
    """Answer the canonical JSON of an object so many levels deep, made of the fragments of what is in it."""
    lines = [to_json(key) + b": " + fragments[key] for key in sorted(fragments)]
    return _block(b"{", lines, b"}", depth)


def elements(fragments: Iterable[bytes], depth: int) -> bytes:
    """Answer the canonical JSON of an array so many levels deep, made of the fragments of what is in it."""
    return _block(b"[", list(fragments), b"]", depth)


def _indented(value: Any, depth: int) -> bytes:
    # No text in JSON has a line break of its own, so every one of them begins a line of the document.
    return to_json(value, indent=2, inf_nan_mode="null").replace(b"\n", _line(depth))


def _block(opening: bytes, lines: list[bytes], closing: bytes, depth: int) -> bytes:
    if not lines:
        return opening + closing
    between = _line(depth + 1)
    return opening + between + (b"," + between).join(lines) + _line(depth) + closing


def _line(depth: int) -> bytes:
    return b"\n" + b"  " * depth


def compact_json(value: Any) -> bytes:
    """Answer JSON bytes for sending: UTF-8, no white space, keys in the order given."""
    return to_json(value, inf_nan_mode="null")


def _sorted(value: Any) -> Any:
    # Asked for the plain types first: most values are of them, and asking for a Mapping takes ten times as long.
    if isinstance(value, dict):
        return {
            key: item if type(item := value[key]) in PLAIN or key in ORDERED_FIELDS else _sorted(item)
            for key in sorted(value)
        }
    if isinstance(value, list):
        return [item if type(item) in PLAIN else _sorted(item) for item in value]
    if isinstance(value, Mapping):
        return _sorted(dict(value))
    return value
