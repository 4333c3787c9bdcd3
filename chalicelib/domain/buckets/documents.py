"""What is written of a bucket of files, and of the downloads of a file that may be downloaded only so often."""

from datetime import timedelta
from typing import Final, Literal

from pydantic import Field

from chalicelib.domain.document import Document

MOST_SECONDS: Final = int(timedelta(days=75).total_seconds())
"""How long after it was made a bucket is kept at most, however often that is put off; a lifecycle rule counts on it."""
USUAL_SECONDS: Final = int(timedelta(days=7).total_seconds())
LEAST_SECONDS: Final = 60
MOST_DOWNLOADS: Final = 10_000
MOST_FILES: Final = 1_000


class BucketTerms(Document):
    """What may be told of a bucket; `downloads` is how often each file may be downloaded, absent for no limit."""

    sid: str
    created: str
    expires: str
    downloads: int | None = None
    locked: Literal[True] | None = None
    comment: str | None = None
    max_file_bytes: int | None = None
    max_bucket_bytes: int | None = None


class BucketRecord(BucketTerms):
    """A bucket as it is kept.

    `owner_sha256` is of the owner's key, `creator` the name of the token that made it, `password` what Argon2id made of
    the password, and `secret` signs passes, so that another password makes them worthless.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    owner_sha256: str = Field(repr=False)
    creator: str | None = None
    password: str | None = Field(default=None, repr=False)
    secret: str = Field(repr=False)

    def terms(self) -> BucketTerms:
        """Answer what may be told."""
        return BucketTerms(**{name: getattr(self, name) for name in BucketTerms.model_fields})


class Hold(Document):
    """A download that runs; it counts as dead when it was not renewed by `until`."""

    id: str
    until: str


class Slots(Document):
    """How often a file was downloaded whole, when for the last time, and which downloads run."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    spent: int = 0
    last: str | None = None
    holds: list[Hold] = Field(default_factory=list)

    def living(self, now: str) -> list[Hold]:
        """Answer the downloads that run at a moment."""
        return [hold for hold in self.holds if hold.until > now]
