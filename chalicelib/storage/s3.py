"""Objects in an S3 bucket, or in any service that speaks its API and honours conditional writes.

Create-only is `If-None-Match: *` and compare-and-swap is `If-Match`; the bucket judges both. `412` means that
a write lost. But a write may be sent more than once, by the SDK or from here, and its first sending may have
been done without an answer; then `412` may mean that we lost against ourselves. So after a doubtful attempt,
and only then, the object is read back, and if its bytes are the ones being written, the write has succeeded.
Bytes are compared and not ETags, which are no digests under KMS or multipart.
"""

import random
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from hashlib import sha256 as new_sha256
from heapq import merge
from operator import itemgetter
from re import split
from typing import Any, ClassVar, Final, Literal, Self

from botocore.exceptions import ClientError

from chalicelib.settings import InvalidSettings, Settings
from chalicelib.storage.bucket.access import Access
from chalicelib.storage.bucket.client import connect
from chalicelib.storage.bucket.multipart import Upload, equal_sizes, growing_sizes, regrouped
from chalicelib.storage.bucket.parts import Multiparts
from chalicelib.storage.bucket.patience import FAILURES, code, status
from chalicelib.storage.bucket.reading import Reader, etag_of, is_etag, quoted
from chalicelib.storage.diagnosis import Expectations, Finding
from chalicelib.storage.disposition import content_disposition
from chalicelib.storage.port import (
    NotModified,
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    Part,
    PreconditionFailed,
    Prefix,
    Presigned,
    StoredObject,
    can_begin_key,
    check_conditions,
    check_key,
)

PART_BYTES: Final = 8 << 20
MOST_COPIED_AT_ONCE: Final = 5 << 30
PAGE: Final = 1_000
HEADERS: Final = {
    "ContentType": "Content-Type",
    "ContentLength": "Content-Length",
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "IfNoneMatch": "If-None-Match",
}
"""The headers that a signed URL is to be used with, by what the SDK calls them."""


