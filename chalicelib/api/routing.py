"""Routes: a table of paths and handlers that knows nothing of the gateway in front of it.

A resource module makes one table and hangs its handlers on it; a handler takes a Request and answers an
Answer, and raises what is wrong. What the decorator is told besides (models, statuses, errors) becomes the
OpenAPI document.

    routes = Routes(tag="packages")

    @routes.get("/v1/packages/{name}", summary="A package", answers={200: Page}, raises=(PackageNotFound,))
    def page(request: Request) -> Answer:
        return json_answer(container.browsing().page(request.params["name"]))
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from threading import Lock
from typing import Required, TypedDict, Unpack

from pydantic import BaseModel

from chalicelib.api.answers import (
    IMMUTABLE,
    JSON,
    NO_STORE,
    READS,
    REVALIDATE,
    Answer,
    bytes_answer,
    json_answer,
    no_content,
    not_modified,
    redirect,
)
from chalicelib.api.errors import MethodNotAllowed, RouteNotFound, UnsupportedMediaType
from chalicelib.api.requests import Request
from chalicelib.api.templates import NAME, Match, Template, decode, split
from chalicelib.domain.access import Scope
from chalicelib.domain.errors import PrismError

__all__ = [
    "IMMUTABLE",
    "NO_STORE",
    "REVALIDATE",
    "Answer",
    "Request",
    "Route",
    "Router",
    "Routes",
    "bytes_answer",
    "json_answer",
    "no_content",
    "not_modified",
    "redirect",
]

Handler = Callable[[Request], Answer]
Models = Mapping[int, type[BaseModel] | None]
Names = Callable[[Request], Iterable[str]]


class Told(TypedDict, total=False):
    """What a route is told besides its method and path.

    `query` and `body` are models for the document; the handler reads them with `request.query_as` and
    `request.body_as`. `takes` are the content types of a body (JSON when there is a `body`, else any),
    checked before the handler runs; `gives` are those of a successful answer. `answers` maps statuses to
    models, None for no model. `headers` are those of a request that mean something to the route, with what they tell,
    for the document. A `cross_origin` route may be called by pages of any origin, as all
    reads may. A `hidden` route is not documented.

    `scope` is what a caller needs: `read` for reads, none for OPTIONS and `publish` for all else unless told; None is
    for a route that is open to all. `packages` finds the names of the packages that a request is about, so that
    nobody gets at others than their own; unless told, it is the path's `{name}`.
    """

    summary: Required[str]
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    takes: Sequence[str]
    gives: Sequence[str]
    answers: Models
    raises: Sequence[type[PrismError]]
    cross_origin: bool
    hidden: bool
    scope: Scope | None
    packages: Names
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path: its handler and everything that is documented about it."""

    method: str
    template: Template
    handler: Handler
    summary: str
    tag: str
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    takes: tuple[str, ...] = ()
    answers: Models = field(default_factory=lambda: {200: None})
    raises: tuple[type[PrismError], ...] = ()
    gives: tuple[str, ...] = (JSON,)
    cross_origin: bool = False
    hidden: bool = False
    scope: Scope | None = "admin"
    packages: Names | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def description(self) -> str:
        """What the handler's docstring promises."""
        return (self.handler.__doc__ or "").strip()


