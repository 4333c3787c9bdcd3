"""Packages and versions: what is published."""

from pydantic import RootModel

from chalicelib.api.queries import AsOfQuery, PageQuery, package_name
from chalicelib.api.routing import (
    Answer,
    Request,
    Routes,
    json_answer,
    redirect,
)
from chalicelib.api.tarballs import tarball_answer
from chalicelib.container import container
from chalicelib.domain.document import Document, compact_json
from chalicelib.domain.errors import InvalidName, PackageNotFound, VersionNotFound
from chalicelib.domain.metadata import FileTree, VersionDiff
from chalicelib.services.browsing import PackagePage, VersionPage
from chalicelib.services.searching import PackageList
from chalicelib.stores.artifacts import INLINE_BYTES

routes = Routes(tag="packages")


class VersionNumbers(RootModel[list[str]]):
    """Version numbers, in semver order."""


MISSING = (InvalidName, PackageNotFound, VersionNotFound)


@routes.get("/v1/packages", summary="All packages", query=PageQuery, answers={200: PackageList})
def packages(request: Request) -> Answer:
    """List packages by name, with their tags."""
    page = request.query_as(PageQuery)
    found = container().searching.packages(
        after=page.cursor, limit=page.limit, packages=request.caller.packages
    )
    return json_answer(found)


@routes.get(
    "/v1/packages/{name}",
    summary="A package",
    query=AsOfQuery,
    answers={200: PackagePage, 302: None},
    raises=(InvalidName, PackageNotFound),
)
def package(request: Request) -> Answer:
    """Show a package's tags and versions, as they are or as of a moment."""
    as_of = request.query_as(AsOfQuery).moment()
    return _document(container().browsing.page(package_name(request), as_of=as_of))


@routes.get(
    "/v1/packages/{name}/versions",
    summary="A package's versions",
    answers={200: VersionNumbers},
    raises=(InvalidName, PackageNotFound),
)
def versions(request: Request) -> Answer:
    """List a package's version numbers in semver order."""
    return json_answer(container().browsing.head(package_name(request)).view.ascending)


@routes.get(
    "/v1/packages/{name}/{version}",
    summary="A version, or its tarball",
    answers={200: VersionPage, 302: None},
    gives=("application/json", "application/gzip"),
    raises=MISSING,
)
def version(request: Request) -> Answer:
    """Show everything found about a version, given by number or tag; with `.tgz` behind it, download its tarball."""
    wanted = request.params["version"]
    if wanted.endswith(".tgz"):
        return tarball_answer(request, package_name(request), wanted.removesuffix(".tgz"))
    return _document(container().browsing.version_page(package_name(request), wanted))


@routes.get(
    "/v1/packages/{name}/{version}/files",
    summary="A version's file tree",
    answers={200: FileTree, 302: None},
    raises=MISSING,
)
def files(request: Request) -> Answer:
    """Show a version's files with their sizes and digests."""
    return _document(container().browsing.files(package_name(request), request.params["version"]))


@routes.get(
    "/v1/packages/{name}/{version}/diff/{previous}",
    summary="What changed between two versions",
    answers={200: VersionDiff, 302: None},
    raises=MISSING,
)
def diff(request: Request) -> Answer:
    """Compare a version with another one, usually the one before it."""
    params = request.params
    return _document(container().browsing.diff(package_name(request), params["version"], params["previous"]))


def _document(value: Document) -> Answer:
    """Answer a document, or where it is read if it is too large for a function and the medium has addresses."""
    data = compact_json(value.to_json_value())
    url = container().artifacts.rendered_url(data) if len(data) > INLINE_BYTES else None
    return redirect(url) if url else json_answer(data)
