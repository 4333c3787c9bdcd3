"""What is asked for when a bucket is made or changed, and what is told."""

from typing import Literal, NamedTuple

from chalicelib.domain.buckets.documents import USUAL_SECONDS, BucketTerms
from chalicelib.domain.document import Document
from chalicelib.domain.uploads.ids import Fid
from chalicelib.stores.uploads import State


class NewBucket(NamedTuple):
    """A wish for a bucket; `retention` in seconds, and no `downloads` for any number of them."""

    retention: int = USUAL_SECONDS
    downloads: int | None = None
    password: str | None = None
    comment: str | None = None
    max_file_bytes: int | None = None
    max_bucket_bytes: int | None = None


class Change(NamedTuple):
    """What is to be another way: None leaves it, and an empty `password` takes it away; `retention` begins now."""

    retention: int | None = None
    locked: bool | None = None
    password: str | None = None
    comment: str | None = None


class Visitor(NamedTuple):
    """What somebody shows at the door of a bucket: its password, or a pass that was given for it."""

    password: str | None = None
    passes: tuple[str, ...] = ()


class BucketMade(BucketTerms):
    """A new bucket; `owner_key` is told here and never again."""

    url: str
    owner_key: str


class BucketFile(Document):
    """A complete file of a bucket; `left` is how often it may still be downloaded, absent for any number of times."""

    file: str
    name: str
    size: int
    type: str
    created: str
    sha256: str | None = None
    left: int | None = None
    url: str | None = None


class BucketListing(BucketTerms):
    """A bucket and its files, the oldest first; a `protected` one has a password."""

    url: str | None = None
    seconds_left: int
    protected: Literal[True] | None = None
    files: list[BucketFile]
    size: int


class Found(NamedTuple):
    """A file of a bucket that may be downloaded: what it is, and how often it may be, if that is limited."""

    state: State
    name: str
    type: str
    size: int
    etag: str
    limit: int | None = None

    @property
    def fid(self) -> Fid:
        """Its id."""
        return self.state.fid
