"""A small table of routes of every kind, to test the machinery apart from the registry's own routes."""

from pydantic import Field

from chalicelib.api.gateway import PrismApp
from chalicelib.api.ranges import partial, range_of
from chalicelib.api.routing import (
    IMMUTABLE,
    Answer,
    Request,
    Routes,
    bytes_answer,
    json_answer,
    no_content,
    redirect,
)
from chalicelib.domain.document import Document
from chalicelib.domain.errors import PackageNotFound, VersionExists
from chalicelib.domain.media_types import content_type, safety_headers
from chalicelib.storage.port import StorageUnavailable

MODULE = b"export const answer = 42;\n"

routes = Routes(tag="demo")


class Page(Document):
    """A page of package names."""

    names: list[str]
    next: str | None = None


class PageQuery(Document):
    """Which page."""

    limit: int = Field(default=20, ge=1, le=100, description="How many at most.")
    cursor: str | None = None


class Greeting(Document):
    """Whom to greet, and how."""

    first_name: str = Field(min_length=1)
    times: int = 1


@routes.get("/v1/packages", summary="All packages", query=PageQuery, answers={200: Page})
def packages(request: Request) -> Answer:
    """List names."""
    query = request.query_as(PageQuery)
    return json_answer(Page(names=["left-pad"][: query.limit], next=query.cursor))


@routes.get("/v1/packages/{name}", summary="A package", raises=(PackageNotFound,))
def package(request: Request) -> Answer:
    if request.params["name"] == "missing":
        raise PackageNotFound("missing")
    return json_answer({"params": dict(request.params), "origin": request.origin})


@routes.post(
    "/v1/packages/{name}", summary="Greet", body=Greeting, answers={201: Greeting}, raises=(VersionExists,)
)
def greet(request: Request) -> Answer:
    greeting = request.body_as(Greeting)
    if greeting.first_name == "taken":
        raise VersionExists(request.params["name"], "1.0.0", "sha512-x")
    return json_answer(greeting, status=201)


@routes.delete("/v1/packages/{name}", summary="Remove", answers={204: None})
def remove(request: Request) -> Answer:
    return no_content()


@routes.get("/v1/packages/{name}/versions", summary="Versions")
def versions(request: Request) -> Answer:
    return json_answer({"versions of": request.params["name"]})


@routes.get("/v1/packages/{name}/{version}", summary="A version")
def version(request: Request) -> Answer:
    return json_answer(dict(request.params), etag="v1")


@routes.get("/v1/packages/{name}/{version}.tgz", summary="A tarball", answers={302: None})
def tarball(request: Request) -> Answer:
    return redirect(f"https://cdn.example/{request.params['name']}/{request.params['version']}")


@routes.get("/packages/{name}/{version}/{path}", summary="A file", gives=("*/*",))
def file(request: Request) -> Answer:
    kind = content_type(request.params["path"])
    part = range_of(request, size=len(MODULE), etag="m1")
    data = MODULE[part] if part else MODULE
    answer = bytes_answer(data, content_type=kind, etag="m1", cache=IMMUTABLE, headers=safety_headers(kind))
    return partial(answer, part, size=len(MODULE))


@routes.put("/v1/uploads/{id}", summary="Raw bytes", takes=("application/octet-stream",), cross_origin=True)
def upload(request: Request) -> Answer:
    return json_answer({"received": len(request.body), "type": request.headers.get("content-type")})


@routes.get("/npm/{name}", summary="For npm")
def packument(request: Request) -> Answer:
    raise PackageNotFound(request.params["name"])


@routes.get("/v1/faults/unforeseen", summary="A bug", hidden=True)
def unforeseen(request: Request) -> Answer:
    raise RuntimeError("the secret is 1234")


@routes.get("/v1/faults/storage", summary="A broken medium", hidden=True)
def storage(request: Request) -> Answer:
    raise StorageUnavailable("heads/secret.json", "timed out", retryable=request.query("retry") != "no")


def demo_app() -> PrismApp:
    """Make an app of these routes."""
    app = PrismApp("demo")
    app.mount([routes])
    return app
