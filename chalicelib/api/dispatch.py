"""A request from its route to a finished answer: failures become problems, each request a log line."""

import logging
import time
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from chalicelib.api.answers import READS, Answer, finish
from chalicelib.api.logs import LOGGER
from chalicelib.api.problems import problem, told
from chalicelib.api.requests import Request
from chalicelib.api.routing import Route, Router, check_content_type
from chalicelib.domain.errors import PrismError

SAFE: Final = {"X-Content-Type-Options": "nosniff"}
READABLE_BY_ALL: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Pages of any origin may import modules and read documents; a route that writes must say so of itself."""

_LOG: Final = logging.getLogger(f"{LOGGER}.requests")


def dispatch(router: Router, request: Request) -> Answer:
    """Answer a request by the routes of a router, whatever happens; the answer's content is bytes."""
    started = time.perf_counter()
    route: Route | None = None
    failure: Exception | None = None
    try:
        route, params = router.find(request.method, request.path)
        request = replace(request, params=params)
        check_content_type(route, request)
        answer = finish(route.handler(request), request.method, request.headers.get("if-none-match"))
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is answered
        failure = error
        answer = finish(problem(told(error), request), request.method, None)
    answer = _with_common_headers(answer, shared=route.cross_origin if route else request.method in READS)
    _log(request, route, answer, failure, time.perf_counter() - started)
    return answer


def refuse(error: PrismError, request: Request) -> Answer:
    """Answer a request that never reached a route."""
    answer = finish(problem(error, request), request.method, None)
    answer = _with_common_headers(answer, shared=request.method in READS)
    _log(request, None, answer, error, 0)
    return answer


def _with_common_headers(answer: Answer, *, shared: bool) -> Answer:
    common = {**SAFE, **(READABLE_BY_ALL if shared else {})}
    return replace(answer, headers={**common, **answer.headers})


def _log(
    request: Request, route: Route | None, answer: Answer, failure: Exception | None, seconds: float
) -> None:
    """Write the request's one line; a failure that is ours brings its traceback."""
    ours = answer.status in {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE}
    _LOG.log(
        logging.ERROR if ours else logging.INFO,
        "%s %s",
        request.method,
        request.path,
        exc_info=failure if ours else None,
        extra={
            "method": request.method,
            "route": route.template.text if route else None,
            "status": int(answer.status),
            "code": getattr(told(failure), "code", None) if failure else None,
            "durationMs": round(seconds * 1000, 2),
            "bytes": len(answer.content),
            "requestId": request.id,
        },
    )