class Routes:
    """The routes of one resource."""

    def __init__(self, *, tag: str = "registry") -> None:
        self._tag = tag
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def get(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Route GET, and with it HEAD; `told` is what Told names."""
        return self.route("GET", path, **told)

    def post(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Route POST."""
        return self.route("POST", path, **told)

    def put(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Route PUT."""
        return self.route("PUT", path, **told)

    def patch(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Route PATCH."""
        return self.route("PATCH", path, **told)

    def delete(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Route DELETE."""
        return self.route("DELETE", path, **told)

    def head(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Route HEAD by a handler of its own, where it is not GET without a body."""
        return self.route("HEAD", path, **told)

    def options(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Route OPTIONS by a handler of its own, where it says more than the methods allowed."""
        return self.route("OPTIONS", path, **told)

    def route(self, method: str, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Register a handler and leave it as it is."""
        template = Template.parse(path)
        body = told.get("body")

        def register(handler: Handler) -> Handler:
            self._routes.append(
                Route(
                    method=method,
                    template=template,
                    handler=handler,
                    summary=told["summary"],
                    tag=self._tag,
                    query=told.get("query"),
                    body=body,
                    takes=tuple(told.get("takes", (JSON,) if body else ())),
                    gives=tuple(told.get("gives", (JSON,))),
                    answers=told.get("answers", {200: None}),
                    raises=tuple(told.get("raises", ())),
                    cross_origin=told.get("cross_origin", method in READS),
                    hidden=told.get("hidden", False),
                    scope=told.get("scope", _usual_scope(method)),
                    packages=told.get("packages", _named if NAME in template.variables else None),
                    headers=told.get("headers", {}),
                )
            )
            return handler

        return register


Resources = Mapping[str, Sequence[str]] | Iterable[Iterable[Route]]
"""Modules by import path with what the paths of their `routes` begin with, or tables of routes."""


def collect(resources: Resources) -> Iterator[Route]:
    """Answer the routes of resources."""
    if isinstance(resources, Mapping):
        resources = [import_module(module).routes for module in resources]
    for table in resources:
        yield from table


class Router:
    """Finds a request's route: fixed text beats variables, HEAD is GET, and OPTIONS tells the methods.

    Modules are imported when a path is asked for that only they can serve.
    """

    def __init__(self, resources: Resources = ()) -> None:
        self._lock = Lock()
        self._waiting: dict[str, list[tuple[str, ...]]] = {}
        self._prefixes: set[tuple[str, ...]] = set()
        self._routes: tuple[Route, ...] = ()
        self._table: dict[str, tuple[Template, dict[str, Route]]] = {}
        if isinstance(resources, Mapping):
            self._wait_for(
                {
                    module: [tuple(split(prefix)) for prefix in prefixes]
                    for module, prefixes in resources.items()
                }
            )
        else:
            self._add(collect(resources))

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every route; imports every module."""
        self._import(list(self._waiting))
        return self._routes

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Answer the route for a path as sent and its variables; raises RouteNotFound or MethodNotAllowed."""
        methods, params = self._methods(path)
        if method not in methods:
            raise MethodNotAllowed(method, path, methods)
        return methods[method], params

    def _methods(self, path: str) -> tuple[dict[str, Route], dict[str, str]]:
        segments = decode(path)
        if segments is None:
            raise RouteNotFound(path)
        beginnings = {tuple(segments[:length]) for length in range(len(segments) + 1)}
        if not self._prefixes.isdisjoint(beginnings):
            self._import(_serving(beginnings, self._waiting))
        best: tuple[Match, dict[str, Route]] | None = None
        for template, methods in self._table.values():
            match = template.match(segments) if len(segments) in template.lengths else None
            if match is not None and (best is None or match.rank < best[0].rank):
                best = match, methods
        if best is None:
            raise RouteNotFound(path)
        return best[1], best[0].params

    def _import(self, modules: Sequence[str]) -> None:
        with self._lock:
            waiting = [module for module in modules if module in self._waiting]
            if waiting:
                self._add(route for module in waiting for route in import_module(module).routes)
                self._wait_for(
                    {module: prefixes for module, prefixes in self._waiting.items() if module not in waiting}
                )

    def _wait_for(self, waiting: dict[str, list[tuple[str, ...]]]) -> None:
        self._waiting = waiting
        self._prefixes = {prefix for prefixes in waiting.values() for prefix in prefixes}

    def _add(self, routes: Iterable[Route]) -> None:
        self._routes = (*self._routes, *routes)
        self._table = _table_of(self._routes)


def _serving(beginnings: set[tuple[str, ...]], waiting: Mapping[str, Iterable[tuple[str, ...]]]) -> list[str]:
    """Answer the modules of which one of a path's beginnings is a prefix."""
    return [module for module, prefixes in list(waiting.items()) if not beginnings.isdisjoint(prefixes)]


def _table_of(routes: Iterable[Route]) -> dict[str, tuple[Template, dict[str, Route]]]:
    """Answer the methods of each template, the implied ones too."""
    table: dict[str, tuple[Template, dict[str, Route]]] = {}
    for route in routes:
        _, methods = table.setdefault(route.template.text, (route.template, {}))
        if route.method in methods:
            raise ValueError(f"{route.method} {route.template.text} is routed twice")
        methods[route.method] = route
    for template, methods in table.values():
        _add_implied(template, methods)
    return table


def _usual_scope(method: str) -> Scope | None:
    """Answer what a method needs unless its route says otherwise; asking what may be done needs nothing."""
    if method == "OPTIONS":
        return None
    return "read" if method in READS else "publish"


def _named(request: Request) -> Iterable[str]:
    """Answer the package that a request's path names."""
    return (request.params[NAME],)


def _add_implied(template: Template, methods: dict[str, Route]) -> None:
    """Add HEAD where there is GET, and OPTIONS, unless they have handlers of their own."""
    if "GET" in methods:
        methods.setdefault("HEAD", replace(methods["GET"], method="HEAD"))
    if "OPTIONS" not in methods:
        methods["OPTIONS"] = Route(
            "OPTIONS", template, _preflight(methods), "Methods", "registry", hidden=True, scope=None
        )


def _preflight(methods: dict[str, Route]) -> Handler:
    """Make the handler that tells a path's methods, and which of them pages of other origins may use."""

    def tell(request: Request) -> Answer:
        open_to_all = sorted(method for method, route in methods.items() if route.cross_origin)
        allow = ", ".join(sorted(methods))
        asked = request.headers.get("access-control-request-method")
        if asked is not None and asked not in open_to_all:
            # A browser would send POST though it is not among the methods, as long as its headers are allowed.
            return no_content(headers={"Allow": allow})
        return no_content(
            headers={
                "Allow": allow,
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Allow-Methods": ", ".join(open_to_all),
                "Access-Control-Allow-Headers": "*, Authorization",
                "Access-Control-Max-Age": "86400",
            }
        )

    return tell


def check_content_type(route: Route, request: Request) -> None:
    """Refuse a body of a content type that the route does not take; raises UnsupportedMediaType."""
    if request.body and route.takes and request.media_type not in route.takes:
        # Without a type too: a page of another origin can send such a body, but none with a type that is taken here.
        raise UnsupportedMediaType(request.media_type, route.takes)
