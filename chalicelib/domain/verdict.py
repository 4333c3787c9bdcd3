"""What became of an object that a client dropped into the bucket."""

from typing import Any, Literal

from chalicelib.domain.document import Document

FINAL = frozenset({"published", "refused"})


class Verdict(Document):
    """What became of one upload: published as a version, or refused with a code and a sentence.

    `failing` is no end: the last of so many `attempts` failed for a reason of the registry's own, and it will be tried
    again. `job_id` is the job that published it, or failed to. `pending` is told and never stored: nobody has got to
    the upload yet. `etag` is that of the object the verdict is about; another object under the same id is another
    upload.
    """

    status: Literal["pending", "failing", "published", "refused"]
    upload_id: str
    etag: str
    at: str
    name: str | None = None
    version: str | None = None
    integrity: str | None = None
    code: str | None = None
    detail: str | None = None
    facts: dict[str, Any] | None = None
    attempts: int | None = None
    job_id: str | None = None

    @property
    def package(self) -> str | None:
        """The package that the upload was of, as far as its publishing came or its failure tells."""
        name = self.name or (self.facts or {}).get("name")
        return name if isinstance(name, str) else None

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to the upload."""
        return self.status in FINAL
