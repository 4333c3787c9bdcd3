"""What became of an object that a client dropped into the bucket."""

from typing import Any, Literal

from chalicelib.domain.document import Document


class Verdict(Document):
    """The end of one upload: published as a version, or refused with a code and a sentence.

    `etag` is that of the object the verdict is about; another object under the same id is another upload.
    """

    status: Literal["published", "refused"]
    upload_id: str
    etag: str
    at: str
    name: str | None = None
    version: str | None = None
    integrity: str | None = None
    code: str | None = None
    detail: str | None = None
    facts: dict[str, Any] | None = None
