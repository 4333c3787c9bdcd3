"""Packages, as npm's clients read, publish, change and remove them."""

import hashlib
from http import HTTPStatus
from typing import Any

from chalicelib.api.answers import Answer, entity_tags, json_answer, not_modified, redirect
from chalicelib.api.npm.bodies import document_of
from chalicelib.api.npm.requests import (
    ABBREVIATED,
    ALWAYS_ASKED,
    accepts_gzip,
    base_of,
    form_of,
    is_exact,
)
from chalicelib.api.payloads import PublishHeaders, actor, publisher_for
from chalicelib.api.queries import package_name
from chalicelib.api.requests import Request
from chalicelib.api.routing import Routes
from chalicelib.api.tarballs import tarball_answer
from chalicelib.container import container
from chalicelib.domain.attestations import AttestationRefused
from chalicelib.domain.errors import (
    Busy,
    FileMissing,
    InvalidName,
    InvalidPayload,
    InvalidTarball,
    NameMismatch,
    PackageNotFound,
    PayloadTooLarge,
    VersionExists,
    VersionMismatch,
    VersionNotFound,
)
from chalicelib.domain.executions.errors import RunHeld
from chalicelib.domain.head import Head
from chalicelib.domain.publishers import NotAnOwner, PublisherNotAllowed
from chalicelib.domain.tags import InvalidTag
from chalicelib.domain.upstream import BadUpstream, PackageMirrored, PackageOwned, UpstreamUnavailable
from chalicelib.npm.changes import RevisionConflict
from chalicelib.npm.gzipping import unpacked
from chalicelib.npm.publications import IntegrityMismatch, publishes, read_publication
from chalicelib.npm.versions import version_of
from chalicelib.stores.artifacts import INLINE_BYTES

routes = Routes(tag="npm")

JSON = "application/json"
PLAIN = "-plain"
"""What the ETag of a packument ends with that is not compressed."""
CHANGED = (
    Busy,
    InvalidName,
    InvalidPayload,
    NotAnOwner,
    PackageMirrored,
    PackageNotFound,
    PublisherNotAllowed,
)
MIRRORED = (BadUpstream, UpstreamUnavailable)


@routes.get(
    "/npm/{name}",
    summary="A packument",
    gives=(JSON, ABBREVIATED),
    answers={200: None, 302: None},
    raises=(InvalidName, PackageNotFound, *MIRRORED),
)
def packument(request: Request) -> Answer:
    """Show all of a package's versions, as they were rendered when they were published."""
    form, plain, known = form_of(request), not accepts_gzip(request), _known(request)
    has_this_encoding = known is not None and known.endswith(PLAIN) == plain
    found = container().npm_reading.packument(
        package_name(request),
        form,
        base=base_of(request),
        known=known.removesuffix(PLAIN) if known and has_this_encoding else None,
        exact=is_exact(request),
    )
    etag = f"{found.etag}{PLAIN}" if plain else found.etag
    if found.data is None:
        return _varying(not_modified(etag, cache=ALWAYS_ASKED))
    return _varying(
        _shown(request, found.data, etag, ABBREVIATED if form == "abbreviated" else JSON, plain=plain)
    )


@routes.get(
    "/npm/{name}/{version}",
    summary="A version's manifest",
    raises=(InvalidName, PackageNotFound, VersionNotFound, *MIRRORED),
)
def version(request: Request) -> Answer:
    """Show the version that a number or a tag names."""
    found = container().npm_reading.version(
        package_name(request), request.params["version"], base=base_of(request), exact=is_exact(request)
    )
    return json_answer(found, cache=ALWAYS_ASKED)


@routes.get(
    "/npm/{name}/-/{file}",
    summary="A tarball",
    gives=("application/gzip",),
    answers={200: None, 302: None},
    raises=(InvalidName, PackageNotFound, VersionNotFound, FileMissing, InvalidTarball, *MIRRORED),
)
def tarball(request: Request) -> Answer:
    """Download the tarball of a version."""
    name, file = package_name(request), request.params["file"]
    wanted = version_of(file, name)
    if wanted is None:
        raise VersionNotFound(name, file)
    try:
        return tarball_answer(request, name, wanted)
    except (PackageNotFound, VersionNotFound) as missing:
        if container().settings.upstream is None or not is_exact(request):
            raise
        try:
            container().importing.ensure(name, wanted)
        except PackageOwned:
            raise missing from None
        return tarball_answer(request, name, wanted)


