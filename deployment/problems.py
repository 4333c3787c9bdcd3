"""What API Gateway answers by itself, in the shape of every other failure.

The gateway fills in no more than variables, so each kind of failure has its whole document, and a status of its own:
whatever has none here is answered as the gateway's default for its class.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.api.errors import (
    AnswerTooLate,
    InternalError,
    RouteNotFound,
    TooManyRequests,
    UnsupportedMediaType,
    status_of,
)
from chalicelib.api.problems import PROBLEM_JSON, PROBLEMS_PATH, RETRY_AFTER_SECONDS
from chalicelib.api.sharing import EXPOSED
from chalicelib.domain.access import AuthenticationRequired, Forbidden
from chalicelib.domain.errors import InvalidRequest, PayloadTooLarge, PrismError
from chalicelib.domain.uploads.limits import GATEWAY_APPEND
from deployment.stage import Stage

MEDIA_TYPE: Final = "application/json"
"""What a template is looked up by; a response of another content type is stated in a header."""


@dataclass(frozen=True, slots=True)
class GatewayProblem:
    """A failure that the gateway answers, by the kind that the registry would raise."""

    kind: type[PrismError]
    detail: str
    retry: bool = False

    @property
    def status(self) -> int:
        """The status it is answered with."""
        return int(status_of(self.kind))


_REFUSED: Final = GatewayProblem(Forbidden, "the gateway in front of the registry refused this request")
_UNAUTHENTICATED: Final = GatewayProblem(
    AuthenticationRequired, "the gateway in front of the registry needs to know who calls"
)
_MALFORMED: Final = GatewayProblem(
    InvalidRequest, "the gateway in front of the registry does not understand this request"
)
_BUSY: Final = GatewayProblem(
    TooManyRequests,
    "the registry has more requests than it can answer; send this one again in a moment",
    retry=True,
)
_FAILED: Final = GatewayProblem(
    InternalError, "the registry failed to answer; the gateway's log tells why under this request's id"
)

PROBLEMS: Final[dict[str, GatewayProblem]] = {
    "ACCESS_DENIED": _REFUSED,
    "API_CONFIGURATION_ERROR": _FAILED,
    "AUTHORIZER_CONFIGURATION_ERROR": _FAILED,
    "AUTHORIZER_FAILURE": _FAILED,
    "BAD_REQUEST_BODY": _MALFORMED,
    "BAD_REQUEST_PARAMETERS": _MALFORMED,
    "DEFAULT_4XX": _MALFORMED,
    "DEFAULT_5XX": _FAILED,
    "EXPIRED_TOKEN": _UNAUTHENTICATED,
    "INTEGRATION_FAILURE": _FAILED,
    "INTEGRATION_TIMEOUT": GatewayProblem(
        AnswerTooLate,
        "the registry did not answer in time; what was to be written may have been, and the request can be repeated",
        retry=True,
    ),
    "INVALID_API_KEY": _REFUSED,
    "INVALID_SIGNATURE": _REFUSED,
    "MISSING_AUTHENTICATION_TOKEN": GatewayProblem(
        RouteNotFound, "nothing is served at this path for this method; `/v1/openapi.json` lists every route"
    ),
    "QUOTA_EXCEEDED": _BUSY,
    "REQUEST_TOO_LARGE": GatewayProblem(
        PayloadTooLarge,
        "the gateway in front of the registry takes no body this large; send it in chunks of at most "
        f"{GATEWAY_APPEND} bytes, as docs/guides/upload.md tells, or run `npm pack` and upload the tarball to the "
        "bucket with `aws s3 cp`, as docs/guides/publish-by-upload.md tells",
    ),
    "RESOURCE_NOT_FOUND": GatewayProblem(
        RouteNotFound, "nothing is served at this path; `/v1/openapi.json` lists every route"
    ),
    "THROTTLED": _BUSY,
    "UNAUTHORIZED": _UNAUTHENTICATED,
    "UNSUPPORTED_MEDIA_TYPE": GatewayProblem(
        UnsupportedMediaType, "the body is of a content type that is not taken here"
    ),
    "WAF_FILTERED": _REFUSED,
}

HEADERS: Final = {
    "Content-Type": PROBLEM_JSON,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": EXPOSED,
}


def document(stage: Stage, problem: GatewayProblem) -> str:
    """Answer the template of a problem document, in which the gateway fills in the request's id."""
    base = "" if stage.custom_domain else f"/{stage.api_stage}"
    members = {
        "type": f"{base}{PROBLEMS_PATH}/{problem.kind.code}",
        "title": problem.kind.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.kind.code,
        "requestId": "$context.requestId",
        # npm's clients print this member alone, and the gateway knows no paths.
        "error": problem.detail,
    }
    return json.dumps(members)


def headers(problem: GatewayProblem) -> dict[str, str]:
    """Answer the headers of a problem, by the names under which the gateway keeps them."""
    wanted = {**HEADERS, **({"Retry-After": str(RETRY_AFTER_SECONDS)} if problem.retry else {})}
    if problem.kind is PayloadTooLarge:
        wanted["Upload-Limit"] = f"max-append-size={GATEWAY_APPEND}"
    # A value that is no variable stands in quotes.
    return {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in wanted.items()}


def gateway_responses(stage: Stage) -> dict[str, Any]:
    """Answer what the gateway answers by itself, as its definition of an API takes it."""
    return {
        response: {
            "statusCode": str(problem.status),
            "responseTemplates": {MEDIA_TYPE: document(stage, problem)},
            "responseParameters": headers(problem),
        }
        for response, problem in PROBLEMS.items()
    }
