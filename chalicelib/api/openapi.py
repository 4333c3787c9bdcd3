"""The OpenAPI 3.1 document of a table of routes: what handlers promise, in the one form that tools read.

Built from what the route decorators were told and from the schemas of the models; the same table gives the
same document, key for key.
"""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.api.answers import JSON, phrase_of
from chalicelib.api.errors import InternalError, StorageFailure, UnsupportedMediaType, status_of
from chalicelib.api.problems import PROBLEM_JSON
from chalicelib.api.routing import Route
from chalicelib.api.templates import NAME, PATH
from chalicelib.domain.access import AuthenticationRequired, Forbidden, InvalidToken
from chalicelib.domain.errors import InvalidPayload, InvalidQuery, PackageNotFound, PrismError

OPENAPI: Final = "3.1.0"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
TITLE: Final = "Prism"
API_VERSION: Final = "1"
ABOUT: Final = (
    "A JavaScript package registry. Every read may be asked with HEAD and with If-None-Match; "
    "every failure is a problem document with a stable `code`. Operations name the scope they need of a token; where "
    "`/v1/whoami` says that access is `open`, `read` and `publish` need none."
)
BEARER: Final = "bearer"
SECURITY_SCHEMES: Final = {
    BEARER: {
        "type": "http",
        "scheme": BEARER,
        "description": "A token of this registry; of `read`, `publish` and `admin`, each implies those before.",
    }
}
PROBLEM: Final = {
    "type": "object",
    "description": "A failure (RFC 9457). Further members are the facts of this occurrence.",
    "required": ["type", "title", "status", "detail", "code", "requestId"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "The page that explains the code.",
        },
        "title": {"type": "string", "description": "The same sentence for every occurrence of the code."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What happened this time, and what to do next."},
        "code": {
            "type": "string",
            "pattern": "^[a-z0-9_]+$",
            "description": "The stable name of the failure.",
        },
        "requestId": {"type": "string", "description": "The request's id in the log."},
    },
    "additionalProperties": True,
}
PARAMETERS: Final = {
    NAME: "The package's name. A scoped name is written `@scope/name` or `@scope%2Fname`.",
    PATH: "A path inside the package; it may hold slashes.",
}
ALWAYS: Final = (InternalError, StorageFailure)
REF: Final = "#/components/schemas/{model}"

Json = dict[str, Any]
Schemas = Mapping[tuple[type[BaseModel], str], Json]


def describe(routes: Iterable[Route], *, server: str = "/") -> Json:
    """Answer the OpenAPI document of routes, served below `server`."""
    documented = sorted(
        (route for route in routes if not route.hidden), key=lambda route: (route.template.text, route.method)
    )
    references, definitions = _schemas(documented)
    names = _operation_ids(documented)
    paths: Json = {}
    for route, name in zip(documented, names, strict=True):
        operation = {"operationId": name, **_operation(route, references, definitions)}
        paths.setdefault(route.template.text, {})[route.method.lower()] = operation
    return {
        "openapi": OPENAPI,
        "jsonSchemaDialect": DIALECT,
        "info": {"title": TITLE, "version": API_VERSION, "description": ABOUT},
        "servers": [{"url": server}],
        "tags": [{"name": tag} for tag in sorted({route.tag for route in documented})],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM, **_used(definitions, documented)},
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _schemas(routes: Iterable[Route]) -> tuple[Schemas, Json]:
    """Answer a reference for each use of a model, and the definitions they point at."""
    uses = {use for route in routes for use in _uses(route)}
    ordered = sorted(uses, key=lambda use: (use[0].__module__, use[0].__qualname__, use[1]))
    references, schema = models_json_schema(ordered, ref_template=REF)  # type: ignore[arg-type]  # modes are its literals
    return references, schema.get("$defs", {})  # type: ignore[return-value]  # as asked for


def _uses(route: Route) -> Iterator[tuple[type[BaseModel], str]]:
    for model in (route.query, route.body):
        if model is not None:
            yield model, "validation"
    for model in route.answers.values():
        if model is not None:
            yield model, "serialization"


