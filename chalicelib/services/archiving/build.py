"""Build: read the members one after the other, and write the archive, which is there whole or not at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.domain.archives.documents import Archive, Member
from chalicelib.domain.archives.errors import ArchiveMemberGone, ArchiveNotFound
from chalicelib.domain.archives.tars import gzipped, tarred
from chalicelib.domain.archives.zips import Entry, zipped
from chalicelib.domain.errors import NotFound
from chalicelib.services.archiving.buckets import ArchivedBuckets
from chalicelib.services.archiving.reading import OtherBytes, entries, work_of
from chalicelib.services.executing import Finished, Watch
from chalicelib.storage.port import ObjectNotFound
from chalicelib.stores.archives import Archives
from chalicelib.stores.artifacts import Artifacts

name: Final = "build"


@dataclass
class Work:
    """An archive that is to be made."""

    archive_id: str
    archives: Archives
    artifacts: Artifacts
    buckets: ArchivedBuckets


def given(work: Work) -> Any:
    """Answer the archive's id, which tells everything that is in it."""
    return {"archive": work.archive_id}


def execute(work: Work, watch: Watch) -> Finished:
    """Write the archive; raises ArchiveMemberGone, and ArchiveNotFound for one that nobody wants any more."""
    archive = work.archives.description(work.archive_id)
    if archive is None:
        raise ArchiveNotFound(work.archive_id)
    facts = {"members": len(archive.members), "size": archive.size}
    if work.archives.find(archive) is None:
        work.archives.write(archive, _bytes(work, archive, watch))
    return Finished(facts)


def restore(work: Work, outputs: Mapping[str, Any]) -> bool:
    """Tell whether the archive is still there."""
    archive = work.archives.description(work.archive_id)
    return archive is not None and work.archives.find(archive) is not None


def _bytes(work: Work, archive: Archive, watch: Watch) -> Iterator[bytes]:
    is_zip = archive.format == "zip"
    total, done = work_of(archive.members, summed=is_zip), 0

    def tell(size: int) -> None:
        nonlocal done
        done += size
        watch.tell(done, total, "bytes")

    def read(member: Member) -> Iterator[bytes]:
        try:
            yield from _open(work, member)
        except (NotFound, ObjectNotFound):
            raise ArchiveMemberGone(archive.id, member.name) from None

    members = entries(archive.members, read, tell, summed=is_zip)
    try:
        yield from _written(archive, members)
    except OtherBytes as error:
        raise ArchiveMemberGone(archive.id, error.member.name) from None


def _written(archive: Archive, members: Iterator[Entry]) -> Iterator[bytes]:
    if archive.format == "zip":
        return zipped(members)
    # Tarballs are compressed already.
    return gzipped(tarred(members), compress=archive.bucket is not None)


def _open(work: Work, member: Member) -> Iterator[bytes]:
    if member.package is not None and member.version is not None:
        return work.artifacts.open_tarball(member.package, member.version)
    assert member.file is not None, "a member is a version or a file"
    return work.buckets.open(member.file)
