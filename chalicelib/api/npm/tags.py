"""Dist-tags, and who may see and change a package, as npm's clients ask for them."""

from chalicelib.api.answers import Answer, json_answer
from chalicelib.api.npm.bodies import text_of
from chalicelib.api.npm.requests import ALWAYS_ASKED, is_exact
from chalicelib.api.payloads import actor
from chalicelib.api.queries import package_name
from chalicelib.api.requests import Request
from chalicelib.api.routing import Routes
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
from chalicelib.domain.publishers import NotAnOwner, PublisherNotAllowed
from chalicelib.domain.semver.versions import clean_version
from chalicelib.domain.tags import InvalidTag
from chalicelib.domain.upstream import PackageMirrored

routes = Routes(tag="npm")

READ = (InvalidName, PackageNotFound)
CHANGED = (*READ, Busy, NotAnOwner, PackageMirrored, PublisherNotAllowed)


@routes.get("/npm/-/package/{name}/dist-tags", summary="Dist-tags", raises=READ)
def tags(request: Request) -> Answer:
    """Show what each tag names."""
    tags = container().npm_reading.tags(package_name(request), exact=is_exact(request))
    return json_answer(tags, cache=ALWAYS_ASKED)


@routes.put(
    "/npm/-/package/{name}/dist-tags/{tag}",
    summary="Point a dist-tag at a version",
    takes=("application/json",),
    raises=(*CHANGED, InvalidPayload, InvalidTag, InvalidVersion, VersionNotFound),
)
def put_tag(request: Request) -> Answer:
    """Point a tag at a version; the body is the version, as a JSON text."""
    version = clean_version(text_of(request))
    head = container().curating.tag(
        package_name(request), request.params["tag"], version, actor=actor(request)
    )
    return json_answer(head.view.tags)


@routes.delete(
    "/npm/-/package/{name}/dist-tags/{tag}",
    summary="Remove a dist-tag",
    raises=(*CHANGED, InvalidTag, TagNotFound),
)
def delete_tag(request: Request) -> Answer:
    """Remove a tag; `latest` stays."""
    head = container().curating.untag(package_name(request), request.params["tag"], actor=actor(request))
    return json_answer(head.view.tags)


@routes.get("/npm/-/package/{name}/visibility", summary="Whether a package is public", raises=READ)
def visibility(request: Request) -> Answer:
    """Tell whether everybody may read a package, which is so where no token is asked for."""
    container().npm_reading.head(package_name(request))
    return json_answer({"public": container().settings.access == "open"}, cache=ALWAYS_ASKED)


@routes.get("/npm/-/package/{name}/access", summary="Whether a package is public", raises=READ, hidden=True)
def access(request: Request) -> Answer:
    """Tell the same in the words of other commands."""
    container().npm_reading.head(package_name(request))
    is_open = container().settings.access == "open"
    return json_answer({"access": "public" if is_open else "restricted"}, cache=ALWAYS_ASKED)


@routes.get("/npm/-/package/{name}/collaborators", summary="Who may change a package", raises=READ)
def collaborators(request: Request) -> Answer:
    """Tell the package's owners; without owners, whoever may publish may change it."""
    owners = container().npm_reading.head(package_name(request)).view.owners
    return json_answer(dict.fromkeys(owners, "read-write"), cache=ALWAYS_ASKED)