def _used(definitions: Json, routes: Iterable[Route]) -> Json:
    """Answer the definitions without those of queries, which the parameters have taken apart."""
    routes = list(routes)
    queries = {route.query.__name__ for route in routes if route.query}
    queries -= {
        model.__name__ for route in routes for model in (route.body, *route.answers.values()) if model
    }
    return {name: definitions[name] for name in sorted(definitions) if name not in queries}


def _operation_ids(routes: Iterable[Route]) -> Iterator[str]:
    """Answer a name for each route: its module and handler, numbered from the second use of a handler."""
    seen: dict[str, int] = {}
    for route in routes:
        module = route.handler.__module__.rpartition(".")[2]
        name = f"{module}_{route.handler.__name__}"
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}_{seen[name]}"


def _operation(route: Route, references: Schemas, definitions: Json) -> Json:
    operation: Json = {
        "tags": [route.tag],
        "summary": route.summary,
        "security": [{BEARER: [route.scope]}] if route.scope else [],
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(route, references, definitions),
            *_header_parameters(route),
        ],
        "responses": {**_successes(route, references), **_failures(route)},
    }
    if route.description:
        operation["description"] = route.description
    if route.takes:
        content = {kind: _body_schema(route, kind, references) for kind in route.takes}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _body_schema(route: Route, content_type: str, references: Schemas) -> Json:
    if route.body is None or not content_type.endswith("json"):
        return {}
    return {"schema": references[route.body, "validation"]}


def _path_parameters(route: Route) -> Iterator[Json]:
    for name in route.template.variables:
        parameter: Json = {"name": name, "in": "path", "required": True}
        if name in PARAMETERS:
            parameter["description"] = PARAMETERS[name]
        yield {**parameter, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(route: Route, references: Schemas, definitions: Json) -> Iterator[Json]:
    if route.query is None:
        return
    reference = references[route.query, "validation"]["$ref"]
    schema = definitions[reference.removeprefix(REF.format(model=""))]
    for name, given in schema.get("properties", {}).items():
        parameter: Json = {"name": name, "in": "query", "required": name in schema.get("required", ())}
        if "description" in given:
            parameter["description"] = given["description"]
        yield {**parameter, "schema": {key: value for key, value in given.items() if key != "description"}}


def _header_parameters(route: Route) -> Iterator[Json]:
    for name, description in route.headers.items():
        yield {
            "name": name,
            "in": "header",
            "required": False,
            "description": description,
            "schema": {"type": "string"},
        }


def _successes(route: Route, references: Schemas) -> Json:
    responses: Json = {}
    for status, model in sorted(route.answers.items()):
        response: Json = {"description": phrase_of(status)}
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and status != HTTPStatus.NO_CONTENT:
            schema = {} if model is None else {"schema": references[model, "serialization"]}
            response["content"] = {kind: schema if kind.endswith(JSON) else {} for kind in route.gives}
        responses[str(status)] = response
    if route.method == "GET":
        responses.setdefault("304", {"description": "What If-None-Match names is still right"})
    return responses


def _failures(route: Route) -> Json:
    """Answer the problems by status, each with the codes that a caller may meet there."""
    by_status: dict[int, set[str]] = {}
    for error in (*route.raises, *_implied(route)):
        by_status.setdefault(int(status_of(error)), set()).add(error.code)
    return {str(status): _failure(status, sorted(by_status[status])) for status in sorted(by_status)}


def _implied(route: Route) -> Iterator[type[PrismError]]:
    yield from ALWAYS
    yield from _implied_by_access(route)
    if route.query:
        yield InvalidQuery
    if route.body:
        yield InvalidPayload
    if route.takes:
        yield UnsupportedMediaType


def _implied_by_access(route: Route) -> Iterator[type[PrismError]]:
    if route.scope is None:
        return
    yield AuthenticationRequired
    yield InvalidToken
    if route.scope != "read":
        yield Forbidden
    elif route.packages:
        yield PackageNotFound


def _failure(status: int, codes: list[str]) -> Json:
    schema = {"allOf": [{"$ref": REF.format(model="Problem")}, {"properties": {"code": {"enum": codes}}}]}
    told = ", ".join(f"`{code}`" for code in codes)
    return {
        "description": f"{phrase_of(status)}: {told}",
        "content": {PROBLEM_JSON: {"schema": schema}},
    }
