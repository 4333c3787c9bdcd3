"""What the registry says of itself: its OpenAPI document and a page for every problem."""

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Final

from pydantic import Field

import chalicelib
from chalicelib.api import RESOURCES
from chalicelib.api.answers import JSON
from chalicelib.api.errors import status_of
from chalicelib.api.openapi import describe
from chalicelib.api.routing import Answer, Request, Routes, bytes_answer, collect, json_answer
from chalicelib.domain.document import Document, compact_json
from chalicelib.domain.errors import NotFound, PrismError

routes = Routes(tag="description")

WITHOUT_KINDS: Final = (
    "chalicelib.cli",
    "chalicelib.storage.testing",
    "chalicelib.telemetry",
    "chalicelib.api.local",  # its server is part of Chalice's command line, which is not deployed
)


class ProblemPage(Document):
    """What a problem's code means, and the status it is answered with."""

    code: str
    title: str
    status: int
    meaning: str = Field(description="When it is answered.")


class ProblemPages(Document):
    """Every problem, by code."""

    problems: list[ProblemPage]


class ProblemNotFound(NotFound):
    """No problem has this code."""

    code = "problem_not_found"
    title = "No such problem"

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"no problem has the code `{problem}`; `/v1/problems` lists them all", problem=problem
        )


@routes.get("/v1/openapi.json", summary="This document", scope=None)
def openapi(request: Request) -> Answer:
    """Describe every route, in OpenAPI 3.1."""
    return bytes_answer(_openapi(request.base_path or "/"), content_type=JSON)


@routes.get("/v1/problems", summary="Every problem", answers={200: ProblemPages}, scope=None)
def problems(request: Request) -> Answer:
    """List the codes of all failures, ascending."""
    return json_answer(ProblemPages(problems=list(pages().values())))


@routes.get(
    "/v1/problems/{code}",
    summary="What a problem means",
    answers={200: ProblemPage},
    raises=(ProblemNotFound,),
    scope=None,
)
def problem(request: Request) -> Answer:
    """Explain one code; the `type` of a problem document leads here."""
    page = pages().get(request.params["code"])
    if page is None:
        raise ProblemNotFound(request.params["code"])
    return json_answer(page)


@lru_cache(maxsize=8)
def _openapi(server: str) -> bytes:
    return compact_json(describe(collect(RESOURCES), server=server))


@cache
def pages() -> dict[str, ProblemPage]:
    """Answer the page of every kind of failure, by code."""
    for module in walk_packages(chalicelib.__path__, "chalicelib."):
        # Kinds of failure live beside what fails; what is passed over has none of them.
        if not module.name.startswith(WITHOUT_KINDS):
            import_module(module.name)
    found = (_page(kind) for kind in _kinds(PrismError))
    return {page.code: page for page in sorted(found, key=lambda page: page.code)}


def _page(kind: type[PrismError]) -> ProblemPage:
    meaning = (kind.__doc__ or "").strip().partition("\n")[0]
    return ProblemPage(code=kind.code, title=kind.title, status=int(status_of(kind)), meaning=meaning)


def _kinds(kind: type[PrismError]) -> Iterator[type[PrismError]]:
    """Answer the kinds of failure below one, those with a code of their own, in every module loaded."""
    for child in kind.__subclasses__():
        if "code" in vars(child):
            yield child
        yield from _kinds(child)
