"""Search over all packages."""

from chalicelib.api.queries import SearchQueryParameters
from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import InvalidQuery
from chalicelib.domain.manifest import Runtimes
from chalicelib.services.searching import SearchPage

routes = Routes(tag="search")


@routes.get(
    "/v1/search",
    summary="Find packages",
    query=SearchQueryParameters,
    answers={200: SearchPage},
    raises=(InvalidQuery,),
)
def search(request: Request) -> Answer:
    """Find packages by name, keyword and description; `runtime` limits them to those that run there."""
    sent = request.query_as(SearchQueryParameters)
    runtimes = [word for value in request.query_values("runtime") for word in value.split(",") if word]
    unknown = [runtime for runtime in runtimes if runtime not in Runtimes.model_fields]
    if unknown:
        known = ", ".join(Runtimes.model_fields)
        raise InvalidQuery(
            f"`runtime` is `{unknown[0][:60]}`, which is none of {known}", runtime=unknown[0][:60]
        )
    page = container().searching.search(
        sent.q,
        runtimes=runtimes,
        offset=int(sent.cursor or 0),
        limit=sent.limit,
        packages=request.caller.packages,
    )
    return json_answer(page)
