"""What archiving takes out of buckets."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib.domain.archives.documents import Member
from chalicelib.domain.document import Document
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.buckets import Buckets, Visitor
from chalicelib.stores.uploads import Uploads

COUNTED = "it can be downloaded only so often, and an archive would not count"


class LeftOut(Document):
    """A file of a bucket that is not in its archive, and why."""

    name: str
    reason: str


class Contents(NamedTuple):
    """The files of a bucket as members, and those that no archive may have."""

    members: Sequence[Member]
    left_out: Sequence[LeftOut] = ()


class ArchivedBuckets:
    """The files of buckets, for archives; those of a bucket that counts downloads are left out."""

    def __init__(self, buckets: Buckets, uploads: Uploads) -> None:
        self._buckets = buckets
        self._uploads = uploads

    def contents(self, sid: str, visitor: Visitor) -> Contents:
        """Answer what is in a bucket to somebody who may see it; raises what the bucket has against them.

        A file whose SHA-256 nobody has computed is named by the id of its upload alone, under which the bytes never
        change.
        """
        listed = self._buckets.listing(self._buckets.enter(sid, visitor))
        if listed.downloads is not None:
            return Contents([], [LeftOut(name=file.name, reason=COUNTED) for file in listed.files])
        return Contents(
            [
                Member(name=file.name, size=file.size, sha256=file.sha256, file=str(Fid.of(sid, file.file)))
                for file in listed.files
            ]
        )

    def open(self, fid: str) -> Iterator[bytes]:
        """Read a file; raises NoSuchUpload, UploadEnded and ObjectNotFound for one that is there no longer."""
        return self._uploads.read(self._uploads.info(Fid.parse(fid)))
