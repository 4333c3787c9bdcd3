"""Uploads that clients send to the bucket themselves: with URLs that were signed for them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, Field

from chalicelib.api.incoming import UploadStatus, status_answer
from chalicelib.api.payloads import PublisherPayload, PublishSource, publisher_for
from chalicelib.api.queries import Payload
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer, no_content
from chalicelib.container import container
from chalicelib.domain.direct import Asked, BytesMissing, DirectUnavailable, UploadFinished
from chalicelib.domain.document import Document
from chalicelib.domain.errors import (
    Busy,
    InvalidName,
    InvalidPayload,
    InvalidQuery,
    InvalidVersion,
    UploadGone,
    UploadNotFound,
    UploadTooLarge,
)
from chalicelib.domain.manifest import Claimed
from chalicelib.domain.names import PackageName
from chalicelib.domain.publishers import PublisherNotAllowed
from chalicelib.domain.tags import InvalidTag

if TYPE_CHECKING:
    from chalicelib.services.direct import Begun, SignedPart

routes = Routes(tag="publish")


class DirectPayload(Payload):
    """What is to be published, and its size in bytes; `partSize` asks for parts. Misspelt fields are refused."""

    model_config = ConfigDict(extra="forbid")

    name: str
    size: int = Field(ge=1)
    sha256: str = Field(pattern=r"^[0-9a-fA-F]{64}$")
    version: str | None = None
    tag: str | None = None
    part_size: int | None = Field(default=None, ge=1)
    publisher: PublisherPayload | None = None
    source: PublishSource = "api"


class PartsQuery(Payload):
    """Which parts: from the number `from` on, so many."""

    first: int = Field(default=1, alias="from", ge=1, le=10_000)
    limit: int = Field(default=100, ge=1, le=1000)


class SignedWrite(Document):
    """A request that the bucket takes from whoever sends it, with these very headers, until `expiresAt`."""

    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]


class DirectPart(SignedWrite):
    """A part: its number, its size in bytes, and whether it has arrived whole."""

    number: int
    size: int
    arrived: bool


class DirectParts(Document):
    """Some parts of an upload, ascending; `next` is where the rest begins, if there is more."""

    parts: list[DirectPart]
    next: str | None = None
    expires_at: str


class DirectJob(Document):
    """The job that publishes the upload, from when on its bytes are there."""

    id: str
    url: str


class DirectUpload(Document):
    """An upload that waits for its bytes: `write` is where they go, or `parts` tells where each part goes.

    `complete` is to be called when they are there, and `status` tells what becomes of them.
    """

    id: str
    name: str
    version: str | None = None
    tag: str | None = None
    size: int
    sha256: str
    write: SignedWrite | None = None
    part_size: int | None = None
    part_count: int | None = None
    parts: str | None = None
    complete: str
    status: str
    job: DirectJob
    expires_at: str


def _wished(request: Request) -> Iterable[str]:
    """Answer the package that a client wants to publish."""
    return (request.body_as(DirectPayload).name,)


@routes.post(
    "/v1/uploads/direct",
    summary="Send a tarball to the bucket",
    body=DirectPayload,
    answers={201: DirectUpload},
    raises=(
        DirectUnavailable,
        InvalidName,
        InvalidPayload,
        InvalidTag,
        InvalidVersion,
        PublisherNotAllowed,
        UploadTooLarge,
    ),
    packages=_wished,
)
def begin(request: Request) -> Answer:
    """Ask for URLs by which the bucket takes a tarball of this size and digest, past the registry.

    Beyond 100 MiB, or where `partSize` is smaller than the tarball, it comes in parts.
    """
    payload = request.body_as(DirectPayload)
    said = payload.publisher
    claimed = Claimed(name=said.name, email=said.email) if said else Claimed()
    asked = Asked(
        name=PackageName.parse(payload.name),
        size=payload.size,
        sha256=payload.sha256,
        publisher=publisher_for(request.caller, claimed),
        source=payload.source,
        version=payload.version,
        tag=payload.tag,
        part_size=payload.part_size,
    )
    begun = container().direct.begin(asked, request.caller)
    document = _upload(begun, request)
    return json_answer(document, status=201, cache=NO_STORE, headers={"Location": _path(begun, request)})


@routes.get(
    "/v1/uploads/direct/{id}",
    summary="An upload to the bucket",
    answers={200: DirectUpload},
    raises=(UploadNotFound,),
    scope="publish",
)
def upload(request: Request) -> Answer:
    """Show an upload to who began it, with URLs that are good from now on."""
    begun = container().direct.find(request.params["id"], request.caller)
    return json_answer(_upload(begun, request), cache=NO_STORE)


@routes.get(
    "/v1/uploads/direct/{id}/parts",
    summary="Where the parts of an upload go",
    query=PartsQuery,
    answers={200: DirectParts},
    raises=(InvalidQuery, UploadNotFound, UploadFinished, UploadGone),
    scope="publish",
)
def parts(request: Request) -> Answer:
    """List parts with a URL for each, and which have arrived; one that is sent again takes the place of the first."""
    query = request.query_as(PartsQuery)
    wished = request.params["id"]
    found = container().direct.parts(wished, query.first, query.limit, request.caller)
    following = f"{request.base_path}/v1/uploads/direct/{wished}/parts?from={found.next}&limit={query.limit}"
    document = DirectParts(
        parts=[_part(part) for part in found.parts],
        next=following if found.next else None,
        expires_at=found.expires_at,
    )
    return json_answer(document, cache=NO_STORE)


@routes.post(
    "/v1/uploads/direct/{id}/complete",
    summary="Publish what was sent to the bucket",
    answers={200: UploadStatus, 202: UploadStatus},
    raises=(UploadNotFound, UploadGone, BytesMissing, Busy),
)
def complete(request: Request) -> Answer:
    """Publish an upload whose bytes have arrived, and tell what became of it; 202 while that is still to be seen.

    It may be repeated; where the bucket has announced the upload before, it is published once all the same.
    """
    verdict = container().direct.complete(request.params["id"], request.caller)
    return status_answer(verdict, status=200 if verdict.final else 202)


@routes.delete(
    "/v1/uploads/direct/{id}",
    summary="Give an upload to the bucket up",
    answers={204: None},
    raises=(UploadNotFound, UploadFinished),
)
def abort(request: Request) -> Answer:
    """Remove what has arrived of an upload; nothing that still arrives is published."""
    container().direct.abort(request.params["id"], request.caller)
    return no_content()


def _upload(begun: "Begun", request: Request) -> DirectUpload:
    wish, path = begun.wish, _path(begun, request)
    return DirectUpload(
        id=wish.id,
        name=wish.name,
        version=wish.version,
        tag=wish.tag,
        size=wish.size,
        sha256=wish.sha256,
        write=SignedWrite(url=begun.write.url, headers=dict(begun.write.headers)) if begun.write else None,
        part_size=wish.part_size,
        part_count=wish.part_count or None,
        parts=f"{path}/parts" if wish.part_size else None,
        complete=f"{path}/complete",
        status=f"{request.base_path}/v1/incoming/{wish.upload_id}",
        job=DirectJob(id=begun.job_id, url=f"{request.base_path}/v1/jobs/{begun.job_id}"),
        expires_at=begun.expires_at,
    )


def _part(part: "SignedPart") -> DirectPart:
    return DirectPart(
        number=part.number,
        size=part.size,
        arrived=part.arrived,
        url=part.write.url,
        headers=dict(part.write.headers),
    )


def _path(begun: "Begun", request: Request) -> str:
    return f"{request.base_path}/v1/uploads/direct/{begun.wish.id}"
