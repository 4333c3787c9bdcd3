"""What is written of an upload: when it begins, when it is complete, when it has gone, and what may change."""

from typing import Any, Literal

from pydantic import Field

from chalicelib.domain.document import Document
from chalicelib.domain.manifest import Publisher

Ended = Literal["terminated", "expired", "published"]


class UploadInfo(Document):
    """An upload as it begins, written once.

    `length` in bytes is absent where it is told later. `owner` is whom the token named who began it, absent where there
    was none; `publisher` and `packages` are who publishes and what they may, of a package. `concat` is `partial`, or
    the ids of the partial uploads that it is made of, whose `sizes` are beside. In a bucket of files `bucket_sha256` is
    of the key that the bucket's owner has. `as_sent` are headers that a protocol tells again to the letter; they
    are left out where what they mean tells it.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    length: int | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    owner: str | None = None
    publisher: Publisher | None = None
    packages: list[str] | None = None
    created: str
    expires: str | None = None
    concat: Literal["partial"] | list[str] | None = None
    sizes: list[int] | None = None
    bucket_sha256: str | None = None
    as_sent: dict[str, str] | None = None

    @property
    def is_partial(self) -> bool:
        """Whether the upload is only a part of others."""
        return self.concat == "partial"

    @property
    def parts(self) -> list[str] | None:
        """The ids of the uploads that it is made of, or None where it is made of its own chunks."""
        return self.concat if isinstance(self.concat, list) else None


class UploadLength(Document):
    """The length of an upload that was begun without one, written once."""

    length: int = Field(ge=0)


class Refusal(Document):
    """Why a complete upload was not published: the code, the sentence and the facts of an error."""

    code: str
    detail: str
    facts: dict[str, Any] | None = None


class UploadDone(Document):
    """An upload that is complete, written once.

    `chunks` is how many it was sent in, `job_id` the job that publishes it, `error` why none does, and `sha256` the
    digest of its bytes in hex, where it is known.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    size: int
    at: str
    chunks: int | None = None
    sha256: str | None = None
    job_id: str | None = None
    error: Refusal | None = None


class UploadEnd(Document):
    """What remains of an upload that has gone."""

    at: str
    reason: Ended


class UploadChanges(Document):
    """What may be changed of an upload, in place of what it began with; others keep their own fields here."""

    expires: str | None = None
