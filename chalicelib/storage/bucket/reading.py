"""Reading from a bucket: slices as byte ranges, conditions, and one state of an object from start to end."""

import re
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from io import BytesIO
from typing import Any, Final, Literal

from botocore.exceptions import ClientError, IncompleteReadError

from chalicelib.storage.bucket.access import Access
from chalicelib.storage.bucket.patience import BROKEN, code, status
from chalicelib.storage.port import (
    NOT_MODIFIED,
    NotModified,
    ObjectInfo,
    ObjectNotFound,
    StorageUnavailable,
    StoredObject,
    window,
)

PIECE_BYTES: Final = 1 << 20
CHANGED: Final = "the object was replaced while it was read"


@dataclass(frozen=True, slots=True)
class Opened:
    """An object whose bytes from `first` to before `last` are ready to be read."""

    info: ObjectInfo
    body: Any
    first: int = 0
    last: int = 0


class Reader:
    """The reading half of a bucket's driver."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._bucket_seen = False

    def head(self, key: str) -> ObjectInfo:
        """Describe an object; raises ObjectNotFound."""
        return self._access.request(key, lambda: self._head(key))

    def get(
        self, key: str, start: int | None, end: int | None, unless_etag: str | None
    ) -> StoredObject | Literal[NotModified.NOT_MODIFIED]:
        """Read an object or a slice of it; raises ObjectNotFound."""
        return self._access.request(key, lambda: self._get(key, start, end, unless_etag))

    def stream(
        self, key: str, start: int | None = None, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """Read an object in pieces; a lost connection is taken up where it broke."""
        opened = self._access.request(key, lambda: self._open(key, start, end))
        assert isinstance(opened, Opened)
        pieces = self._pieces(opened)
        next(pieces)
        return pieces

    def etag_if_equal(self, key: str, size: int, digest: bytes) -> str | None:
        """Answer the ETag of the object if its bytes are those, given as their SHA-256."""
        try:
            opened = self._access.request(key, lambda: self._open(key))
        except ObjectNotFound:
            return None
        assert isinstance(opened, Opened)
        with closing(self._pieces(opened)) as pieces:
            next(pieces)
            found = sha256()
            if opened.info.size == size:
                for piece in pieces:
                    found.update(piece)
            return opened.info.etag if found.digest() == digest else None

    def _head(self, key: str) -> ObjectInfo:
        try:
            answer = self._access.client.head_object(Bucket=self._access.bucket, Key=key)
        except ClientError as error:
            if status(error) != 404:
                raise
            self._see_bucket()
            raise ObjectNotFound(key) from None
        return _info(key, answer)

    def _see_bucket(self) -> None:
        """Make sure that what is missing is not the bucket, which an answer without a body does not tell."""
        if not self._bucket_seen:
            try:
                self._access.client.head_bucket(Bucket=self._access.bucket)
            except ClientError as error:
                if status(error) == 404:
                    error.response["Error"]["Code"] = "NoSuchBucket"
                    raise
            self._bucket_seen = True

    def _get(
        self, key: str, start: int | None, end: int | None, unless_etag: str | None
    ) -> StoredObject | Literal[NotModified.NOT_MODIFIED]:
        opened = self._open(key, start, end, unless_etag)
        if not isinstance(opened, Opened):
            return opened
        with closing(opened.body):
            return StoredObject(opened.info, opened.body.read())

    def _open(
        self, key: str, start: int | None = None, end: int | None = None, unless_etag: str | None = None
    ) -> Opened | Literal[NotModified.NOT_MODIFIED]:
        condition = {"IfNoneMatch": quoted(unless_etag)} if is_etag(unless_etag) else {}
        try:
            if (direct := direct_range(start, end)) is not None:
                return self._fetch(key, **direct, **condition)
            info = self._head(key)
        except ClientError as error:
            if status(error) == 304:
                return NOT_MODIFIED
            if status(error) != 416:
                raise
            # The range begins past the end; of the answer only the description is wanted.
            info = self._head(key)
        first, last = window(info.size, start, end)
        if info.etag == unless_etag:
            return NOT_MODIFIED
        if first == last:
            return Opened(info, BytesIO())
        return self._fetch_state(info, first, last)

    def _fetch(self, key: str, **arguments: str) -> Opened:
        try:
            answer = self._access.client.get_object(Bucket=self._access.bucket, Key=key, **arguments)
        except ClientError as error:
            if code(error) == "NoSuchKey":
                raise ObjectNotFound(key) from None
            raise
        first = int(answer.get("ContentRange", "bytes 0").removeprefix("bytes ").partition("-")[0])
        return Opened(_info(key, answer), answer["Body"], first, first + answer["ContentLength"])

    def _fetch_state(self, info: ObjectInfo, first: int, last: int) -> Opened:
        """Open a range of the object in the state described; raises StorageUnavailable if it has another."""
        try:
            return self._fetch(info.key, Range=f"bytes={first}-{last - 1}", IfMatch=quoted(info.etag))
        except ObjectNotFound:
            raise StorageUnavailable(info.key, CHANGED, retryable=True) from None
        except ClientError as error:
            if status(error) in {412, 416}:
                raise StorageUnavailable(info.key, CHANGED, retryable=True) from None
            raise

    def _pieces(self, opened: Opened) -> Generator[bytes, None, None]:
        body, position, info = opened.body, opened.first, opened.info
        patience = self._access.patience(info.key)
        try:
            # Taken at once by whoever asked for the pieces, so that what they leave unread is closed.
            yield b""
            while position < opened.last:
                try:
                    piece = body.read(min(PIECE_BYTES, opened.last - position))
                    if not piece:
                        raise IncompleteReadError(actual_bytes=position, expected_bytes=opened.last)
                except BROKEN as error:
                    patience.wait(error)
                    body.close()
                    body = self._resume(info, position, opened.last).body
                    continue
                position += len(piece)
                yield piece
        finally:
            body.close()

    def _resume(self, info: ObjectInfo, position: int, last: int) -> Opened:
        return self._access.request(info.key, lambda: self._fetch_state(info, position, last))


def direct_range(start: int | None, end: int | None) -> dict[str, str] | None:
    """Answer the argument that asks for a slice, or None where the object's size must be known."""
    first = start or 0
    if end is None:
        suffix = f"bytes={first}" if first < 0 else f"bytes={first}-"
        return {"Range": suffix} if first else {}
    return {"Range": f"bytes={first}-{end - 1}"} if 0 <= first < end else None


def is_etag(etag: str | None) -> bool:
    """Tell whether an object may have this ETag: visible ASCII without quotes."""
    return bool(etag) and re.fullmatch(r"[!#-~]+", etag or "") is not None


def quoted(etag: str | None) -> str:
    """Answer the ETag as it stands in a header."""
    return f'"{etag}"'


def etag_of(answer: dict[str, Any]) -> str:
    """Answer the ETag in an answer of the service, without its quotes."""
    return str(answer["ETag"]).strip('"')


def _info(key: str, answer: dict[str, Any]) -> ObjectInfo:
    total = answer.get("ContentRange", "").rpartition("/")[2]
    size = int(total) if total else answer["ContentLength"]
    return ObjectInfo(key, size, etag_of(answer), answer["LastModified"].astimezone(UTC))
