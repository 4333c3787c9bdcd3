"""Tags, deprecations and yanks: what changes about a published version."""

from chalicelib.api.payloads import DeprecationPayload, TagPayload, YankPayload, actor
from chalicelib.api.queries import package_name
from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import (
    Busy,
    InvalidName,
    InvalidPayload,
    InvalidVersion,
    PackageNotFound,
    TagNotFound,
    VersionNotFound,
)
from chalicelib.domain.head import Head
from chalicelib.domain.publishers import PublisherNotAllowed
from chalicelib.domain.semver.versions import clean_version
from chalicelib.domain.tags import InvalidTag
from chalicelib.services.browsing import PackagePage, page_of

routes = Routes(tag="curation")

MISSING = (
    Busy,
    InvalidName,
    InvalidPayload,
    InvalidVersion,
    PackageNotFound,
    PublisherNotAllowed,
    VersionNotFound,
)


@routes.put(
    "/v1/packages/{name}/dist-tags/{tag}",
    summary="Point a tag at a version",
    body=TagPayload,
    answers={200: PackagePage},
    raises=(*MISSING, InvalidTag),
)
def put_tag(request: Request) -> Answer:
    """Point a tag at a version, making the tag if it is new."""
    version = clean_version(request.body_as(TagPayload).version)
    tag = request.params["tag"]
    return _page(container().curating.tag(package_name(request), tag, version, actor=actor(request)))


@routes.delete(
    "/v1/packages/{name}/dist-tags/{tag}",
    summary="Remove a tag",
    answers={200: PackagePage},
    raises=(Busy, InvalidName, InvalidTag, PackageNotFound, PublisherNotAllowed, TagNotFound),
)
def delete_tag(request: Request) -> Answer:
    """Remove a tag; `latest` stays."""
    return _page(
        container().curating.untag(package_name(request), request.params["tag"], actor=actor(request))
    )


@routes.put(
    "/v1/packages/{name}/{version}/deprecation",
    summary="Deprecate a version",
    body=DeprecationPayload,
    answers={200: PackagePage},
    raises=MISSING,
)
def deprecate(request: Request) -> Answer:
    """Put a warning on a version; an empty message takes it away."""
    message = request.body_as(DeprecationPayload).message
    version = clean_version(request.params["version"])
    return _page(
        container().curating.deprecate(package_name(request), version, message, actor=actor(request))
    )


@routes.put(
    "/v1/packages/{name}/{version}/yank",
    summary="Yank a version",
    body=YankPayload,
    answers={200: PackagePage},
    raises=MISSING,
)
def yank(request: Request) -> Answer:
    """Hide a version from ranges, or show it again; who names it exactly still gets it."""
    reason = request.body_as(YankPayload).wanted()
    version = clean_version(request.params["version"])
    return _page(container().curating.yank(package_name(request), version, reason, actor=actor(request)))


def _page(head: Head) -> Answer:
    return json_answer(page_of(head))
