"""Archiving: many tarballs, or the files of a bucket, to be downloaded as one.

What is to be in an archive decides its id. The first who asks for it queues the job that makes it, once; everybody who
asks then, and until it is kept no longer, is told of the same one. Only those may have it who may see all that is in
it, as it is when they ask.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

from chalicelib.domain.archives.documents import Archive, ArchiveFormat, Member, archive_of
from chalicelib.domain.archives.errors import (
    ArchiveFailed,
    ArchiveMemberGone,
    ArchiveNotFound,
    ArchiveTooLarge,
    EmptyArchive,
)
from chalicelib.domain.errors import Busy, InvalidSpec, PackageNotFound, VersionNotFound
from chalicelib.domain.executions.errors import UnreadableRecords
from chalicelib.domain.executions.records import Job
from chalicelib.domain.head import View
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns
from chalicelib.domain.picking import current, pick_version
from chalicelib.domain.specs import PackageSpec
from chalicelib.domain.times import milliseconds
from chalicelib.services.archiving.buckets import ArchivedBuckets, Contents, LeftOut
from chalicelib.services.buckets import Visitor
from chalicelib.storage.parallel import in_parallel
from chalicelib.storage.port import ObjectInfo, ObjectNotFound, StorageError
from chalicelib.stores.archives import Archives
from chalicelib.stores.executions import Executions
from chalicelib.stores.heads import Heads
from chalicelib.stores.manifests import Manifests

__all__ = ["Archiving", "Ordered", "Standing"]

ARCHIVE: Final = "archive"
"""The type of the jobs that make archives, and what their ids begin with."""

PARALLEL_READS: Final = 16
MAX_MEMBERS: Final = 20_000
AT_ONCE_BYTES: Final = 4 << 20
AT_ONCE_MEMBERS: Final = 50
"""What is made while its requester waits: no more bytes and no more members than that."""


class Standing(NamedTuple):
    """How things stand with an archive: it is there, until when, or there is the job that makes it."""

    archive: Archive
    info: ObjectInfo | None
    job: Job | None
    expires: datetime | None = None


class Ordered(NamedTuple):
    """An archive that was asked for, and what of a bucket is not in it."""

    standing: Standing
    left_out: list[LeftOut]


class Archiving:
    """Answers archives; `work` brings a job to its end here and now, `announce` tells a worker of one that waits."""

    def __init__(
        self,
        archives: Archives,
        executions: Executions,
        heads: Heads,
        manifests: Manifests,
        buckets: ArchivedBuckets,
        *,
        work: Callable[[str], Job],
        announce: Callable[[str], None],
        limit: int,
        now: Callable[[], datetime],
    ) -> None:
        self._archives = archives
        self._executions = executions
        self._heads = heads
        self._manifests = manifests
        self._buckets = buckets
        self._work = work
        self._announce = announce
        self._limit = limit
        self._now = now

    def of_packages(self, specs: Sequence[PackageSpec], kind: ArchiveFormat) -> Ordered:
        """Answer the archive of the versions that specs pick, each of them once; queues the job that makes it.

        Reads a head for each package, and a manifest for each version. Raises EmptyArchive, ArchiveTooLarge,
        InvalidSpec, PackageNotFound and VersionNotFound.
        """
        for spec in specs:
            if spec.subpath != ".":
                raise InvalidSpec(
                    f"`{spec.name}` is asked for with the path `{spec.subpath}`; archives hold whole packages"
                )
        names = sorted({spec.name for spec in specs})
        views = dict(zip(names, in_parallel(self._view, names, most=PARALLEL_READS), strict=True))
        picked = sorted({(spec.name, _picked(spec, views[spec.name])) for spec in specs})
        members = in_parallel(lambda of: self._member(*of), picked, most=PARALLEL_READS)
        return Ordered(self._order(members, kind), [])

    def of_bucket(self, sid: str, kind: ArchiveFormat, visitor: Visitor) -> Ordered:
        """Answer the archive of the files of a bucket, but for those that may be downloaded so many times only.

        Raises EmptyArchive, ArchiveTooLarge, and what the bucket has against the visitor.
        """
        contents = self._buckets.contents(sid, visitor)
        if not contents.members:
            raise EmptyArchive(_nothing_in(contents))
        return Ordered(self._order(contents.members, kind, bucket=sid), list(contents.left_out))

    def description(self, archive_id: str) -> Archive | None:
        """Answer what is in an archive that somebody asked for, whether or not it is there, or None."""
        return self._archives.description(archive_id)

    def of(self, archive: Archive, visitor: Visitor, packages: PackagePatterns = EVERY_PACKAGE) -> Standing:
        """Answer how things stand with an archive; costs a read for each package, and a few for each file, in it.

        Raises ArchiveNotFound where a package in it is not the caller's to see, ArchiveMemberGone where something in it
        is there no longer, ArchiveFailed, and what a bucket has against the visitor.
        """
        if not all(map(packages.match, archive.packages)):
            raise ArchiveNotFound(archive.id)
        self._check_members(archive, visitor)
        return self._standing(archive) or self._pending(archive)

    def url(self, archive: Archive) -> str | None:
        """Answer a URL that downloads an archive from the medium itself, or None."""
        return self._archives.url(archive)

    def open(self, archive: Archive, start: int, end: int) -> Iterator[bytes]:
        """Read the slice of an archive; raises ArchiveNotFound where it is there no longer."""
        try:
            return self._archives.open(archive, start, end)
        except ObjectNotFound:
            raise ArchiveNotFound(archive.id) from None

    def _view(self, name: PackageName) -> View | None:
        head = self._heads.get(name)
        return head.view if head else None

    def _member(self, name: PackageName, version: str) -> Member:
        stored = self._manifests.get(name, version)
        if stored is None:
            raise VersionNotFound(name, version)
        dist = stored.manifest.dist
        return Member(
            name=name.packed(version),
            size=dist.size,
            sha256=dist.sha256,
            package=name,
            version=version,
        )

    def _order(
        self, members: Sequence[Member], kind: ArchiveFormat, *, bucket: str | None = None
    ) -> Standing:
        if not members:
            raise EmptyArchive
        if len(members) > MAX_MEMBERS:
            raise ArchiveTooLarge("members", MAX_MEMBERS, len(members))
        archive = archive_of(members, kind, bucket=bucket)
        if archive.size > self._limit:
            raise ArchiveTooLarge("bytes", self._limit, archive.size)
        return self._standing(archive) or self._queued(archive)

    def _standing(self, archive: Archive) -> Standing | None:
        info = self._archives.find(archive)
        return Standing(archive, info, None, self._archives.expires(info)) if info else None

    def _queued(self, archive: Archive) -> Standing:
        """Answer an archive with its job, queued unless it is; a small one is made at once."""
        stored = self._job(archive)
        if stored is not None and stored.is_open:
            return Standing(archive, None, stored)
        self._archives.describe(archive)
        job = self._stored(_anew(archive, stored, self._now()))
        if archive.size <= AT_ONCE_BYTES and len(archive.members) <= AT_ONCE_MEMBERS:
            return self._made(archive, job)
        self._announce(job.id)
        return Standing(archive, None, job)

    def _made(self, archive: Archive, job: Job) -> Standing:
        with suppress(Exception):
            # Whatever keeps it from its end now, it is queued, and the next worker tells.
            job = self._work(job.id)
        standing = self._standing(archive)
        if standing is None and job.is_open:
            self._announce(job.id)
        return standing or self._told(archive, job)

    def _stored(self, job: Job) -> Job:
        """Queue a job, unless another worker has taken up the same one meanwhile; answers the one there is.

        One that somebody else has queued in this moment is written over by its like, so that no listing has both.
        """

        def check() -> None:
            theirs = self._executions.retrieve_job(job.id)
            if theirs is not None and theirs.state == "running":
                raise _Joined

        try:
            self._executions.store_job(job, check=check)
        except (_Joined, Busy):
            theirs = self._executions.retrieve_job(job.id)
            assert theirs is not None, "somebody else has just written it"
            return theirs
        return job

    def _pending(self, archive: Archive) -> Standing:
        """Answer an archive that is to be made; raises ArchiveFailed, and ArchiveNotFound where nobody does it."""
        job = self._job(archive)
        if job is None:
            raise ArchiveNotFound(archive.id)
        # It may have come to its end since the archive was looked for.
        return self._standing(archive) or self._told(archive, job)

    def _told(self, archive: Archive, job: Job) -> Standing:
        if job.is_open:
            return Standing(archive, None, job)
        if job.error is None:
            raise ArchiveNotFound(archive.id)
        raise ArchiveFailed(
            archive.id, job.id, reason=job.error.code or "internal_error", message=job.error.message
        )

    def _job(self, archive: Archive) -> Job | None:
        try:
            return self._executions.retrieve_job(job_of(archive.id))
        except UnreadableRecords:
            return None

    def _check_members(self, archive: Archive, visitor: Visitor) -> None:
        """Make sure that everything in an archive can still be had; removes one of which it cannot."""
        there = self._versions(archive.packages)
        if archive.bucket is not None:
            there |= {each.of for each in self._buckets.contents(archive.bucket, visitor).members}
        for each in archive.members:
            if each.of not in there:
                with suppress(StorageError):
                    self._archives.remove(archive)
                raise ArchiveMemberGone(archive.id, each.name)

    def _versions(self, names: Sequence[PackageName]) -> set[str]:
        """Answer the versions of packages that can be seen."""
        views = in_parallel(self._view, names, most=PARALLEL_READS)
        return {
            f"{name}@{version}"
            for name, view in zip(names, views, strict=True)
            if view
            for version in view.versions
        }


class _Joined(Exception):
    """Another worker has taken up the job."""


def job_of(archive_id: str) -> str:
    """Answer the id of the job that makes an archive."""
    return f"{ARCHIVE}-{archive_id}"


def _anew(archive: Archive, stored: Job | None, now: datetime) -> Job:
    """Answer the job that makes an archive as it begins, for the first time or again after its end."""
    return Job(
        id=job_of(archive.id),
        type=ARCHIVE,
        started_at=milliseconds(now),
        digest=archive.id,
        size=archive.size,
        attempts=0,
        replays=(stored.replays or 0) + 1 if stored else None,
        replay_from="build" if stored else None,
    )


def _picked(spec: PackageSpec, view: View | None) -> str:
    if view is None or not view.versions:
        raise PackageNotFound(spec.name)
    version = pick_version(view.versions, view.tags, spec.kind, spec.wanted)
    if version is None:
        raise VersionNotFound(spec.name, spec.wanted, latest=current(view.versions, view.tags))
    return version


def _nothing_in(contents: Contents) -> str:
    if contents.left_out:
        return "all files of the bucket can be downloaded only so often; download them one by one"
    return "the bucket has no complete file; wait until its uploads are complete"
