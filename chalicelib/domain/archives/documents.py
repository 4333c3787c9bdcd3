"""What is in an archive, and the id that follows from it."""

import hashlib
import re
from collections.abc import Iterable
from typing import Final, Literal

from chalicelib.domain.archives.names import unlike
from chalicelib.domain.buckets.filenames import safe_filename
from chalicelib.domain.document import Document, compact_json
from chalicelib.domain.names import PackageName

ArchiveFormat = Literal["zip", "tar.gz"]

FORMATS: Final[dict[ArchiveFormat, tuple[str, str]]] = {
    "zip": ("zip", "application/zip"),
    "tar.gz": ("tgz", "application/gzip"),
}
"""What keys end with, and the content type, of each format."""

WRITER: Final = 2
"""Of the code that makes bytes of members; a new number gives every archive a new id."""

_ID: Final = re.compile(r"[0-9a-f]{64}")


class Member(Document):
    """Something in an archive: its `name` there, its size, and whence it is.

    That is a `package` with its `version`, or a `file` of a bucket, named by the id of its upload. What the bytes are
    is told by their `sha256`, and where nobody has computed that by the id of the upload, under which they never
    change.
    """

    name: str
    size: int
    sha256: str | None = None
    package: str | None = None
    version: str | None = None
    file: str | None = None

    @property
    def of(self) -> str:
        """Whence it is: a version, or the id of an upload."""
        return f"{self.package}@{self.version}" if self.package else self.file or ""


class Archive(Document):
    """An archive before and after it is made: `members` in the order they have in it."""

    id: str
    format: ArchiveFormat
    members: list[Member]
    bucket: str | None = None

    @property
    def packages(self) -> list[PackageName]:
        """The packages that versions in it are of."""
        return [PackageName(name) for name in sorted({each.package for each in self.members if each.package})]

    @property
    def size(self) -> int:
        """How many bytes its members have."""
        return sum(each.size for each in self.members)

    @property
    def filename(self) -> str:
        """What it is called where it is downloaded."""
        packages = self.packages
        if self.bucket is not None:
            stem = self.bucket
        elif len(packages) == 1:
            stem = packages[0].flat
        else:
            stem = f"packages-{self.id[:8]}"
        return f"{stem}.{self.format}"


def is_archive_id(text: str) -> bool:
    """Tell whether a text can be the id of an archive, and so part of a key."""
    return _ID.fullmatch(text) is not None


def archive_of(members: Iterable[Member], kind: ArchiveFormat, *, bucket: str | None = None) -> Archive:
    """Answer the archive of members, under names that are safe and unlike each other, in their order.

    The id is made of the format, and of the name, the size, the digest and the source of each member, so it is the
    same whoever asks in whatever order; members from other places, who may be others' to see, make another one.
    """
    # Of equal names the order is that of their sources, so that the same one is numbered whoever asks.
    named = sorted(
        (each.model_copy(update={"name": safe_filename(each.name)}) for each in members), key=_place
    )
    names = unlike(each.name for each in named)
    final = [each.model_copy(update={"name": name}) for each, name in zip(named, names, strict=True)]
    final.sort(key=lambda each: each.name)
    return Archive(id=_digest(final, kind, bucket), format=kind, members=final, bucket=bucket)


def _place(member: Member) -> tuple[str, ...]:
    return member.name, member.package or "", member.version or "", member.file or ""


def _digest(members: Iterable[Member], kind: ArchiveFormat, bucket: str | None) -> str:
    told = [[each.name, each.size, each.sha256, each.package, each.version, each.file] for each in members]
    return hashlib.sha256(compact_json([WRITER, kind, bucket, told])).hexdigest()
