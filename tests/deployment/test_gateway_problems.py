"""What the gateway answers by itself looks like what the registry answers."""

import dataclasses
import json
from typing import Any, Final

import pytest

from chalicelib.api.description import pages
from deployment.problems import PROBLEMS, gateway_responses
from deployment.stage import read_stage

STAGE: Final = read_stage("prod")
KINDS: Final = sorted(PROBLEMS)


def document(kind: str, **changed: Any) -> dict[str, Any]:
    """Answer the problem document of a kind of response, the request's id filled in."""
    stage = dataclasses.replace(STAGE, **changed)
    text = gateway_responses(stage)[kind]["responseTemplates"]["application/json"]
    filled: dict[str, Any] = json.loads(text.replace("$context.requestId", "request-1"))
    return filled


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_problem_whose_page_the_registry_serves(kind: str) -> None:
    told = document(kind)
    page = pages()[told["code"]]

    assert told["type"] == f"/prod/v1/problems/{told['code']}"
    assert (told["title"], told["status"]) == (page.title, page.status)
    assert told["requestId"] == "request-1"
    assert told["detail"][0].islower()
    assert gateway_responses(STAGE)[kind]["statusCode"] == str(page.status)


@pytest.mark.parametrize("kind", KINDS)
def test_its_headers_are_those_of_every_problem(kind: str) -> None:
    headers = gateway_responses(STAGE)[kind]["responseParameters"]

    assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    assert headers["gatewayresponse.header.Cache-Control"] == "'no-store'"
    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    assert all(value[0] == value[-1] == "'" for value in headers.values())


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("MISSING_AUTHENTICATION_TOKEN", 404, "route_not_found"),
        ("REQUEST_TOO_LARGE", 413, "payload_too_large"),
        ("INTEGRATION_TIMEOUT", 504, "gateway_timeout"),
        ("INTEGRATION_FAILURE", 500, "internal_error"),
        ("DEFAULT_5XX", 500, "internal_error"),
        ("DEFAULT_4XX", 400, "invalid_request"),
        ("THROTTLED", 429, "too_many_requests"),
        ("UNAUTHORIZED", 401, "authentication_required"),
        ("ACCESS_DENIED", 403, "forbidden"),
    ],
)
def test_each_kind_has_the_status_it_means(kind: str, status: int, code: str) -> None:
    told = document(kind)

    assert (told["status"], told["code"]) == (status, code)


def test_a_body_that_is_too_large_is_refused_with_what_works_where_npm_prints_it() -> None:
    told = document("REQUEST_TOO_LARGE")

    assert "`aws s3 cp`" in told["error"]
    assert "docs/guides/publish-by-upload.md" in told["error"]
    assert told["error"] == told["detail"]


def test_a_body_that_is_too_large_is_refused_with_the_chunks_to_send() -> None:
    headers = gateway_responses(STAGE)["REQUEST_TOO_LARGE"]["responseParameters"]

    assert headers["gatewayresponse.header.Upload-Limit"] == "'max-append-size=4194304'"
    assert "4194304" in document("REQUEST_TOO_LARGE")["detail"]


@pytest.mark.parametrize("kind", KINDS)
def test_pages_may_read_the_headers_of_uploads(kind: str) -> None:
    headers = gateway_responses(STAGE)[kind]["responseParameters"]

    exposed = headers["gatewayresponse.header.Access-Control-Expose-Headers"].strip("'").split(", ")
    assert {"*", "Upload-Offset", "Upload-Limit", "Tus-Resumable", "Retry-After"} <= set(exposed)


@pytest.mark.parametrize("kind", ["THROTTLED", "INTEGRATION_TIMEOUT"])
def test_what_may_be_repeated_says_when(kind: str) -> None:
    assert gateway_responses(STAGE)[kind]["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"


def test_behind_a_domain_of_its_own_the_stage_is_no_part_of_addresses() -> None:
    assert document("THROTTLED", custom_domain=True)["type"] == "/v1/problems/too_many_requests"


def test_no_document_holds_what_the_gateway_or_terraform_would_fill_in() -> None:
    text = json.dumps(gateway_responses(STAGE))

    assert "${" not in text
    assert "%{" not in text
    assert text.count("$") == text.count("$context.requestId") == len(PROBLEMS)
