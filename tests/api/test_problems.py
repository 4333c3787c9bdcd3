"""Every failure has one shape, whoever produced it."""

import base64
import json
import logging
from collections.abc import Iterator

import pytest

from chalicelib.api.errors import STATUS, status_of
from chalicelib.api.gateway import NotARequest, PrismApp
from chalicelib.api.problems import problem
from chalicelib.api.requests import Request
from chalicelib.domain import errors as domain_errors
from chalicelib.domain.errors import PackageNotFound, PrismError
from tests.api.callers import Received, assert_problem, call, proxy_event
from tests.api.demo import demo_app


@pytest.fixture(scope="module")
def app() -> PrismApp:
    return demo_app()


JSON = {"Content-Type": "application/json"}
MISSING = object()


@pytest.mark.parametrize(
    ("request_line", "body", "status", "code"),
    [
        pytest.param("GET /v1/packages/missing", b"", 404, "package_not_found", id="domain"),
        pytest.param("GET /v1/packages/a/1.0.0/more", b"", 404, "route_not_found", id="unknown-route"),
        pytest.param("GET /packages/a/1/../x", b"", 404, "route_not_found", id="climbing-path"),
        pytest.param("PATCH /v1/packages/a", b"", 405, "method_not_allowed", id="method"),
        pytest.param("GET /v1/packages?limit=0", b"", 400, "invalid_query", id="query-out-of-range"),
        pytest.param("GET /v1/packages?limit=x", b"", 400, "invalid_query", id="query-not-a-number"),
        pytest.param("POST /v1/packages/a", b"", 400, "invalid_payload", id="no-body"),
        pytest.param("POST /v1/packages/a", b"{", 400, "invalid_payload", id="not-json"),
        pytest.param("POST /v1/packages/a", b'"\xff"', 400, "invalid_payload", id="not-utf-8"),
        pytest.param("POST /v1/packages/a", b"[" * 9999, 400, "invalid_payload", id="deeply-nested"),
        pytest.param("POST /v1/packages/a", b"{}", 400, "invalid_payload", id="field-missing"),
        pytest.param("POST /v1/packages/a", b'{"firstName":"taken"}', 409, "version_exists", id="conflict"),
        pytest.param("GET /v1/faults/unforeseen", b"", 500, "internal_error", id="bug"),
        pytest.param("GET /v1/faults/storage", b"", 503, "storage_unavailable", id="storage"),
    ],
)
def test_a_failure_is_told_as_a_problem(
    app: PrismApp, request_line: str, body: bytes, status: int, code: str
) -> None:
    method, _, address = request_line.partition(" ")

    assert_problem(call(app, method, address, body=body, headers=JSON), status, code)


def test_an_event_that_is_no_request_fails_so_that_its_sender_hears_of_it(app: PrismApp) -> None:
    with pytest.raises(NotARequest):
        app({"Records": [{"s3": {}}]}, None)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(["body"], "no base64!", id="a body that is not base64"),
        pytest.param(["body"], "abc", id="base64 that ends too early"),
        pytest.param(["body"], {"a": 1}, id="a body that is no text"),
        pytest.param(["headers"], ["a"], id="headers that are a list"),
        pytest.param(["pathParameters"], None, id="no path variables"),
        pytest.param(["pathParameters"], {"p2": "a"}, id="another path variable"),
        pytest.param(["multiValueQueryStringParameters"], "a", id="queries that are text"),
        pytest.param(["multiValueQueryStringParameters"], {"a": 1}, id="a query that is a number"),
        pytest.param(["requestContext", "httpMethod"], MISSING, id="no method"),
    ],
)
def test_an_event_that_cannot_be_read_is_told_as_a_problem(
    app: PrismApp, path: list[str], value: object
) -> None:
    answer = answer_to(app, path, value)

    assert assert_problem(answer, 400, "malformed_request")["requestId"] == "request-1"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(["headers"], None, id="no headers"),
        pytest.param(
            ["headers"], {"Host": None, "X-A": ["a"], "X-B": 1, "\ud800": "\udfff"}, id="odd headers"
        ),
        pytest.param(["multiValueQueryStringParameters"], {"limit": "5"}, id="a query without a list"),
        pytest.param(["multiValueQueryStringParameters"], {"limit": None}, id="a query without values"),
        pytest.param(["multiValueQueryStringParameters"], {"x": ["\ud800"] * 10_000}, id="many queries"),
        pytest.param(["pathParameters"], {"p1": "\ud800"}, id="half a character"),
        pytest.param(["requestContext", "requestId"], MISSING, id="no id"),
        pytest.param(["requestContext", "path"], MISSING, id="no path"),
        pytest.param(["isBase64Encoded"], MISSING, id="a body as it is"),
    ],
)
def test_what_is_only_odd_in_an_event_is_no_matter(app: PrismApp, path: list[str], value: object) -> None:
    assert answer_to(app, path, value).status == 200