@routes.put(
    "/npm/{name}",
    summary="Publish a version, or deprecate versions",
    takes=(JSON,),
    answers={201: None, 200: None},
    raises=(
        *CHANGED,
        AttestationRefused,
        IntegrityMismatch,
        InvalidTag,
        InvalidTarball,
        NameMismatch,
        PayloadTooLarge,
        RunHeld,
        VersionExists,
        VersionMismatch,
    ),
)
def publish(request: Request) -> Answer:
    """Publish the tarball in a document; one without a tarball changes the messages of versions, and nothing else."""
    name, document = package_name(request), document_of(request)
    if not publishes(document):
        return _changed(container().npm_writing.deprecate(name, document, actor=actor(request)))
    from chalicelib.services.publishing import PublishRequest  # noqa: PLC0415 - reads need none of it

    publication = read_publication(name, document)
    if publication.bundle is not None:
        sha512 = hashlib.sha512(publication.tarball).hexdigest()
        container().attesting.check(publication.bundle, name, publication.version, sha512)
    published = container().publishing.publish(
        PublishRequest(
            publisher=publisher_for(request.caller, PublishHeaders.read(request.headers).publisher),
            source="npm",
            name=name,
            version=publication.version,
            packages=request.caller.packages,
            tag=publication.tag,
            data=publication.tarball,
            bundle=publication.bundle,
        )
    )
    told = {"created": published.created, "job": published.job.id}
    return _changed(published.head, told, status=HTTPStatus.CREATED if published.created else HTTPStatus.OK)


@routes.put(
    "/npm/{name}/-rev/{revision}",
    summary="Unpublish versions, or change owners",
    takes=(JSON,),
    raises=(*CHANGED, RevisionConflict),
)
def change(request: Request) -> Answer:
    """Unpublish the versions that a document leaves out; one without versions says who the owners are."""
    name, revision, document = package_name(request), request.params["revision"], document_of(request)
    writing = container().npm_writing
    if "versions" in document:
        return _changed(writing.keep(name, revision, document, actor=actor(request)))
    is_admin = request.caller.may("admin")
    return _changed(writing.own(name, revision, document, actor=actor(request), is_admin=is_admin))


@routes.delete(
    "/npm/{name}/-rev/{revision}",
    summary="Unpublish a package",
    raises=(*CHANGED, RevisionConflict),
)
def unpublish(request: Request) -> Answer:
    """Unpublish all versions; their numbers are never given again."""
    return _changed(
        container().npm_writing.unpublish(
            package_name(request), request.params["revision"], actor=actor(request)
        )
    )


@routes.delete(
    "/npm/{name}/-/{file}/-rev/{revision}",
    summary="Remove the tarball of an unpublished version",
    raises=(InvalidName, PackageNotFound, VersionNotFound),
)
def remove_tarball(request: Request) -> Answer:
    """Confirm that a tarball is gone, which it is as soon as its version was unpublished; refuse for any other."""
    name, file = package_name(request), request.params["file"]
    head = container().heads.get(name)
    wanted = version_of(file, name)
    if head is None or wanted not in head.view.unpublished:
        raise VersionNotFound(name, file)
    return _changed(head)


def _known(request: Request) -> str | None:
    """Answer the one ETag that a client has; of several, or none, nothing can be made before reading."""
    tags = entity_tags(request.headers.get("if-none-match", ""))
    return tags[0] if len(tags) == 1 else None


def _shown(request: Request, data: bytes, etag: str, content_type: str, *, plain: bool) -> Answer:
    headers = {"Cache-Control": ALWAYS_ASKED, "ETag": f'"{etag}"'}
    if plain:
        data = unpacked(data)
    if len(data) > INLINE_BYTES and request.method != "HEAD":
        url = container().npm_reading.url(data, content_type, compressed=not plain)
        if url is not None:
            return redirect(url)
    if not plain:
        headers["Content-Encoding"] = "gzip"
    return Answer(HTTPStatus.OK, data, headers, content_type)


def _varying(answer: Answer) -> Answer:
    return answer.varying_by("Accept").varying_by("Accept-Encoding")


def _changed(head: Head, told: dict[str, Any] | None = None, status: int = HTTPStatus.OK) -> Answer:
    document = {"ok": True, "id": head.name, "rev": str(head.seq), **(told or {})}
    return json_answer(document, status=status)
