"""Buckets of files: making, listing, changing and removing them."""

from urllib.parse import quote

from pydantic import Field

from chalicelib.api.queries import Payload
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer, no_content
from chalicelib.api.send.visitors import owner_of, passing, visitor_of
from chalicelib.container import container
from chalicelib.domain.buckets.documents import (
    LEAST_SECONDS,
    MOST_DOWNLOADS,
    MOST_SECONDS,
    USUAL_SECONDS,
    BucketRecord,
    BucketTerms,
)
from chalicelib.domain.buckets.errors import (
    BucketExpired,
    BucketNotFound,
    NotTheOwner,
    PasswordRequired,
    PasswordWrong,
)
from chalicelib.domain.errors import Busy, InvalidPayload
from chalicelib.domain.uploads.errors import InvalidUpload, NoSuchUpload, UploadEnded
from chalicelib.services.buckets.values import BucketListing, BucketMade, Change, NewBucket

routes = Routes(tag="buckets")

UNKNOWN = (BucketNotFound, BucketExpired)


class BucketPayload(Payload):
    """A wish for a bucket: for how many seconds it is kept, and how often each file may be downloaded."""

    retention: int = Field(default=USUAL_SECONDS, ge=LEAST_SECONDS, le=MOST_SECONDS)
    downloads: int | None = Field(default=None, ge=1, le=MOST_DOWNLOADS)
    password: str | None = Field(default=None, min_length=1, max_length=1_000)
    max_file_bytes: int | None = Field(default=None, ge=1)
    max_bucket_bytes: int | None = Field(default=None, ge=1)
    comment: str | None = Field(default=None, max_length=1_000)


class BucketChange(Payload):
    """What is to be another way; `retention` begins now, and an empty password or comment takes it away."""

    retention: int | None = Field(default=None, ge=LEAST_SECONDS, le=MOST_SECONDS)
    locked: bool | None = None
    password: str | None = Field(default=None, max_length=1_000)
    comment: str | None = Field(default=None, max_length=1_000)


@routes.post(
    "/v1/buckets",
    summary="Make a bucket of files",
    body=BucketPayload,
    answers={201: BucketMade},
    raises=(InvalidPayload,),
)
def make(request: Request) -> Answer:
    """Make a bucket; its owner's key is in this answer and told never again. Files come by `/v1/uploads`."""
    wanted = NewBucket(**request.body_as(BucketPayload).model_dump())
    made = container().buckets.make(wanted, request.caller, base=request.origin)
    return json_answer(made, status=201, cache=NO_STORE)


@routes.get(
    "/v1/buckets/{sid}",
    summary="A bucket and its files",
    answers={200: BucketListing},
    raises=(*UNKNOWN, PasswordRequired, PasswordWrong),
    scope=None,
)
def listing(request: Request) -> Answer:
    """List the complete files of a bucket; where it has a password, that is sent as `x-download-pass`."""
    sid, buckets = request.params["sid"], container().buckets
    bucket = buckets.enter(sid, visitor_of(request, sid))
    listed = addressed(buckets.listing(bucket), request, buckets.pass_to(bucket))
    return json_answer(listed, cache=NO_STORE)


@routes.patch(
    "/v1/buckets/{sid}",
    summary="Change a bucket",
    body=BucketChange,
    answers={200: BucketTerms},
    raises=(*UNKNOWN, NotTheOwner, InvalidPayload, InvalidUpload, Busy),
    scope=None,
)
def change(request: Request) -> Answer:
    """Keep a bucket for another time, lock it, or give it another password; `Prism-Owner-Key` says whose it is."""
    wanted = Change(**request.body_as(BucketChange).model_dump())
    changed: BucketRecord = container().buckets.change(request.params["sid"], wanted, owner_of(request))
    return json_answer(changed.terms(), cache=NO_STORE)


@routes.delete(
    "/v1/buckets/{sid}",
    summary="Remove a bucket",
    answers={204: None},
    raises=(BucketNotFound, NotTheOwner, Busy),
    scope=None,
)
def remove(request: Request) -> Answer:
    """Remove a bucket and its files; from now on nobody sees them."""
    container().buckets.remove(request.params["sid"], owner_of(request))
    return no_content()


@routes.delete(
    "/v1/buckets/{sid}/files/{file}",
    summary="Remove a file from a bucket",
    answers={204: None},
    raises=(*UNKNOWN, NotTheOwner, NoSuchUpload, UploadEnded),
    scope=None,
)
def remove_file(request: Request) -> Answer:
    """Remove one file of a bucket."""
    container().buckets.remove_file(request.params["sid"], request.params["file"], owner_of(request))
    return no_content()


def addressed(listed: BucketListing, request: Request, text: str | None) -> BucketListing:
    """Answer a listing with the address of its page and of each file; what needs a pass brings it along."""
    page, query = f"{request.origin}/s/{listed.sid}", passing(text)
    files = [
        file.model_copy(update={"url": f"{page}/{file.file}/{quote(file.name, safe='')}{query}"})
        for file in listed.files
    ]
    return listed.model_copy(update={"url": page, "files": files})