class S3Store:
    """A store over one bucket; the client must sign with SigV4, as older signatures do not cover conditions.

    `equal_parts` is for services that refuse parts of different sizes. `sleep` and `jitter` (a random number
    from zero up to one) make the waiting time between attempts.
    """

    variables: ClassVar[str] = "PRISM_S3"
    announces: ClassVar[bool] = True

    def __init__(
        self,
        client: Any,
        bucket: str,
        *,
        part_bytes: int = PART_BYTES,
        equal_parts: bool = False,
        most_copied_at_once: int = MOST_COPIED_AT_ONCE,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.client = client
        self.bucket = bucket
        self._access = Access(client, bucket, sleep=sleep, jitter=jitter)
        self._reader = Reader(self._access)
        self._multiparts = Multiparts(self._access, self._reader)
        self._part_bytes = part_bytes
        self._part_sizes = equal_sizes if equal_parts else growing_sizes
        self._most_copied_at_once = most_copied_at_once

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Connect to the bucket that the PRISM_S3 variables name."""
        if settings.s3 is None:
            raise InvalidSettings("PRISM_S3_BUCKET is not set, and the s3 driver keeps everything in it")
        return cls(connect(settings.s3), settings.s3.bucket)

    def get(
        self, key: str, *, start: int | None = None, end: int | None = None, unless_etag: str | None = None
    ) -> StoredObject | Literal[NotModified.NOT_MODIFIED]:
        """Read an object or a slice of it."""
        return self._reader.get(check_key(key), start, end, unless_etag)

    def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        """Read an object in pieces; a lost connection is taken up where it broke."""
        return self._reader.stream(check_key(key), start, end)

    def head(self, key: str) -> ObjectInfo:
        """Describe an object."""
        return self._reader.head(check_key(key))

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
        """Write an object whole, in one request."""
        check_key(key)
        check_conditions(if_absent=if_absent, if_etag=if_etag)
        if if_etag is not None and not is_etag(if_etag):
            raise PreconditionFailed(key)
        patience = self._access.patience(key)
        while True:
            try:
                return self._put(key, data, if_absent=if_absent, if_etag=if_etag, content_type=content_type)
            except FAILURES as error:
                patience.note(error)
                # A swap of what is gone is refused with 404.
                if status(error) != 412 and (if_etag is None or code(error) != "NoSuchKey"):
                    patience.wait(error)
                elif patience.doubtful and (etag := self._settled(key, data)):
                    return etag
                else:
                    raise (ObjectExists if if_absent else PreconditionFailed)(key) from None

    def put_stream(
        self, key: str, chunks: Iterable[bytes], *, if_absent: bool = False, content_type: str | None = None
    ) -> str:
        """Write an object in one request if it is smaller than a part, else by a multipart upload."""
        check_key(key)
        parts = regrouped(chunks, self._part_sizes(self._part_bytes))
        part = next(parts, b"")
        if len(part) < self._part_bytes:
            return self.put(key, part, if_absent=if_absent, content_type=content_type)
        with Upload(self._access, self._reader, key, content_type) as upload:
            while part:
                upload.send(part)
                # Not to be held while the next one is gathered.
                del part
                part = next(parts, b"")
            return upload.complete(if_absent=if_absent)

    def copy(self, source: str, target: str) -> str:
        """Copy an object inside the bucket, with its content type."""
        check_key(source)
        check_key(target)
        if source == target:
            return self.head(source).etag
        return self._access.request(source, lambda: self._copy(source, target))

    def join(self, sources: Sequence[str], target: str, *, if_absent: bool = False) -> str:
        """Make one object of others inside the bucket."""
        found = [self.head(source) for source in sources]
        if not found:
            return self.put(target, b"", if_absent=if_absent)
        with Upload(self._access, self._reader, check_key(target), None) as upload:
            for source in found:
                self._copy_into(upload, source)
            return upload.complete(if_absent=if_absent)

    def delete(self, key: str, *, durable: bool = True) -> None:
        """Remove an object."""
        check_key(key)
        self._access.request(key, lambda: self.client.delete_object(Bucket=self.bucket, Key=key))

    def list(
        self, prefix: str, *, after: str | None = None, delimiter: str | None = None, limit: int | None = None
    ) -> Iterator[ObjectInfo | Prefix]:
        """List objects in order, with one request for a thousand entries."""
        if not can_begin_key(prefix):
            return iter(())
        return self._entries(prefix, after or "", delimiter, limit)

    def presign_get(
        self,
        key: str,
        *,
        expires: int,
        filename: str | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
    ) -> str | None:
        """Make a URL that reads the object; one that is good for long is the same for a quarter of an hour."""
        return self._presign(
            "get_object",
            key,
            expires,
            ResponseContentDisposition=None if filename is None else content_disposition(filename),
            ResponseContentType=content_type,
            ResponseContentEncoding=content_encoding,
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
        """Make a URL that writes the object; each condition is a header, as it was signed."""
        signed = _given(
            ContentType=content_type,
            ContentLength=content_length,
            ChecksumSHA256=None if sha256 is None else b64encode(bytes.fromhex(sha256)).decode(),
            IfNoneMatch="*" if if_absent else None,
        )
        return Presigned(self._presign("put_object", key, expires, **signed), headers_of(signed))

    def begin_multipart(self, key: str, *, content_type: str | None = None) -> str | None:
        """Begin an upload whose parts others send."""
        return self._multiparts.begin(check_key(key), content_type)

    def presign_part(
        self, key: str, *, upload_id: str, part_number: int, expires: int, content_length: int | None = None
    ) -> Presigned | None:
        """Make a URL that writes one part of a multipart upload."""
        signed = _given(ContentLength=content_length)
        named = {"UploadId": upload_id, "PartNumber": part_number}
        return Presigned(self._presign("upload_part", key, expires, **named, **signed), headers_of(signed))

    def list_parts(
        self, key: str, *, upload_id: str, after: int = 0, limit: int | None = None
    ) -> Sequence[Part]:
        """Answer the parts that have arrived."""
        return self._multiparts.parts(check_key(key), upload_id, after, limit)

    def complete_multipart(
        self, key: str, *, upload_id: str, parts: Sequence[Part], if_absent: bool = False
    ) -> str:
        """Make the object of these parts."""
        return self._multiparts.complete(check_key(key), upload_id, parts, if_absent=if_absent)

    def abort_multipart(self, key: str, *, upload_id: str) -> None:
        """Give up a multipart upload."""
        self._multiparts.abort(check_key(key), upload_id)

    def place(self) -> dict[str, str]:
        """Answer the bucket, and the address of the service that has it."""
        return {"bucket": self.bucket, "endpoint": str(self.client.meta.endpoint_url)}

    def diagnose(self, expectations: Expectations) -> Iterator[Finding]:
        """Tell what is wrong with the bucket."""
        from chalicelib.storage.bucket.diagnosis import Diagnosis  # noqa: PLC0415 - only health asks

        diagnosis = Diagnosis(self.client, self.bucket, self.variables, announces=self.announces)
        return diagnosis.findings(expectations)

    def in_parts(self) -> Self:
        """Answer the same store, sending even the smallest stream in parts: the last part may have any size."""
        twin = copy(self)
        twin._part_bytes = 1  # noqa: SLF001 - a store of this class
        return twin

    def _put(
        self, key: str, data: bytes, *, if_absent: bool, if_etag: str | None, content_type: str | None
    ) -> str:
        arguments = _given(
            IfNoneMatch="*" if if_absent else None,
            IfMatch=None if if_etag is None else quoted(if_etag),
            ContentType=content_type,
        )
        return etag_of(self.client.put_object(Bucket=self.bucket, Key=key, Body=data, **arguments))

    def _settled(self, key: str, data: bytes) -> str | None:
        return self._reader.etag_if_equal(key, len(data), new_sha256(data).digest())

    def _copy(self, source: str, target: str) -> str:
        origin = {"Bucket": self.bucket, "Key": source}
        try:
            copied = self.client.copy_object(Bucket=self.bucket, Key=target, CopySource=origin)
        except ClientError as error:
            if code(error) == "NoSuchKey":
                raise ObjectNotFound(source) from None
            # Asked only when refused, as hardly any object is too large to be copied at once.
            if status(error) == 400 and (info := self.head(source)).size > self._most_copied_at_once:
                return self._copy_in_parts(info, target)
            raise
        return etag_of(copied["CopyObjectResult"])

    def _copy_into(self, upload: Upload, source: ObjectInfo) -> None:
        try:
            upload.copy(source)
        except ClientError as error:
            if code(error) == "NoSuchKey":
                raise ObjectNotFound(source.key) from None
            raise

    def _copy_in_parts(self, source: ObjectInfo, target: str) -> str:
        described = self.client.head_object(Bucket=self.bucket, Key=source.key)
        with Upload(self._access, self._reader, target, described.get("ContentType")) as upload:
            upload.copy(source)
            return upload.complete()

    def _entries(
        self, prefix: str, after: str, delimiter: str | None, limit: int | None
    ) -> Iterator[ObjectInfo | Prefix]:
        wanted = _given(
            Prefix=prefix or None, Delimiter=delimiter or None, StartAfter=_sendable(after) or None
        )
        while limit is None or limit > 0:
            page = self._page(prefix, {**wanted, "MaxKeys": PAGE if limit is None else min(limit, PAGE)})
            for name, entry in _in_order(page):
                # The service may fold keys after `after` into a prefix that is not.
                if name > after:
                    limit = None if limit is None else limit - 1
                    yield entry
            if not page.get("IsTruncated"):
                return
            wanted["ContinuationToken"] = page["NextContinuationToken"]

    def _page(self, prefix: str, arguments: dict[str, Any]) -> dict[str, Any]:
        ask = self.client.list_objects_v2
        return self._access.request(prefix, lambda: dict(ask(Bucket=self.bucket, **arguments)))

    def _presign(self, operation: str, key: str, expires: int, **parameters: Any) -> str:
        params = {"Bucket": self.bucket, "Key": check_key(key), **_given(**parameters)}
        return str(self.client.generate_presigned_url(operation, Params=params, ExpiresIn=expires))


def headers_of(signed: Mapping[str, Any]) -> dict[str, str]:
    """Answer the headers of the arguments that a URL was signed over."""
    return {HEADERS[name]: str(value) for name, value in signed.items()}


def _given(**arguments: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _sendable(after: str) -> str:
    """Answer what of a text could begin a key; the rest cannot be sent, and is judged here."""
    return split("[\0-\x1f\x7f\ud800-\udfff]", after, maxsplit=1)[0]


def _in_order(page: dict[str, Any]) -> Iterator[tuple[str, ObjectInfo | Prefix]]:
    """Merge the objects and prefixes of a page; each comes in the order of UTF-8, so of code points."""
    objects = (
        (found["Key"], ObjectInfo(found["Key"], found["Size"], etag_of(found), found["LastModified"]))
        for found in page.get("Contents", ())
    )
    prefixes = ((found["Prefix"], Prefix(found["Prefix"])) for found in page.get("CommonPrefixes", ()))
    return merge(objects, prefixes, key=itemgetter(0))
