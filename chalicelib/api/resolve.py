"""Resolution: from a spec and a runtime to a file."""

from collections.abc import Iterator
from typing import Any

from chalicelib.api.items import ItemProblem, item, names_in
from chalicelib.api.payloads import ResolvePayload
from chalicelib.api.queries import BaseUrlQuery, ResolveMode, ResolveQuery
from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.document import Document
from chalicelib.domain.errors import (
    EntryNotFound,
    FileMissing,
    InvalidName,
    InvalidQuery,
    InvalidRange,
    InvalidSpec,
    PackageNotFound,
    PrismError,
    TooManySpecs,
    VersionNotFound,
)
from chalicelib.domain.specs import PackageSpec
from chalicelib.services.resolving import Question, Resolution

routes = Routes(tag="resolve")


class ResolvedItem(Document):
    """One of many answers: what was asked, and either its `resolution` or its `error`."""

    spec: str
    runtime: str
    mode: ResolveMode
    resolution: Resolution | None = None
    error: ItemProblem | None = None


class ResolvedItems(Document):
    """The answers in the order of the questions: all of the first spec, then all of the next."""

    items: list[ResolvedItem]


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
        FileMissing,
    ),
)
def resolve(request: Request) -> Answer:
    """Resolve `name@range/subpath` for a runtime: version by npm's rules, entry by the package's own key order.

    `name@range/#name` is what the package's own `imports` lead to. With `explain=true` the answer tells the way.
    """
    query = request.query_as(ResolveQuery)
    resolution = container().resolving.resolve(
        PackageSpec.parse(query.spec),
        runtime=query.runtime,
        mode=query.mode,
        base=_base(query, request),
        as_of=query.moment(),
        importer=query.importer,
        explain=query.explain,
    )
    return json_answer(resolution)


def _all_named(request: Request) -> Iterator[str]:
    return names_in(request.body_as(ResolvePayload).specs)


@routes.post(
    "/v1/resolve",
    summary="The files that runtimes would load, for many specs",
    body=ResolvePayload,
    answers={200: ResolvedItems},
    packages=_all_named,
    scope="read",
    cross_origin=True,
    raises=(InvalidQuery, TooManySpecs),
)
def resolve_all(request: Request) -> Answer:
    """Resolve up to 500 specs, each on each runtime in each mode; what is wrong with one is told in its place."""
    payload = request.body_as(ResolvePayload)
    questions = [Question(*asked) for asked in payload.questions()]
    found = container().resolving.resolve_all(questions, base=_base(payload, request), as_of=payload.moment())
    items = [_item(question, each, request) for question, each in zip(questions, found, strict=True)]
    return json_answer({"items": items})


def _item(question: Question, found: Resolution | PrismError, request: Request) -> dict[str, Any]:
    asked = {"spec": question.spec, "runtime": question.runtime, "mode": question.mode}
    return item(asked, "resolution", found, request)


def _base(query: BaseUrlQuery, request: Request) -> str:
    return query.base() or container().settings.public_base_url or request.base_path
