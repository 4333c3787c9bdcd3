"""What the stores around a store have in common: every verb is passed on through one place."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal, TypeVar

from chalicelib.storage.port import (
    NotModified,
    ObjectInfo,
    ObjectStore,
    Part,
    Prefix,
    Presigned,
    StoredObject,
)

Answer = TypeVar("Answer")

SIGNATURES: Final = frozenset({"presign_get", "presign_put", "presign_part"})
"""Verbs that ask nothing of the medium."""


class PassingStore:
    """Passes every call on to `inner`; a kind of it overrides `_call`, which sees each one."""

    def __init__(self, inner: ObjectStore) -> None:
        self.inner = inner

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        return call()

    def get(
        self, key: str, *, start: int | None = None, end: int | None = None, unless_etag: str | None = None
    ) -> StoredObject | Literal[NotModified.NOT_MODIFIED]:
        """Pass on."""
        return self._call(
            "get", key, lambda: self.inner.get(key, start=start, end=end, unless_etag=unless_etag)
        )

    def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Pass on."""
        return self._call("stream", key, lambda: self.inner.stream(key, start=start, end=end))

    def head(self, key: str) -> ObjectInfo:
        """Pass on."""
        return self._call("head", key, lambda: self.inner.head(key))

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
        """Pass on."""
        return self._call(
            "put",
            key,
            lambda: self.inner.put(
                key,
                data,
                if_absent=if_absent,
                if_etag=if_etag,
                content_type=content_type,
                durable=durable,
            ),
        )

    def put_stream(
        self, key: str, chunks: Iterable[bytes], *, if_absent: bool = False, content_type: str | None = None
    ) -> str:
        """Pass on."""
        return self._call(
            "put_stream",
            key,
            lambda: self.inner.put_stream(key, chunks, if_absent=if_absent, content_type=content_type),
        )

    def copy(self, source: str, target: str) -> str:
        """Pass on, under the target."""
        return self._call("copy", target, lambda: self.inner.copy(source, target))

    def join(self, sources: Sequence[str], target: str, *, if_absent: bool = False) -> str:
        """Pass on, under the target."""
        return self._call("join", target, lambda: self.inner.join(sources, target, if_absent=if_absent))

    def delete(self, key: str, *, durable: bool = True) -> None:
        """Pass on."""
        self._call("delete", key, lambda: self.inner.delete(key, durable=durable))

    def list(
        self, prefix: str, *, after: str | None = None, delimiter: str | None = None, limit: int | None = None
    ) -> Iterator[ObjectInfo | Prefix]:
        """Pass on, under the prefix."""
        return self._call(
            "list", prefix, lambda: self.inner.list(prefix, after=after, delimiter=delimiter, limit=limit)
        )

    def presign_get(
        self,
        key: str,
        *,
        expires: int,
        filename: str | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
    ) -> str | None:
        """Pass on."""
        return self._call(
            "presign_get",
            key,
            lambda: self.inner.presign_get(
                key,
                expires=expires,
                filename=filename,
                content_type=content_type,
                content_encoding=content_encoding,
            ),
        )

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
        """Pass on."""
        return self._call(
            "presign_put",
            key,
            lambda: self.inner.presign_put(
                key,
                expires=expires,
                content_type=content_type,
                content_length=content_length,
                sha256=sha256,
                if_absent=if_absent,
            ),
        )

    def begin_multipart(self, key: str, *, content_type: str | None = None) -> str | None:
        """Pass on."""
        return self._call(
            "begin_multipart", key, lambda: self.inner.begin_multipart(key, content_type=content_type)
        )

    def presign_part(
        self, key: str, *, upload_id: str, part_number: int, expires: int, content_length: int | None = None
    ) -> Presigned | None:
        """Pass on."""
        return self._call(
            "presign_part",
            key,
            lambda: self.inner.presign_part(
                key,
                upload_id=upload_id,
                part_number=part_number,
                expires=expires,
                content_length=content_length,
            ),
        )

    def list_parts(
        self, key: str, *, upload_id: str, after: int = 0, limit: int | None = None
    ) -> Sequence[Part]:
        """Pass on."""
        return self._call(
            "list_parts",
            key,
            lambda: self.inner.list_parts(key, upload_id=upload_id, after=after, limit=limit),
        )

    def complete_multipart(
        self, key: str, *, upload_id: str, parts: Sequence[Part], if_absent: bool = False
    ) -> str:
        """Pass on."""
        return self._call(
            "complete_multipart",
            key,
            lambda: self.inner.complete_multipart(key, upload_id=upload_id, parts=parts, if_absent=if_absent),
        )

    def abort_multipart(self, key: str, *, upload_id: str) -> None:
        """Pass on."""
        self._call("abort_multipart", key, lambda: self.inner.abort_multipart(key, upload_id=upload_id))
