"""The stand-in for API Gateway keeps API Gateway's rules."""

import base64
import gzip
from typing import Any, Final

import pytest

from tests.runtime.front import request
from tests.runtime.function import TimedOut
from tests.runtime.gateway import MAX_BODY, Gateway, Given, Refused, Sent
from tests.runtime.runtime_api import FunctionError, RequestEntityTooLarge

PATHS: Final[dict[str, dict[str, Any]]] = {
    "/v1/packages": {"get": {}, "post": {}},
    "/v1/packages/{p1}": {"get": {}},
    "/v1/packages/search/all": {"get": {}},
}
BINARY = b"\x89PNG\xff"


def gateway(*binary_types: str, responses: dict[str, Any] | None = None, **properties: Any) -> Gateway:
    """Make the gateway of a small template."""
    definition = {
        "paths": PATHS,
        "x-amazon-apigateway-binary-media-types": list(binary_types or ("*/*",)),
        "x-amazon-apigateway-gateway-responses": responses or {},
    }
    api = {"StageName": "api", "DefinitionBody": definition, **properties}
    return Gateway({"Resources": {"RestAPI": {"Properties": api}}})


def answered(told: Any, *headers: tuple[str, str], by: Gateway | None = None) -> Given:
    """Answer what a client gets of a function's answer."""
    return request(by or gateway(), lambda _: told, Sent("GET", "/v1/packages", headers))


def told(body: str = "", **more: Any) -> dict[str, Any]:
    """Make a function's answer."""
    return {"statusCode": 200, "headers": {}, "body": body, **more}


def test_a_path_variable_arrives_as_it_was_sent() -> None:
    event = gateway().event(Sent("GET", "/v1/packages/@s%2Fn%20x"))

    assert event["pathParameters"] == {"p1": "@s%2Fn%20x"}
    assert event["requestContext"]["resourcePath"] == "/v1/packages/{p1}"
    assert event["requestContext"]["path"] == "/api/v1/packages/@s%2Fn%20x"


def test_a_query_is_decoded_and_keeps_every_value() -> None:
    event = gateway().event(Sent("GET", "/v1/packages?a=1%202&a=x%2By&b"))

    assert event["multiValueQueryStringParameters"] == {"a": ["1 2", "x+y"], "b": [""]}
    assert event["queryStringParameters"] == {"a": "x+y", "b": ""}


def test_without_a_query_or_variables_there_is_nothing() -> None:
    event = gateway().event(Sent("GET", "/v1/packages"))

    assert (event["multiValueQueryStringParameters"], event["pathParameters"]) == (None, None)


def test_headers_keep_every_value() -> None:
    event = gateway().event(Sent("GET", "/v1/packages", [("X-A", "1"), ("X-A", "2")]))

    assert (event["headers"], event["multiValueHeaders"]) == ({"X-A": "2"}, {"X-A": ["1", "2"]})


@pytest.mark.parametrize(
    ("method", "target"),
    [
        pytest.param("GET", "/", id="no-resource"),
        pytest.param("GET", "/v1", id="a-level-without-methods"),
        pytest.param("DELETE", "/v1/packages", id="another-method"),
        pytest.param("GET", "/v1/packages/search", id="fixed-text-is-not-gone-back-on"),
        pytest.param("GET", "/v1/packages//x", id="an-empty-part"),
    ],
)
def test_what_is_not_in_the_template_is_refused(method: str, target: str) -> None:
    with pytest.raises(Refused, match="MISSING_AUTHENTICATION_TOKEN"):
        gateway().event(Sent(method, target))


def test_a_slash_at_the_end_is_no_part() -> None:
    assert gateway().event(Sent("GET", "/v1/packages/"))["resource"] == "/v1/packages"


def test_a_body_of_a_binary_type_is_wrapped() -> None:
    event = gateway().event(Sent("POST", "/v1/packages", [("Content-Type", "image/png")], BINARY))

    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (BINARY, True)


def test_a_body_of_another_type_is_text() -> None:
    event = gateway("image/png").event(Sent("POST", "/v1/packages", [("Content-Type", "a/b")], b"text"))

    assert (event["body"], event["isBase64Encoded"]) == ("text", False)


