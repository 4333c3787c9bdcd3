"""Archives: many packages, or the files of a bucket, downloaded as one.

What a bucket lets be seen needs no token, as its link needs none; packages need a token that may read all of them.
"""

from typing import Final, Literal

from pydantic import ConfigDict, Field

from chalicelib.api.guard import admitted, check_packages
from chalicelib.api.queries import Payload
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.api.send.visitors import passing, visitor_of
from chalicelib.api.stored import Stored, stored_answer
from chalicelib.container import container
from chalicelib.domain.access import AuthenticationRequired, Forbidden
from chalicelib.domain.archives.documents import FORMATS, Archive, ArchiveFormat
from chalicelib.domain.archives.errors import (
    ArchiveFailed,
    ArchiveMemberGone,
    ArchiveNotFound,
    ArchiveTooLarge,
    EmptyArchive,
)
from chalicelib.domain.buckets.errors import BucketExpired, BucketNotFound, PasswordRequired, PasswordWrong
from chalicelib.domain.document import Document
from chalicelib.domain.errors import (
    InvalidName,
    InvalidPayload,
    InvalidRange,
    InvalidSpec,
    PackageNotFound,
    TooManySpecs,
    VersionNotFound,
)
from chalicelib.domain.specs import PackageSpec
from chalicelib.domain.times import timestamp
from chalicelib.services.archiving import Ordered, Standing
from chalicelib.services.archiving.buckets import LeftOut
from chalicelib.storage.disposition import content_disposition

routes = Routes(tag="archives")

MAX_SPECS: Final = 1_000
"""A head is read for each package and a manifest for each version, and a gateway gives up after 29 seconds."""
ASK_AGAIN_AFTER: Final = {"Retry-After": "2"}
REVALIDATED: Final = "private, no-cache"
"""Asked again each time, whether everything in it may still be had."""
CLOSED: Final = (BucketNotFound, BucketExpired, PasswordRequired, PasswordWrong)
REFUSED: Final = (AuthenticationRequired, Forbidden)


class ArchivePayload(Payload):
    """What to put into an archive: versions that `specs` pick, or a bucket's files. Misspelt fields are refused."""

    model_config = ConfigDict(extra="forbid")

    specs: list[str] | None = None
    bucket: str | None = Field(default=None, min_length=1, max_length=64)
    format: ArchiveFormat = "zip"

    def wanted(self) -> list[PackageSpec]:
        """Answer the specs; raises EmptyArchive, TooManySpecs, InvalidSpec, InvalidName and InvalidRange."""
        if not self.specs:
            raise EmptyArchive
        if len(self.specs) > MAX_SPECS:
            raise TooManySpecs("specs", MAX_SPECS, len(self.specs))
        return [PackageSpec.parse(text) for text in self.specs]


class ArchiveJob(Document):
    """The job that makes an archive, and where those who may publish are told of it."""

    id: str
    url: str


class ArchiveView(Document):
    """An archive: `size` is what its `members` have in bytes, `length` what it has itself once it is ready.

    It is downloaded from `url`, until `expiresAt`; until it is ready, that tells so. Names and reasons of files that a
    bucket has and that are not in it are `leftOut`.
    """

    id: str
    state: Literal["ready", "queued", "running"]
    format: ArchiveFormat
    filename: str
    url: str
    members: int
    size: int
    length: int | None = None
    expires_at: str | None = None
    job: ArchiveJob | None = None
    left_out: list[LeftOut] | None = None


