"""Resolution: from a spec and a runtime to a file."""

from chalicelib.api.queries import ResolveQuery
from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import (
    EntryNotFound,
    InvalidName,
    InvalidQuery,
    InvalidRange,
    InvalidSpec,
    PackageNotFound,
    VersionNotFound,
)
from chalicelib.domain.specs import PackageSpec
from chalicelib.services.resolving import Resolution

routes = Routes(tag="resolve")


def _named(request: Request) -> tuple[str]:
    return (PackageSpec.parse(request.query_as(ResolveQuery).spec).name,)


@routes.get(
    "/v1/resolve",
    summary="The file a runtime would load",
    query=ResolveQuery,
    answers={200: Resolution},
    packages=_named,
    raises=(
        InvalidQuery,
        InvalidSpec,
        InvalidName,
        InvalidRange,
        PackageNotFound,
        VersionNotFound,
        EntryNotFound,
    ),
)
def resolve(request: Request) -> Answer:
    """Resolve `name@range/subpath` for a runtime: version by npm's rules, entry by the package's own key order."""
    query = request.query_as(ResolveQuery)
    base = query.base() or container().settings.public_base_url or request.base_path
    resolution = container().resolving.resolve(
        PackageSpec.parse(query.spec),
        runtime=query.runtime,
        mode=query.mode,
        base=base,
        as_of=query.moment(),
    )
    return json_answer(resolution)
