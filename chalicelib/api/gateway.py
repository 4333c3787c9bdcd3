"""Prism behind Chalice: the logical routes folded into what API Gateway can hold.

API Gateway allows one variable name on each level of the tree and, under Chalice, no greedy variable. So the
routes that share their fixed first segments become one column of gateway paths, a level each
(`/packages/{p1}`, `/packages/{p1}/{p2}`, …), and the logical route is found in the request's own path. Routes
with more fixed segments below such a column are part of it. That way an unknown path or a wrong method below a
known prefix is answered in our shape too.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, NoReturn

from chalice.app import Chalice

from chalicelib.api.answers import Answer
from chalicelib.api.dispatch import dispatch, refuse
from chalicelib.api.errors import MalformedRequest
from chalicelib.api.invocations import request_of, unreadable_request
from chalicelib.api.requests import Request
from chalicelib.api.routing import Resources, Route, Router
from chalicelib.domain.media_types import is_compressed

if TYPE_CHECKING:
    from chalicelib.domain.errors import PrismError

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
READ_METHODS: Final = ("GET", "HEAD", "OPTIONS")
"""What a column without writes takes; each method more is 3 KB of a template that may have 1 MB."""

EVERYTHING: Final = "*/*"
MOST_BYTES: Final = 4 << 20
"""What a function may answer with, in base64, less what else is in the answer."""

HEALTH_PATH: Final = "/v1/health"


class NotARequest(Exception):
    """The function was invoked with something else than a request of API Gateway; it is not done."""

    def __init__(self) -> None:
        super().__init__(
            "this function answers API Gateway alone; an event of the bucket belongs to `publish_uploads`"
        )


class PrismApp(Chalice):
    """A Chalice app that answers the gateway's events by its own router; every answer is bytes.

    Chalice's table of routes says what to deploy and is made when it is asked for; no request needs it.
    """

    def __init__(self, app_name: str) -> None:
        self._deployed = True  # there is nothing to deploy yet
        self._deploying = RLock()
        # Chalice writes itself into a variable that the SDK sends along with every request, once more with each app
        # that a process makes; after some hundreds of them servers hang up on the line.
        super().__init__(app_name, configure_logs=False, env={})
        self.api.binary_types = [EVERYTHING]
        self.router = Router()
        self.trouble: PrismError | None = None

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer an event of the gateway; safe to call from any number of threads.

        Raises NotARequest, for whoever sent something else must not take an answer for success.
        """
        checked = _checked(event)
        try:
            request = request_of(checked)
        except MalformedRequest as error:
            request = unreadable_request(checked)
            answer = refuse(error, request)
        else:
            answer = self.answer(request, most=MOST_BYTES)
        return _proxied(answer, request.method)

    def answer(self, request: Request, *, most: int | None = None) -> Answer:
        """Answer a request without the gateway; the answer's content is bytes, or it has a stream.

        Where it can have only `most` bytes, it has no stream, or is refused for having more.
        While there is `trouble` with the settings it is all that is answered; the health route tells it its own way.
        """
        if self.trouble is not None and request.path != HEALTH_PATH:
            return refuse(self.trouble, request)
        return dispatch(self.router, request, most=most)

    @property
    def routes(self) -> dict[str, Any]:
        """The gateway's paths, for Chalice to deploy or to serve locally."""
        # Chalice's local server asks for them once a connection, so perhaps many times at once.
        with self._deploying:
            if not self._deployed:
                self._deployed = True
                for path, methods in gateway_table(self.router.routes).items():
                    self.route(path, methods=list(methods), content_types=[EVERYTHING])(_view)
        return self._routes

    @routes.setter
    def routes(self, table: dict[str, Any]) -> None:
        self._routes = table

    def mount(self, resources: Resources) -> None:
        """Serve the routes of resources, and those alone."""
        self.router = Router(resources)
        self._deployed = False


def _view(**_variables: str) -> NoReturn:
    raise AssertionError("requests are answered by the app's own router")


def gateway_table(routes: Iterable[Route]) -> dict[str, tuple[str, ...]]:
    """Answer the gateway's paths that routes need, ascending, and the methods of each."""
    columns: dict[tuple[str, ...], list[Route]] = {}
    for route in routes:
        columns.setdefault(route.template.fixed, []).append(route)
    folded = _folded(columns)
    return dict(sorted(item for fixed, column in folded.items() for item in _column(fixed, column)))


def _folded(columns: Mapping[tuple[str, ...], list[Route]]) -> dict[tuple[str, ...], list[Route]]:
    """Answer fewer columns: what lies below one with variable levels is reached through those, and joins it."""
    varied = {
        fixed for fixed, column in columns.items() if any(_depths(fixed, route)[-1] for route in column)
    }
    folded: dict[tuple[str, ...], list[Route]] = {}
    for fixed, column in columns.items():
        above = (fixed[:length] for length in range(len(fixed)) if fixed[:length] in varied)
        folded.setdefault(next(above, fixed), []).extend(column)
    return folded


def _depths(fixed: tuple[str, ...], route: Route) -> range:
    """Answer how many segments a request for a route may have below a fixed prefix of its template."""
    depths, more = route.template.depths, len(route.template.fixed) - len(fixed)
    return range(depths.start + more, depths.stop + more)


def _column(fixed: tuple[str, ...], routes: Iterable[Route]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Answer a path for each level that the routes below a fixed prefix reach, and each level above it."""
    routes = list(routes)
    methods = READ_METHODS if all(route.method in READ_METHODS for route in routes) else METHODS
    depths = [_depths(fixed, route) for route in routes]
    for depth in range(min(*(each.start for each in depths), 1), max(each.stop for each in depths)):
        levels = [f"{{p{level}}}" for level in range(1, depth + 1)]
        yield "/" + "/".join([*fixed, *levels]), methods


def _checked(event: Any) -> dict[str, Any]:
    """Answer an event that a gateway's request made."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(context, dict) or not isinstance(context.get("resourcePath"), str):
        raise NotARequest
    checked: dict[str, Any] = event
    return checked


def _proxied(answer: Answer, method: str) -> dict[str, Any]:
    """Answer what the gateway takes; HEAD has no body, wherever it came from."""
    answer = _compressible(answer)
    headers = dict(answer.headers)
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    content = b"" if method == "HEAD" else answer.content
    return {
        "statusCode": int(answer.status),
        "headers": headers,
        "multiValueHeaders": {},
        "body": base64.b64encode(content).decode("ascii"),
        "isBase64Encoded": True,
    }


def _compressible(answer: Answer) -> Answer:
    """Answer the same, saying what the gateway's compression may do to it.

    API Gateway compresses every answer of some size that states no Content-Encoding, whatever its status and type. Of a
    part, the ranges would no longer be those of the file; and what is compressed already is not compressed again.
    """
    if answer.header("Content-Encoding") is not None:
        return answer
    if answer.status == HTTPStatus.PARTIAL_CONTENT or is_compressed(answer.content_type):
        return answer.with_header("Content-Encoding", "identity")
    return answer.varying_by("Accept-Encoding")