@routes.post(
    "/v1/archives",
    summary="Ask for an archive",
    body=ArchivePayload,
    answers={200: ArchiveView, 202: ArchiveView},
    scope=None,
    cross_origin=True,
    raises=(
        *CLOSED,
        *REFUSED,
        ArchiveFailed,
        ArchiveTooLarge,
        EmptyArchive,
        InvalidName,
        InvalidPayload,
        InvalidRange,
        InvalidSpec,
        PackageNotFound,
        TooManySpecs,
        VersionNotFound,
    ),
)
def order(request: Request) -> Answer:
    """Ask for an archive of up to 1,000 packages, or of the files of a bucket; it is made once, by a job.

    200 says that it is ready, and 202 that the job is at it; `Retry-After` says in how many seconds to ask again. Equal
    members in the same format are the same archive, whoever asks. A bucket with a password asks for it here too.
    """
    payload = request.body_as(ArchivePayload)
    if payload.bucket is None:
        return _told(request, _of_packages(admitted(request, "read"), payload).standing)
    if payload.specs is not None:
        raise InvalidPayload("name either `specs` or a `bucket`, not both")
    visitor = visitor_of(request, payload.bucket)
    ordered = container().archiving.of_bucket(payload.bucket, payload.format, visitor)
    return _told(request, ordered.standing, left_out=ordered.left_out)


def _of_packages(request: Request, payload: ArchivePayload) -> Ordered:
    specs = payload.wanted()
    check_packages(request.caller, (spec.name for spec in specs), "read")
    return container().archiving.of_packages(specs, payload.format)


@routes.get(
    "/v1/archives/{id}",
    summary="Download an archive",
    gives=tuple(content_type for _, content_type in FORMATS.values()),
    answers={200: None, 202: ArchiveView, 206: None, 302: None},
    raises=(*CLOSED, *REFUSED, ArchiveFailed, ArchiveMemberGone, ArchiveNotFound),
    scope=None,
)
def download(request: Request) -> Answer:
    """Download an archive, or be sent to where it is; ranges work, so that a download can be resumed.

    202 says that it is being made, and `Retry-After` in how many seconds to ask again.
    """
    archive = container().archiving.description(request.params["id"])
    if archive is None or archive.bucket is None:
        request = admitted(request, "read")
    if archive is None:
        raise ArchiveNotFound(request.params["id"])
    visitor = visitor_of(request, archive.bucket or "")
    standing = container().archiving.of(archive, visitor, request.caller.packages)
    return _told(request, standing) if standing.info is None else archive_answer(request, standing)


def archive_answer(request: Request, standing: Standing) -> Answer:
    """Answer an archive that is there: a redirect to the medium, or its bytes, or the range asked for."""
    archive, info, archiving = standing.archive, standing.info, container().archiving
    assert info is not None, "it is there"
    stored = Stored(
        size=info.size,
        etag=info.etag,
        content_type=FORMATS[archive.format][1],
        url=lambda: archiving.url(archive),
        read=lambda start, stop: archiving.open(archive, start, stop),
        headers={"Content-Disposition": content_disposition(archive.filename)},
    )
    return stored_answer(request, stored, cache=REVALIDATED)


def _told(request: Request, standing: Standing, *, left_out: list[LeftOut] | None = None) -> Answer:
    """Answer how things stand with an archive (200, or 202 while it is being made)."""
    archive, info, job = standing.archive, standing.info, standing.job
    url = f"{request.origin}/v1/archives/{archive.id}{_pass(archive)}"
    view = ArchiveView(
        id=archive.id,
        state="ready" if info else "running" if job and job.state == "running" else "queued",
        format=archive.format,
        filename=archive.filename,
        url=url,
        members=len(archive.members),
        size=archive.size,
        length=info.size if info else None,
        expires_at=timestamp(standing.expires) if standing.expires else None,
        job=ArchiveJob(id=job.id, url=f"{request.origin}/v1/jobs/{job.id}") if job else None,
        left_out=left_out or None,
    )
    if info is not None:
        return json_answer(view, cache=NO_STORE)
    return json_answer(view, status=202, cache=NO_STORE, headers={"Location": url, **ASK_AGAIN_AFTER})


def _pass(archive: Archive) -> str:
    """Answer what an address needs beside where a bucket has a password, for somebody who was let in."""
    if archive.bucket is None:
        return ""
    buckets = container().buckets
    return passing(buckets.pass_to(buckets.find(archive.bucket)))
