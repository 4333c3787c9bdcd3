"""Objects that are sent to a bucket, or copied in it, in parts."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from hashlib import sha256
from itertools import count, repeat
from types import TracebackType
from typing import Any, Final, Self

from chalicelib.storage.bucket.access import Access
from chalicelib.storage.bucket.patience import FAILURES, code, status
from chalicelib.storage.bucket.reading import Reader, etag_of, quoted
from chalicelib.storage.port import ObjectExists, ObjectInfo, StorageUnavailable

MAX_PARTS: Final = 10_000
DOUBLED_EVERY: Final = 1_000
COPIED_PART_BYTES: Final = 1 << 30


def growing_sizes(first: int) -> Iterator[int]:
    """Answer the size of each part: doubled every 1,000 parts, so that 10,000 hold 5 TiB."""
    return (first << (number // DOUBLED_EVERY) for number in count())


def equal_sizes(size: int) -> Iterator[int]:
    """Answer the size of each part where all but the last must be equal."""
    return repeat(size)


def regrouped(chunks: Iterable[bytes], sizes: Iterator[int]) -> Iterator[bytes]:
    """Cut pieces of any size into parts of the sizes given, of which the last may be shorter."""
    missing = next(sizes)
    held: list[memoryview] = []
    for chunk in chunks:
        rest = memoryview(chunk)
        while rest:
            held.append(rest[:missing])
            rest = rest[missing:]
            missing -= len(held[-1])
            if not missing:
                part = b"".join(held)
                held = []
                missing = next(sizes)
                yield part
                # Not to be held while the next one is gathered.
                del part
    if held:
        yield b"".join(held)


class Upload:
    """One multipart upload, which is aborted at the end of its `with` block unless it was completed.

    An upload whose beginning was not answered, or whose process died, stays in the bucket until a lifecycle
    rule (`AbortIncompleteMultipartUpload`) removes it; nothing of it is ever visible.
    """

    def __init__(self, access: Access, reader: Reader, key: str, content_type: str | None) -> None:
        self._access = access
        self._reader = reader
        self._target = {"Bucket": access.bucket, "Key": key}
        self._key = key
        self._content_type = {} if content_type is None else {"ContentType": content_type}
        self._parts: list[dict[str, Any]] = []
        self._size = 0
        self._digest = sha256()
        self._completed = False

    def __enter__(self) -> Self:
        begin = self._access.client.create_multipart_upload
        begun = self._access.request(self._key, lambda: begin(**self._target, **self._content_type))
        self._upload = {**self._target, "UploadId": begun["UploadId"]}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._completed:
            with suppress(*FAILURES):
                self._access.client.abort_multipart_upload(**self._upload)

    def send(self, part: bytes) -> None:
        """Send the next part."""
        number = self._next_number()
        send = self._access.client.upload_part
        sent = self._access.request(self._key, lambda: send(**self._upload, PartNumber=number, Body=part))
        self._size += len(part)
        self._digest.update(part)
        self._keep(number, sent)

    def copy(self, source: ObjectInfo) -> None:
        """Copy all of another object of the bucket, which must not change meanwhile."""
        copy = self._access.client.upload_part_copy
        origin = {"Bucket": self._access.bucket, "Key": source.key}
        for first in range(0, source.size, COPIED_PART_BYTES):
            number = self._next_number()
            arguments = {
                "PartNumber": number,
                "CopySource": origin,
                "CopySourceRange": f"bytes={first}-{min(first + COPIED_PART_BYTES, source.size) - 1}",
                "CopySourceIfMatch": quoted(source.etag),
            }
            copied = self._access.request(self._key, partial(copy, **self._upload, **arguments))
            self._keep(number, copied["CopyPartResult"])

    def complete(self, *, if_absent: bool = False) -> str:
        """Make the object of the parts and answer its ETag; raises ObjectExists if a create-only one lost.

        The stream is used up by now, so where the bucket asks for the whole upload again (409, because
        another write to the key was under way) only the caller can do that: StorageUnavailable, to be
        repeated.
        """
        condition = {"IfNoneMatch": "*"} if if_absent else {}
        patience = self._access.patience(self._key)
        while True:
            try:
                made = self._access.client.complete_multipart_upload(
                    **self._upload, MultipartUpload={"Parts": self._parts}, **condition
                )
            except FAILURES as error:
                patience.note(error)
                if status(error) == 412 or code(error) in {"ConditionalRequestConflict", "NoSuchUpload"}:
                    return self._lost(error, doubtful=patience.doubtful)
                patience.wait(error)
            else:
                self._completed = True
                return etag_of(made)

    def _lost(self, error: Exception, *, doubtful: bool) -> str:
        etag = self._reader.etag_if_equal(self._key, self._size, self._digest.digest()) if doubtful else None
        if etag is not None:
            self._completed = True
            return etag
        if status(error) == 412:
            raise ObjectExists(self._key) from None
        reason = "the upload was interrupted by another write to the key, and must be sent again"
        raise StorageUnavailable(self._key, reason, retryable=True) from error

    def _next_number(self) -> int:
        if len(self._parts) == MAX_PARTS:
            reason = f"the object does not fit in {MAX_PARTS} parts"
            raise StorageUnavailable(self._key, reason, retryable=False)
        return len(self._parts) + 1

    def _keep(self, number: int, answer: dict[str, Any]) -> None:
        # Without the parts' checksums, which are refused for an upload that was begun without naming their algorithm.
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})
