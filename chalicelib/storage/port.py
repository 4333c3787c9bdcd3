"""The storage port: bytes by key, with conditional writes.

Every driver keeps the promises written here; `chalicelib.storage.testing` holds them to it. Keys are
`/`-separated unicode text of at most 1,024 bytes in UTF-8, as S3 has them, without `.`, `..` or empty
segments and without control characters. ETags are opaque text, unquoted, and change whenever the bytes of a
key change.

    StorageError
    ├── InvalidKey            the key can name no object
    ├── ObjectNotFound
    ├── ObjectExists          create-only lost: the key is taken
    ├── PreconditionFailed    compare-and-swap lost: the object is not the one named
    ├── MultipartMissing      no such multipart upload: completed, aborted, expired or never begun
    ├── PartsRefused          an object cannot be made of the parts named
    └── StorageUnavailable    the medium failed; `retryable` says whether a repeat may help
        └── StorageUnsafe     the medium breaks a promise that writes rely on
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Final, Literal, NamedTuple, Protocol, runtime_checkable

MAX_KEY_BYTES: Final = 1024
NAMELESS: Final = frozenset({"", ".", ".."})

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class StorageError(Exception):
    """A storage operation did not succeed."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{reason}: {key!r}")
        self.key = key
        self.reason = reason


class InvalidKey(StorageError, ValueError):
    """The key can name no object."""


class ObjectNotFound(StorageError, LookupError):
    """There is no object under the key."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "no such object")


class ObjectExists(StorageError):
    """A create-only write lost: the key is taken."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "the object exists")


class PreconditionFailed(StorageError):
    """A compare-and-swap lost: the object under the key is not the one named."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "the object has changed")


class MultipartMissing(StorageError, LookupError):
    """There is no such multipart upload: it was completed or aborted, has expired, or was never begun."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "no such multipart upload")


class PartsRefused(StorageError):
    """An object cannot be made of the parts named: one is missing, was sent again since, or is too small."""


class StorageUnavailable(StorageError):
    """The medium failed; `retryable` says whether a repeat may help."""

    def __init__(self, key: str, reason: str, *, retryable: bool) -> None:
        super().__init__(key, reason)
        self.retryable = retryable


