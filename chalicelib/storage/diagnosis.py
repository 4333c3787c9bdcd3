"""What a driver may tell of itself beside the verbs of the port; one that tells nothing works as well."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from chalicelib.storage.port import ObjectStore

Status = Literal["ok", "warning", "failed"]


class Finding(NamedTuple):
    """What one check has found: a sentence, and where something is wrong another one that says what to do."""

    name: str
    status: Status
    detail: str
    fix: str | None = None


class Expectations(NamedTuple):
    """What a registry expects of the medium around its objects.

    Functions hear of new objects below `announced` (prefix and suffix of a key); what lies below the prefixes
    `expiring` is swept, and what lies below `kept` never is.
    """

    prefix: str
    announced: Sequence[tuple[str, str]]
    expiring: Sequence[str]
    kept: Sequence[str]


@runtime_checkable
class Diagnosable(Protocol):
    """A driver that knows where its medium is and can tell what is wrong with it."""

    def place(self) -> dict[str, str]:
        """Answer where the objects are, such as `bucket` and `endpoint`; asks nothing of the medium."""
        ...

    def diagnose(self, expectations: Expectations) -> Iterator[Finding]:
        """Look at the medium and tell what was found; raises nothing, and yields a failed finding instead."""
        ...


@runtime_checkable
class SendsParts(Protocol):
    """A driver that sends large streams in parts, which the medium may judge in another way than whole objects."""

    def in_parts(self) -> ObjectStore:
        """Answer the same store, sending even the smallest stream in parts."""
        ...


def place_of(store: ObjectStore) -> dict[str, str]:
    """Answer where a store's objects are, as far as it tells."""
    return store.place() if isinstance(store, Diagnosable) else {}


def in_parts(store: ObjectStore) -> ObjectStore | None:
    """Answer the store that sends even the smallest stream in parts, or None where there are none."""
    return store.in_parts() if isinstance(store, SendsParts) else None
