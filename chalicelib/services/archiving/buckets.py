"""What archiving asks of buckets: their files, and whether a caller may have them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from chalicelib.domain.access import NOBODY, Caller
from chalicelib.domain.document import Document
from chalicelib.domain.errors import NotFound


class Credentials(NamedTuple):
    """Who asks, and what they send beside to open a bucket."""

    caller: Caller = NOBODY
    password: str | None = None


class LeftOut(Document):
    """A file of a bucket that is not in its archive, and why."""

    name: str
    reason: str


class BucketFile(NamedTuple):
    """A complete file of a bucket: the id of its upload, its name and size, and its SHA-256 if somebody knows it."""

    fid: str
    name: str
    size: int
    sha256: str | None = None


class Contents(NamedTuple):
    """The files of a bucket, and those that no archive may have."""

    files: Sequence[BucketFile]
    left_out: Sequence[LeftOut] = ()


class Buckets(Protocol):
    """Groups of files."""

    def contents(self, sid: str, credentials: Credentials) -> Contents:
        """Answer the files of a bucket; raises what it has against the caller, or that there is none."""
        ...

    def check(self, sid: str, credentials: Credentials) -> None:
        """Raise what a bucket has against the caller, or that there is none."""
        ...

    def open(self, fid: str) -> Iterator[bytes]:
        """Read a file; raises ObjectNotFound, or a PrismError that says that it is gone."""
        ...


class BucketNotFound(NotFound):
    """There is no such bucket."""

    code = "bucket_not_found"
    title = "No such bucket"

    def __init__(self, sid: str) -> None:
        super().__init__(f"there is no bucket `{sid[:40]}`", bucket=sid[:40])


class NoBuckets:
    """A registry without buckets."""

    def contents(self, sid: str, credentials: Credentials) -> Contents:
        """Answer that there is none; raises BucketNotFound."""
        raise BucketNotFound(sid)

    def check(self, sid: str, credentials: Credentials) -> None:
        """Answer that there is none; raises BucketNotFound."""
        raise BucketNotFound(sid)

    def open(self, fid: str) -> Iterator[bytes]:
        """Answer that there is none; raises BucketNotFound."""
        raise BucketNotFound(fid)