class StorageUnsafe(StorageUnavailable):
    """The medium does not keep a promise that writes rely on, so nothing is written; no repeat helps."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason, retryable=False)


class ObjectInfo(NamedTuple):
    """What is known of an object without its bytes; `size` in bytes, `modified` in UTC."""

    key: str
    size: int
    etag: str
    modified: datetime


class StoredObject(NamedTuple):
    """Bytes of an object and what is known of it; `info` is of the whole object, whatever was read."""

    info: ObjectInfo
    data: bytes


class Prefix(NamedTuple):
    """A common prefix in a delimited listing; ends with the delimiter."""

    prefix: str


class Presigned(NamedTuple):
    """A URL that was signed, and the headers that whoever uses it must send, with these very values."""

    url: str
    headers: Mapping[str, str]


class Part(NamedTuple):
    """A part of a multipart upload that has arrived; `size` in bytes."""

    number: int
    size: int
    etag: str


class NotModified(Enum):
    """The type of the answer to a conditional read whose ETag still holds."""

    NOT_MODIFIED = "not modified"


NOT_MODIFIED: Final = NotModified.NOT_MODIFIED


@runtime_checkable
class ObjectStore(Protocol):
    """Bytes by key: reads see finished writes, and nobody ever sees half an object."""

    def get(
        self, key: str, *, start: int | None = None, end: int | None = None, unless_etag: str | None = None
    ) -> StoredObject | Literal[NotModified.NOT_MODIFIED]:
        """Read an object, or the bytes of it that the slice `[start:end]` names.

        A negative `start` counts from the end; a range past the end is empty or shortened, as in a slice.
        Answers NOT_MODIFIED, without bytes, while the ETag is `unless_etag`. Raises ObjectNotFound.
        """
        ...

    def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Read an object in pieces of bounded size; ranges as in `get`.

        All pieces are of one state of the object. Raises ObjectNotFound before the first piece.
        """
        ...

    def head(self, key: str) -> ObjectInfo:
        """Describe an object without reading it; raises ObjectNotFound."""
        ...

    def put(
        self,
        key: str,
        data: bytes,
        *,
        if_absent: bool = False,
        if_etag: str | None = None,
        content_type: str | None = None,
        durable: bool = True,
    ) -> str:
        """Write an object whole and answer its ETag.

        With `if_absent`, exactly one of any number of concurrent writers succeeds and the others raise
        ObjectExists. With `if_etag`, the write happens only if the object still has that ETag; otherwise, or
        when it is gone, raises PreconditionFailed. Giving both is a ValueError.

        What is not `durable` is seen by all at once like any other, and may be lost with the machine, or be there
        damaged, if that fails within seconds; a medium that has no such machine takes no notice.

        A write whose answer was lost but which succeeded counts as succeeded, if the driver can still see it:
        where another writer has since replaced the object, the answer is ObjectExists or PreconditionFailed,
        and after StorageUnavailable the write may have happened.
        """
        ...

    def put_stream(
        self, key: str, chunks: Iterable[bytes], *, if_absent: bool = False, content_type: str | None = None
    ) -> str:
        """Write an object of any size in bounded memory and answer its ETag; nothing shows until all is
        written.

        If `chunks` raises, nothing is written and the exception rises. Raises ObjectExists as `put` does,
        though perhaps only when `chunks` is used up.
        """
        ...

    def copy(self, source: str, target: str) -> str:
        """Copy an object and answer the target's ETag; the bytes stay in the medium where it can copy.

        Replaces the target, which afterwards lives its own life. Raises ObjectNotFound for the source.
        """
        ...

    def join(self, sources: Sequence[str], target: str, *, if_absent: bool = False) -> str:
        """Make one object of others, in order, and answer its ETag; the bytes stay in the medium where it can join.

        A bucket takes sources of at least 5 MiB, but for the last, and R2 such as are whole multiples of 1 GiB. Raises
        ObjectNotFound for a source, and ObjectExists as `put` does.
        """
        ...

    def delete(self, key: str, *, durable: bool = True) -> None:
        """Remove an object; removing what is not there succeeds.

        A removal that is not `durable` may be undone if the machine fails within seconds.
        """
        ...

    def list(
        self, prefix: str, *, after: str | None = None, delimiter: str | None = None, limit: int | None = None
    ) -> Iterator[ObjectInfo | Prefix]:
        """List objects whose key starts with `prefix`, ascending by the key's UTF-8 bytes, as the caller
        reads on.

        With a `delimiter`, the keys that contain it past the prefix are folded into one Prefix each, in
        order. `after` is exclusive: an entry is answered if its key, or its Prefix, sorts after it. At most
        `limit` entries are answered; a limit of up to 1,000 costs one request. A prefix that no key can have
        lists nothing.
        """
        ...

    def presign_get(
        self,
        key: str,
        *,
        expires: int,
        filename: str | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
    ) -> str | None:
        """Make a URL that reads the object for `expires` seconds, or None where the medium cannot.

        `filename` becomes the name in Content-Disposition; the other two are what the answer says of itself.
        """
        ...

    def presign_put(
        self,
        key: str,
        *,
        expires: int,
        content_type: str | None = None,
        content_length: int | None = None,
        sha256: str | None = None,
        if_absent: bool = False,
    ) -> Presigned | None:
        """Make a URL that writes the object, signed over every condition given; None where the medium cannot.

        `sha256` is the digest in lower-case hex.
        """
        ...

    def begin_multipart(self, key: str, *, content_type: str | None = None) -> str | None:
        """Begin an upload whose parts others send by presigned URLs; answers its id, or None where the medium cannot.

        Nothing shows under the key until it is completed. One that never is, the medium's lifecycle removes.
        """
        ...

    def presign_part(
        self, key: str, *, upload_id: str, part_number: int, expires: int, content_length: int | None = None
    ) -> Presigned | None:
        """Make a URL that writes one part of a multipart upload, or None where the medium cannot.

        A part that is sent again takes the place of the one before.
        """
        ...

    def list_parts(
        self, key: str, *, upload_id: str, after: int = 0, limit: int | None = None
    ) -> Sequence[Part]:
        """Answer the parts that have arrived, ascending, with numbers greater than `after` and at most `limit`.

        Up to 1,000 cost one request. Raises MultipartMissing.
        """
        ...

    def complete_multipart(
        self, key: str, *, upload_id: str, parts: Sequence[Part], if_absent: bool = False
    ) -> str:
        """Make the object of these parts and answer its ETag; raises ObjectExists as `put` does.

        May be repeated: where the upload is there no more and the object is one of these very parts, that is the
        answer. Raises MultipartMissing where it is not, and PartsRefused, after which the upload is as before.
        """
        ...

    def abort_multipart(self, key: str, *, upload_id: str) -> None:
        """Give up a multipart upload and remove its parts; giving up what is not there succeeds."""
        ...


