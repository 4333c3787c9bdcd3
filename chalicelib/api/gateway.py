"""Prism behind Chalice: the logical routes folded into what API Gateway can hold.

API Gateway allows one variable name on each level of the tree and, under Chalice, no greedy variable. So the
routes that share their fixed first segments become one column of gateway paths, a level each
(`/packages/{p1}`, `/packages/{p1}/{p2}`, …), and the logical route is found in the request's own path. That
way an unknown path or a wrong method below a known prefix is answered in our shape too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Final

from chalice.app import Chalice, Response

from chalicelib.api.answers import BODILESS, Answer
from chalicelib.api.dispatch import dispatch, refuse
from chalicelib.api.errors import InternalError, MethodNotAllowed
from chalicelib.api.invocations import request_of
from chalicelib.api.requests import Request
from chalicelib.api.routing import Resource, Route, Router, collect

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
READ_METHODS: Final = ("GET", "HEAD", "OPTIONS")
"""What a column without writes takes; each method more is 3 KB of a template that may have 1 MB."""

EVERYTHING: Final = "*/*"

_EVENT: Final[ContextVar[Mapping[str, Any]]] = ContextVar("event")


class PrismApp(Chalice):
    """A Chalice app whose every answer is bytes, and that answers callers who state no Accept header.

    Set `states_length` where the server in front sends a Content-Length of ours as it is: HEAD then tells
    GET's.
    """

    def __init__(self, app_name: str) -> None:
        super().__init__(app_name, configure_logs=False)
        self.api.binary_types = [EVERYTHING]
        self.router = Router(())
        self.states_length = False
        self.register_middleware(_in_our_shape, "http")

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer an event of the gateway; safe to call from any number of threads."""
        event = _with_accept(event)
        _EVENT.set(event)
        answer: dict[str, Any] = super().__call__(event, context)
        return answer

    def answer(self, request: Request) -> Answer:
        """Answer a request without the gateway; the answer's content is bytes."""
        return dispatch(self.router, request)


def mount(app: PrismApp, resources: Iterable[Resource]) -> None:
    """Give an app the routes of resources: modules by import path (their `routes`), or tables of routes."""
    app.router = Router(collect(resources))

    def view(**_variables: str) -> Response:
        request = request_of(_EVENT.get())
        return _response(app.answer(request), request.method, states_length=app.states_length)

    for path, methods in gateway_table(app.router.routes).items():
        app.route(path, methods=list(methods), content_types=[EVERYTHING])(view)


def gateway_table(routes: Iterable[Route]) -> dict[str, tuple[str, ...]]:
    """Answer the gateway's paths that routes need, ascending, and the methods of each."""
    columns: dict[tuple[str, ...], list[Route]] = {}
    for route in routes:
        columns.setdefault(route.template.fixed, []).append(route)
    return dict(sorted(item for fixed, column in columns.items() for item in _column(fixed, column)))


def _column(fixed: tuple[str, ...], routes: Iterable[Route]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Answer a path for each level that the routes below a fixed prefix reach, and each level above it."""
    routes = list(routes)
    methods = READ_METHODS if all(route.method in READ_METHODS for route in routes) else METHODS
    fewest = min(route.template.depths.start for route in routes)
    deepest = max(route.template.depths.stop for route in routes)
    for depth in range(min(fewest, 1), deepest):
        levels = [f"{{p{level}}}" for level in range(1, depth + 1)]
        yield "/" + "/".join([*fixed, *levels]), methods


def _with_accept(event: Any) -> Any:
    """Answer the event with an Accept header, for without one Chalice refuses to answer bytes."""
    if not isinstance(event, dict):
        return event
    headers = event.get("headers") or {}
    if any(name.lower() == "accept" for name in headers):
        return event
    return {**event, "headers": {**headers, "accept": EVERYTHING}}


def _in_our_shape(request: Any, respond: Callable[[Any], Response]) -> Response:
    """Turn what Chalice refuses by itself into a problem."""
    response = respond(request)
    if not isinstance(response.body, dict) or "Code" not in response.body:
        return response
    refused = Request(method="", path="")
    if request is not None:
        refused = request_of(request.to_original_event())
    allowed = str(response.headers.get("Allow", "")).split(", ")
    not_allowed = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    error = MethodNotAllowed(refused.method, refused.path, allowed) if not_allowed else InternalError()
    return _response(refuse(error, refused), refused.method, states_length=False)


def _response(answer: Answer, method: str, *, states_length: bool) -> Response:
    """Answer what Chalice passes on; HEAD has no body, wherever it came from."""
    headers: dict[str, str | list[str]] = dict(answer.headers)
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    if method == "HEAD" and states_length and answer.status not in BODILESS:
        headers["Content-Length"] = str(len(answer.content))
    return Response(b"" if method == "HEAD" else answer.content, headers, int(answer.status))
