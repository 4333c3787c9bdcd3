"""Multipart uploads whose parts are sent by others, with URLs that were signed for them."""

import re
from collections.abc import Sequence
from hashlib import md5
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib.storage.bucket.access import Access
from chalicelib.storage.bucket.patience import FAILURES, code, status
from chalicelib.storage.bucket.reading import Reader, etag_of, quoted
from chalicelib.storage.port import (
    MultipartMissing,
    ObjectExists,
    ObjectNotFound,
    Part,
    PartsRefused,
    StorageUnavailable,
)

PAGE: Final = 1_000
REFUSALS: Final = frozenset({"EntityTooSmall", "InvalidPart", "InvalidPartOrder"})
_MD5: Final = re.compile("[0-9a-f]{32}")


class Multiparts:
    """The multipart uploads of a bucket, by their ids; a process that asks about one need not have begun it."""

    def __init__(self, access: Access, reader: Reader) -> None:
        self._access = access
        self._reader = reader

    def begin(self, key: str, content_type: str | None) -> str:
        """Begin an upload and answer its id; one whose beginning was not answered is left to the lifecycle."""
        begin = self._access.client.create_multipart_upload
        described = {} if content_type is None else {"ContentType": content_type}
        begun = self._access.request(key, lambda: begin(Bucket=self._access.bucket, Key=key, **described))
        return str(begun["UploadId"])

    def parts(self, key: str, upload_id: str, after: int, limit: int | None) -> Sequence[Part]:
        """Answer the parts that have arrived; raises MultipartMissing."""
        found: list[Part] = []
        wanted = limit
        while wanted is None or wanted > 0:
            page = self._page(key, upload_id, after, PAGE if wanted is None else min(wanted, PAGE))
            parts = [Part(each["PartNumber"], each["Size"], etag_of(each)) for each in page.get("Parts", ())]
            found += parts
            if not parts or not page.get("IsTruncated"):
                break
            after = parts[-1].number
            wanted = None if wanted is None else wanted - len(parts)
        return found

    def complete(self, key: str, upload_id: str, parts: Sequence[Part], *, if_absent: bool) -> str:
        """Make the object of parts and answer its ETag; raises ObjectExists, MultipartMissing and PartsRefused."""
        if not parts:
            raise PartsRefused(key, "no part is named")
        named = [{"PartNumber": part.number, "ETag": quoted(part.etag)} for part in parts]
        arguments: dict[str, Any] = {"MultipartUpload": {"Parts": named}}
        if if_absent:
            arguments["IfNoneMatch"] = "*"
        patience = self._access.patience(key)
        while True:
            try:
                return etag_of(
                    self._access.client.complete_multipart_upload(**self._named(key, upload_id), **arguments)
                )
            except FAILURES as error:
                patience.note(error)
                if code(error) in REFUSALS:
                    reason = f"the parts do not make an object ({code(error)})"
                    raise PartsRefused(key, reason) from error
                if status(error) == 412 or code(error) in {"ConditionalRequestConflict", "NoSuchUpload"}:
                    return self._settled(key, parts, error)
                patience.wait(error)

    def abort(self, key: str, upload_id: str) -> None:
        """Give up an upload, if it is there."""
        try:
            abort = self._access.client.abort_multipart_upload
            self._access.request(key, lambda: abort(**self._named(key, upload_id)))
        except ClientError as error:
            if code(error) != "NoSuchUpload":
                raise

    def _settled(self, key: str, parts: Sequence[Part], error: Exception) -> str:
        """Answer the ETag of the object if it is one of the parts: somebody, perhaps we ourselves, was first."""
        try:
            found = self._reader.head(key)
        except ObjectNotFound:
            found = None
        if found and found.size == sum(part.size for part in parts) and found.etag == etag_of_parts(parts):
            return found.etag
        if status(error) == 412:
            raise ObjectExists(key) from None
        if code(error) == "NoSuchUpload":
            raise MultipartMissing(key) from None
        reason = "another write to the key was under way"
        raise StorageUnavailable(key, reason, retryable=True) from error

    def _page(self, key: str, upload_id: str, after: int, limit: int) -> dict[str, Any]:
        ask = self._access.client.list_parts
        arguments = {**self._named(key, upload_id), "PartNumberMarker": after, "MaxParts": limit}
        try:
            return self._access.request(key, lambda: dict(ask(**arguments)))
        except ClientError as error:
            if code(error) == "NoSuchUpload":
                raise MultipartMissing(key) from None
            raise

    def _named(self, key: str, upload_id: str) -> dict[str, str]:
        return {"Bucket": self._access.bucket, "Key": key, "UploadId": upload_id}


def etag_of_parts(parts: Sequence[Part]) -> str | None:
    """Answer the ETag of an object of these parts, or None where theirs are not digests, as under KMS."""
    if not all(_MD5.fullmatch(part.etag) for part in parts):
        return None
    digests = b"".join(bytes.fromhex(part.etag) for part in parts)
    return f"{md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"