def check_key(key: str) -> str:
    """Answer the key if it can name an object; raises InvalidKey otherwise."""
    if not key:
        raise InvalidKey(key, "the key is empty")
    try:
        encoded = key.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidKey(key, "the key is not valid unicode") from None
    if len(encoded) > MAX_KEY_BYTES:
        raise InvalidKey(key, f"the key is longer than {MAX_KEY_BYTES} bytes")
    if _CONTROL.search(key):
        raise InvalidKey(key, "the key contains a control character")
    if not NAMELESS.isdisjoint(key.split("/")):
        raise InvalidKey(key, "the key has an empty, `.` or `..` segment")
    return key


def is_key(text: str) -> bool:
    """Tell whether the text can name an object."""
    try:
        check_key(text)
    except InvalidKey:
        return False
    return True


def check_conditions(*, if_absent: bool, if_etag: str | None) -> None:
    """Refuse a write that asks to be a create and a swap at once; raises ValueError."""
    if if_absent and if_etag is not None:
        raise ValueError("a write is create-only or a swap, not both; give one of if_absent and if_etag")


def can_begin_key(prefix: str) -> bool:
    """Tell whether any key can start with the prefix; a listing of one that cannot is empty."""
    return is_key(prefix) or is_key(f"{prefix}x")


def window(size: int, start: int | None, end: int | None) -> tuple[int, int]:
    """Answer where the slice `[start:end]` of `size` bytes begins, and the position after its last byte."""
    first, last, _ = slice(start, end).indices(size)
    return first, max(first, last)


def folded(key: str, prefix: str, delimiter: str | None) -> str | None:
    """Answer the common prefix that a delimited listing folds the key into, or None if it stays itself."""
    if not delimiter:
        return None
    position = key.find(delimiter, len(prefix))
    return None if position < 0 else key[: position + len(delimiter)]


class Unaddressed:
    """What a driver inherits whose objects have no address on the network."""

    def presign_get(
        self,
        key: str,
        *,
        expires: int,
        filename: str | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
    ) -> str | None:
        """Answer None."""
        check_key(key)
        return None

    def presign_put(
        self,
        key: str,
        *,
        expires: int,
        content_type: str | None = None,
        content_length: int | None = None,
        sha256: str | None = None,
        if_absent: bool = False,
    ) -> Presigned | None:
        """Answer None."""
        check_key(key)
        return None

    def begin_multipart(self, key: str, *, content_type: str | None = None) -> str | None:
        """Answer None."""
        check_key(key)
        return None

    def presign_part(
        self, key: str, *, upload_id: str, part_number: int, expires: int, content_length: int | None = None
    ) -> Presigned | None:
        """Answer None."""
        check_key(key)
        return None

    def list_parts(
        self, key: str, *, upload_id: str, after: int = 0, limit: int | None = None
    ) -> Sequence[Part]:
        """Raise MultipartMissing."""
        raise MultipartMissing(check_key(key))

    def complete_multipart(
        self, key: str, *, upload_id: str, parts: Sequence[Part], if_absent: bool = False
    ) -> str:
        """Raise MultipartMissing."""
        raise MultipartMissing(check_key(key))

    def abort_multipart(self, key: str, *, upload_id: str) -> None:
        """Do nothing."""
        check_key(key)