def answer_to(app: PrismApp, path: list[str], value: object) -> Received:
    """Answer an event of which one part is another one, or missing."""
    event = proxy_event(app, "POST", "/v1/packages/a", body=b"{}")
    event["requestContext"]["httpMethod"] = "GET"
    *above, last = path
    part = event[above[0]] if above else event
    if value is MISSING:
        del part[last]
    else:
        part[last] = value
    response = app(event, None)
    headers = {name.lower(): text for name, text in response["headers"].items()}
    return Received(response["statusCode"], headers, base64.b64decode(response["body"]))


def test_a_method_the_gateway_does_not_have_is_told_as_a_problem(app: PrismApp) -> None:
    event = proxy_event(app, "GET", "/v1/packages/a")
    event["requestContext"]["httpMethod"] = "PURGE"

    response = app(event, None)

    assert response["statusCode"] == 405
    assert response["headers"]["Content-Type"] == "application/problem+json"


def test_the_facts_are_members_in_camel_case(app: PrismApp) -> None:
    answer = call(app, "POST", "/v1/packages/a", body=b'{"firstName":""}', headers=JSON)

    document = assert_problem(answer, 400, "invalid_payload")
    assert document["errors"][0]["path"] == "firstName"
    assert document["detail"].startswith("`firstName`: ")


def test_a_body_of_another_type_is_refused_with_the_types_taken(app: PrismApp) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = call(app, "POST", "/v1/packages/a", body=b"firstName=x", headers=form)

    document = assert_problem(answer, 415, "unsupported_media_type")
    assert document["supported"] == ["application/json"]


def test_a_content_type_may_carry_parameters(app: PrismApp) -> None:
    typed = {"content-type": "Application/JSON; charset=utf-8"}

    assert call(app, "POST", "/v1/packages/a", body=b'{"firstName":"x"}', headers=typed).status == 201


def test_a_wrong_method_is_told_the_right_ones(app: PrismApp) -> None:
    assert call(app, "PUT", "/v1/packages").headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("address", "retry_after"),
    [
        pytest.param("/v1/faults/storage", "1", id="may-help"),
        pytest.param("/v1/faults/storage?retry=no", None, id="cannot-help"),
    ],
)
def test_retrying_is_advised_only_where_it_may_help(
    app: PrismApp, address: str, retry_after: str | None
) -> None:
    assert call(app, "GET", address).headers.get("retry-after") == retry_after


@pytest.mark.parametrize("address", ["/v1/faults/unforeseen", "/v1/faults/storage"])
def test_a_failure_of_ours_leaks_nothing(app: PrismApp, address: str) -> None:
    assert b"secret" not in call(app, "GET", address).body


def test_npm_clients_find_the_sentence_under_error(app: PrismApp) -> None:
    document = assert_problem(call(app, "GET", "/npm/left-pad"), 404, "package_not_found")

    assert document["error"] == document["detail"]
    assert "error" not in call(app, "GET", "/v1/packages/missing").json


def test_the_type_leads_to_the_page_of_the_problem_below_the_stage(app: PrismApp) -> None:
    answer = call(app, "GET", "/v1/packages/missing", stage="api")

    assert answer.json["type"] == "/api/v1/problems/package_not_found"


def test_the_standard_members_come_first() -> None:
    answer = problem(PackageNotFound("x"), Request("GET", "/x", id="1"))

    assert list(answer.content)[:6] == ["type", "title", "status", "detail", "code", "requestId"]


def test_a_fact_never_hides_a_standard_member() -> None:
    answer = problem(PrismError("broken", status=1, code="x", request_id="y"), Request("GET", "/x", id="1"))

    assert (answer.content["status"], answer.content["code"]) == (500, "internal_error")
    assert answer.content["requestId"] == "1"


def kinds(kind: type[PrismError]) -> Iterator[type[PrismError]]:
    """Answer all kinds of failure below one that the project defines."""
    for child in kind.__subclasses__():
        if child.__module__.startswith("chalicelib."):
            yield child
            yield from kinds(child)


def test_every_kind_of_failure_has_its_own_code_and_a_status_of_its_own_or_its_parents() -> None:
    found = list(kinds(PrismError))
    codes = [kind.code for kind in found if "code" in vars(kind) and kind is not PrismError]

    assert domain_errors.VersionExists in found
    assert len(set(codes)) == len(codes)
    assert all(status_of(kind) in STATUS.values() for kind in found)
    assert all(
        status_of(kind) < 500
        for kind in found
        if not kind.code.endswith(("_error", "implemented", "misconfigured", "timeout", "answer_too_large"))
        and not issubclass(kind, domain_errors.Unavailable)
    )


def test_a_bug_is_logged_once_with_its_traceback_under_the_requests_id(
    app: PrismApp, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="prism"):
        answer = call(app, "GET", "/v1/faults/unforeseen")

    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[0] is RuntimeError
    assert vars(record)["requestId"] == json.loads(answer.body)["requestId"] == "request-1"
