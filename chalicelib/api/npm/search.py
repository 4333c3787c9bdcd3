"""Search, as `npm search` asks for it."""

from typing import Any

from pydantic import BaseModel, Field

from chalicelib.api.answers import Answer, json_answer
from chalicelib.api.requests import Request
from chalicelib.api.routing import Routes
from chalicelib.container import container
from chalicelib.domain.errors import InvalidQuery
from chalicelib.services.searching import SearchResult

routes = Routes(tag="npm")

MAX_SIZE = 250


class NpmSearchQuery(BaseModel):
    """What to search for; `from` results are passed over and up to `size` told."""

    text: str = Field(default="", max_length=500)
    size: int = Field(default=20, ge=0)
    offset: int = Field(default=0, ge=0, alias="from")


@routes.get(
    "/npm/-/v1/search",
    summary="Find packages",
    query=NpmSearchQuery,
    raises=(InvalidQuery,),
)
def search(request: Request) -> Answer:
    """Find packages by name, keyword and description, in npm's shape."""
    sent = request.query_as(NpmSearchQuery)
    page = container().searching.search(
        sent.text,
        runtimes=[],
        offset=sent.offset,
        limit=min(sent.size, MAX_SIZE),
        packages=request.caller.packages,
    )
    objects = [_object(result) for result in page.results]
    # The moment of the answer, as some registries tell it here, would make every answer another one to caches.
    newest = max((result.published_at or "" for result in page.results), default="")
    return json_answer({"objects": objects, "total": page.total, "time": newest})


def _object(result: SearchResult) -> dict[str, Any]:
    package: dict[str, Any] = {
        "name": result.identifier.name,
        "version": result.identifier.version,
        "description": result.description or "",
        "keywords": result.keywords,
        "date": result.published_at,
        "links": {},
        "maintainers": [],
    }
    detail = {"quality": result.score, "popularity": 0, "maintenance": 0}
    score = {"final": result.score, "detail": detail}
    return {"package": package, "score": score, "searchScore": result.score}
