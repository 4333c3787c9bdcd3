"""What can go wrong with uploads.

NotFound
├── UploadNotFound
│   └── NoSuchUpload            nothing is known by this id
└── UploadGone
    └── UploadEnded             it was terminated, or has expired
Conflict
├── UploadOffsetConflict        the bytes are not the next ones; nothing was written
└── UploadUnfinished            it cannot be read yet
TooLarge
└── UploadTooLarge
    └── TooManyBytes            for one upload, or for one request; tells what to send at once
InvalidRequest
├── InvalidUpload               a length or a metadata value that makes no sense
│   └── OtherLength             the length was told before, and was another one
├── AppendTooSmall
├── ChecksumMismatch  UnsupportedChecksum
├── InvalidConcatenation
└── UploadComplete              there is nothing to add
    └── FinalUpload             made of others, so nobody adds to it
TooManyUploads                  the owner has too many that are not finished
"""

from collections.abc import Iterable
from typing import Final

from chalicelib.domain.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    PrismError,
    UploadGone,
    UploadNotFound,
    UploadTooLarge,
)

SHOWN: Final = 80


class NoSuchUpload(UploadNotFound):
    """No upload has this id, or it is not the caller's."""

    def __init__(self, upload: str) -> None:
        NotFound.__init__(
            self,
            f"no upload `{upload[:SHOWN]}` is known here; begin another with `POST /v1/uploads`",
            upload=upload[:SHOWN],
        )


class UploadEnded(UploadGone):
    """The upload was terminated, or has expired."""

    def __init__(self, upload: str, reason: str) -> None:
        NotFound.__init__(
            self, f"the upload `{upload}` was {reason}, and its bytes are gone", upload=upload, reason=reason
        )


class UploadOffsetConflict(Conflict):
    """The bytes do not begin where the upload ends; nothing was written."""

    code = "upload_offset_conflict"
    title = "The offset is another one"

    def __init__(self, upload: str, sent: int, offset: int) -> None:
        super().__init__(
            f"the bytes begin at {sent}, and the upload `{upload}` has {offset}; ask for its offset and go on there",
            upload=upload,
            sent=sent,
            offset=offset,
        )


class UploadUnfinished(Conflict):
    """The upload cannot be read before all of its bytes are there."""

    code = "upload_unfinished"
    title = "The upload is not finished"

    def __init__(self, upload: str, offset: int, length: int | None) -> None:
        whole = f"of {length} bytes" if length is not None else "bytes of unknown many"
        super().__init__(
            f"the upload `{upload}` has {offset} {whole}; send the others first",
            upload=upload,
            offset=offset,
            length=length,
        )


class TooManyBytes(UploadTooLarge):
    """An upload, or what is sent of it at once, is larger than the limit; tells what to send at once."""

    def __init__(self, what: str, size: int, limit: int, chunk_size: int) -> None:
        PrismError.__init__(
            self,
            f"{what} has {size} bytes and at most {limit} are taken; send chunks of at most {chunk_size} bytes",
            limit=limit,
            size=size,
            chunk_size=chunk_size,
        )


class TooManyChunks(UploadTooLarge):
    """An upload was sent in more pieces than one may have."""

    def __init__(self, limit: int, chunk_size: int) -> None:
        PrismError.__init__(
            self,
            f"an upload is sent in at most {limit} chunks; begin another, and send chunks of up to {chunk_size} bytes",
            limit=limit,
            chunk_size=chunk_size,
        )


class InvalidUpload(InvalidRequest):
    """A length or a metadata value makes no sense."""

    code = "invalid_upload"
    title = "The upload is not valid"


class OtherLength(InvalidUpload):
    """The length of the upload was told before, and was another one."""

    def __init__(self, upload: str, length: int) -> None:
        super().__init__(
            f"the upload `{upload}` is to have {length} bytes, and no other number", length=length
        )


class AppendTooSmall(InvalidRequest):
    """A chunk that is not the last one is smaller than chunks have to be."""

    code = "upload_append_too_small"
    title = "The chunk is too small"

    def __init__(self, size: int, least: int, chunk_size: int) -> None:
        super().__init__(
            f"the chunk has {size} bytes, and all but the last one have at least {least}; send up to {chunk_size}",
            size=size,
            limit=least,
            chunk_size=chunk_size,
        )


class ChecksumMismatch(InvalidRequest):
    """The bytes of a chunk do not have the checksum that came with them; they were not kept."""

    code = "checksum_mismatch"
    title = "The checksum does not match"

    def __init__(self, algorithm: str, declared: str, actual: str) -> None:
        super().__init__(
            f"the {algorithm} declared is `{declared}` and the bytes received have `{actual}`; send them again",
            algorithm=algorithm,
            declared=declared,
            actual=actual,
        )


class UnsupportedChecksum(InvalidRequest):
    """A checksum is of an algorithm that is not known here, or is none."""

    code = "unsupported_checksum"
    title = "The checksum is not supported"

    def __init__(self, sent: str, supported: Iterable[str]) -> None:
        known = list(supported)
        super().__init__(
            f"`{sent[:SHOWN]}` is no checksum that is known; send one of {', '.join(known)} and the digest in base64",
            supported=known,
        )


class InvalidConcatenation(InvalidRequest):
    """The uploads that another one is to be made of cannot be joined."""

    code = "invalid_concatenation"
    title = "The uploads cannot be joined"


class UploadComplete(InvalidRequest):
    """The upload has all of its bytes, so there is nothing to add."""

    code = "upload_complete"
    title = "The upload is complete"

    def __init__(self, upload: str) -> None:
        super().__init__(f"the upload `{upload}` has all of its bytes; begin another for more", upload=upload)


class FinalUpload(UploadComplete):
    """The upload is made of others, so nobody adds to it."""

    def __init__(self, upload: str) -> None:
        InvalidRequest.__init__(
            self, f"the upload `{upload}` is made of others, and nothing can be added to it", upload=upload
        )


class TooManyUploads(PrismError):
    """The owner has too many uploads that are not finished."""

    code = "too_many_uploads"
    title = "Too many unfinished uploads"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} uploads are not finished, which is as many as one owner may have; finish or delete some, or wait "
            "until they expire",
            limit=limit,
        )