@pytest.mark.parametrize(
    ("binary_types", "accept", "unwrapped"),
    [
        pytest.param(["*/*"], "text/html", True, id="everything-is-binary"),
        pytest.param(["*/*"], None, True, id="everything-and-no-accept"),
        pytest.param(["image/png"], "image/png, */*", True, id="the-first-is-listed"),
        pytest.param(["image/png"], "*/*, image/png", False, id="the-first-is-not"),
        pytest.param(["image/png"], None, False, id="no-accept"),
    ],
)
def test_the_first_media_type_accepted_decides_whether_bytes_are_unwrapped(
    binary_types: list[str], accept: str | None, *, unwrapped: bool
) -> None:
    wrapped = base64.b64encode(BINARY).decode()
    headers = [] if accept is None else [("Accept", accept)]

    given = answered(told(wrapped, isBase64Encoded=True), *headers, by=gateway(*binary_types))

    assert given.body == (BINARY if unwrapped else wrapped.encode())


def test_headers_that_are_the_gateways_own_are_renamed() -> None:
    given = answered(told(headers={"Content-Length": "3", "X-A": "1"}, multiValueHeaders={"X-A": ["2", "3"]}))

    assert given.headers == [("x-amzn-Remapped-Content-Length", "3"), ("X-A", "2"), ("X-A", "3")]


@pytest.mark.parametrize(
    ("size", "accepted", "compressed"),
    [
        pytest.param(100, "br, gzip;q=0.8", True, id="large-enough"),
        pytest.param(99, "gzip", False, id="too-small"),
        pytest.param(100, "br", False, id="not-accepted"),
        pytest.param(100, None, False, id="nothing-said"),
    ],
)
def test_a_large_answer_is_compressed_for_who_accepts_it(
    size: int, accepted: str | None, *, compressed: bool
) -> None:
    headers = [] if accepted is None else [("Accept-Encoding", accepted)]

    given = answered(told("a" * size), *headers, by=gateway(MinimumCompressionSize=100))

    assert (given.header("content-encoding") == "gzip") is compressed
    assert (gzip.decompress(given.body) if compressed else given.body) == b"a" * size


def test_head_has_no_body() -> None:
    assert gateway().answer(Sent("HEAD", "/v1/packages"), told("text")).body == b""


@pytest.mark.parametrize(
    "malformed",
    [
        pytest.param(None, id="nothing"),
        pytest.param({"verdicts": {}}, id="no-status"),
        pytest.param(told("not base64!", isBase64Encoded=True), id="base64"),
    ],
)
def test_a_malformed_answer_is_a_bad_gateway(malformed: Any) -> None:
    assert answered(malformed).status == 502


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        pytest.param(FunctionError("ValueError", "no"), 502, id="failed"),
        pytest.param(TimedOut(), 504, id="timed-out"),
        pytest.param(RequestEntityTooLarge(), 413, id="larger-than-an-invocation"),
    ],
)
def test_a_function_that_does_not_answer_is_told_by_status(failure: Exception, status: int) -> None:
    def invoke(event: Any) -> Any:
        raise failure

    assert request(gateway(), invoke, Sent("GET", "/v1/packages")).status == status


def test_a_body_of_more_than_ten_megabytes_never_reaches_the_function() -> None:
    with pytest.raises(Refused, match="REQUEST_TOO_LARGE"):
        gateway().event(Sent("POST", "/v1/packages", [], bytes(MAX_BODY + 1)))


def test_the_gateway_says_what_the_template_tells_it_to() -> None:
    response = {
        "statusCode": "404",
        "responseTemplates": {
            "application/json": '{"detail":$context.error.messageString,"id":"$context.requestId"}'
        },
        "responseParameters": {"gatewayresponse.header.Content-Type": "'application/problem+json'"},
    }
    made = gateway(responses={"MISSING_AUTHENTICATION_TOKEN": response})

    given = request(made, lambda _: told(), Sent("GET", "/none", id="r-1"))

    assert (given.status, given.header("content-type")) == (404, "application/problem+json")
    assert given.json == {"detail": "Missing Authentication Token", "id": "r-1"}


def test_an_answer_that_the_template_does_not_word_takes_the_default_of_its_class() -> None:
    made = gateway(
        responses={"DEFAULT_4XX": {"responseTemplates": {"application/json": '{"code":"refused"}'}}}
    )

    given = request(made, lambda _: told(), Sent("GET", "/none"))

    assert (given.status, given.json) == (403, {"code": "refused"})
