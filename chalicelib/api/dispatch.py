"""A request from its route to a finished answer: failures become problems, each request a line and a few numbers."""

import logging
import time
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Final

from chalicelib import telemetry
from chalicelib.api.answers import Answer, finish, whole
from chalicelib.api.guard import admit, shielded
from chalicelib.api.problems import problem, told
from chalicelib.api.requests import Request
from chalicelib.api.routing import Route, Router, check_content_type
from chalicelib.api.sharing import with_common_headers
from chalicelib.domain.errors import PrismError

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OURS: Final = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE})

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.requests")


def dispatch(router: Router, request: Request, *, most: int | None = None) -> Answer:
    """Answer a request by the routes of a router, whatever happens; the answer's content is bytes.

    Where an answer can have only `most` bytes, it has no stream either.
    """
    with _invocation(request) as current:
        return _dispatched(router, request, current, most)


def refuse(error: PrismError, request: Request) -> Answer:
    """Answer a request that never reached a route."""
    with _invocation(request) as current:
        answer = finish(problem(error, request), request.method, None)
        answer = with_common_headers(answer, request, None)
        _tell(current, request, None, answer, error, 0)
        return answer


def _invocation(request: Request) -> AbstractContextManager[telemetry.Invocation]:
    method = request.method if request.method in METHODS else "HTTP"
    return telemetry.invocation(method, kind="request", headers=request.headers, requestId=request.id)


def _dispatched(router: Router, request: Request, current: telemetry.Invocation, most: int | None) -> Answer:
    started = time.perf_counter()
    route: Route | None = None
    failure: Exception | None = None
    try:
        route, params = router.find(request.method, request.path)
        request = admit(route, request._replace(params=params))
        check_content_type(route, request)
        answer = finish(route.handler(request), request.method, request.headers.get("if-none-match"))
        answer = shielded(answer if most is None else whole(answer, most), route, request)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is answered
        failure = error
        answer = finish(problem(told(error), request), request.method, None)
    answer = with_common_headers(answer, request, route)
    _tell(current, request, route, answer, failure, time.perf_counter() - started)
    return answer


def _tell(
    current: telemetry.Invocation,
    request: Request,
    route: Route | None,
    answer: Answer,
    failure: Exception | None,
    seconds: float,
) -> None:
    """Count the request, describe its span and write its one line; a failure that is ours brings its traceback."""
    ours = answer.status in OURS
    template = route.template.text if route else None
    code = getattr(told(failure), "code", None) if failure else None
    status = f"{answer.status // 100}xx"
    telemetry.count("Requests", Status=status)
    telemetry.measure("RequestDuration", seconds * 1000, Status=status)
    if template is not None:
        current.rename(f"{request.method} {template}")
    current.describe(
        {
            "http.request.method": request.method,
            "http.route": template,
            "http.response.status_code": int(answer.status),
        }
    )
    if answer.status >= 500:
        current.fail(code or status)
    _LOG.log(
        logging.ERROR if ours else logging.INFO,
        "%s %s",
        request.method,
        request.path,
        exc_info=failure if ours else None,
        extra={
            "method": request.method,
            "route": template,
            "status": int(answer.status),
            "code": code,
            "durationMs": round(seconds * 1000, 2),
            "bytes": answer.size,
            "requestId": request.id,
        },
    )
