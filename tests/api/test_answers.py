"""Caching, conditions, HEAD and the headers that every answer carries."""

import pytest

from chalicelib.api.answers import Answer, etag_matches, finish, json_answer, not_modified, plain
from chalicelib.api.gateway import PrismApp
from chalicelib.domain.document import Document
from tests.api.callers import call
from tests.api.demo import MODULE, demo_app


@pytest.fixture(scope="module")
def app() -> PrismApp:
    return demo_app()


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        pytest.param('"v1"', True, id="same"),
        pytest.param('W/"v1"', True, id="weak"),
        pytest.param("*", True, id="any"),
        pytest.param('"v0", W/"v1"', True, id="list"),
        pytest.param('"a,b" , "v1"', True, id="comma-inside"),
        pytest.param('"v2"', False, id="other"),
        pytest.param("v1", False, id="unquoted"),
        pytest.param("", False, id="empty"),
    ],
)
def test_if_none_match_is_compared_weakly(condition: str, matches: bool) -> None:
    assert etag_matches(condition, '"v1"') is matches
    assert etag_matches(condition, 'W/"v1"') is matches


def test_a_condition_that_holds_is_answered_without_bytes(app: PrismApp) -> None:
    first = call(app, "GET", "/v1/packages/a/1.0.0")

    again = call(app, "GET", "/v1/packages/a/1.0.0", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"] == '"v1"'
    assert again.headers["cache-control"] == first.headers["cache-control"]
    assert "content-type" not in again.headers


def test_a_read_without_an_etag_gets_one_from_its_bytes(app: PrismApp) -> None:
    first, same, other = (call(app, "GET", f"/v1/packages/{name}") for name in ("a", "a", "b"))

    assert first.headers["etag"] == same.headers["etag"] != other.headers["etag"]


def test_a_failure_is_never_not_modified(app: PrismApp) -> None:
    assert call(app, "GET", "/v1/packages/missing", headers={"If-None-Match": "*"}).status == 404


def test_a_write_is_never_cached() -> None:
    answer = finish(json_answer({"done": True}), "POST", "*")

    assert (answer.status, answer.header("Cache-Control")) == (200, "no-store")
    assert answer.header("ETag") is None


def test_head_is_get_without_the_body(app: PrismApp) -> None:
    get, head = (call(app, method, "/packages/a/1.0.0/x.js") for method in ("GET", "HEAD"))

    assert (head.status, head.body, get.body) == (200, b"", MODULE)
    assert head.headers == get.headers


def test_head_of_a_failure_has_no_body(app: PrismApp) -> None:
    head = call(app, "HEAD", "/v1/packages/missing")

    assert (head.status, head.body) == (404, b"")


def test_no_content_has_neither_body_nor_type(app: PrismApp) -> None:
    answer = call(app, "DELETE", "/v1/packages/a")

    assert (answer.status, answer.body) == (204, b"")
    assert "content-type" not in answer.headers


def test_a_redirect_is_not_cached_since_signed_addresses_expire(app: PrismApp) -> None:
    answer = call(app, "GET", "/v1/packages/a/1.0.0.tgz")

    assert (answer.status, answer.body) == (302, b"")
    assert answer.headers["location"] == "https://cdn.example/a/1.0.0"
    assert answer.headers["cache-control"] == "no-store"


def test_reads_may_be_used_by_pages_of_any_origin_and_writes_may_not(app: PrismApp) -> None:
    read = call(app, "GET", "/packages/a/1.0.0/x.js")
    write = call(app, "POST", "/v1/packages/a", body=b'{"firstName":"x"}')

    assert read.headers["access-control-allow-origin"] == "*"
    assert read.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-origin" not in write.headers
    assert read.headers["x-content-type-options"] == write.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "allow", "shared"),
    [
        pytest.param("/v1/packages/a", "DELETE, GET, HEAD, OPTIONS, POST", "GET, HEAD", id="reads-only"),
        pytest.param("/v1/uploads/1", "OPTIONS, PUT", "PUT", id="a-route-that-says-so"),
    ],
)
def test_options_tells_the_methods_and_which_of_them_are_shared(
    app: PrismApp, path: str, allow: str, shared: str
) -> None:
    answer = call(app, "OPTIONS", path)

    assert answer.status == 204
    assert answer.headers["allow"] == allow
    assert answer.headers["access-control-allow-methods"] == shared
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()


def test_a_page_that_asks_to_write_is_allowed_nothing(app: PrismApp) -> None:
    asked = {
        "Origin": "https://page.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }

    answer = call(app, "OPTIONS", "/v1/packages/a", headers=asked)

    assert answer.status == 204
    assert not [name for name in answer.headers if name.startswith("access-control-allow-")]
    read = call(app, "OPTIONS", "/v1/packages/a", headers=asked | {"Access-Control-Request-Method": "GET"})
    assert read.headers["access-control-allow-origin"] == "*"


def test_a_shared_write_tells_browsers_so_even_when_it_fails(app: PrismApp) -> None:
    answer = call(app, "PUT", "/v1/uploads/1", body=b"x", headers={"Content-Type": "text/plain"})

    assert answer.status == 415
    assert answer.headers["access-control-allow-origin"] == "*"


class Inner(Document):
    some_name: str
    absent: str | None = None


def test_documents_inside_values_are_sent_in_camel_case_without_absent_fields() -> None:
    assert plain({"items": [Inner(some_name="x")]}) == {"items": [{"someName": "x"}]}


@pytest.mark.parametrize(
    ("content", "content_type", "body"),
    [
        pytest.param({"a": 1}, "application/json", b'{"a":1}', id="json"),
        pytest.param("héllo", "text/plain; charset=utf-8", "héllo".encode(), id="text"),
        pytest.param(b"\xff", "application/octet-stream", b"\xff", id="bytes"),
        pytest.param(None, None, b"", id="nothing"),
    ],
)
def test_the_content_decides_its_type(content: object, content_type: str | None, body: bytes) -> None:
    answer = finish(Answer(content=content), "GET", None)

    assert (answer.content_type, answer.content) == (content_type, body)


@pytest.mark.parametrize(
    ("value", "body"),
    [
        pytest.param("text", b'"text"', id="text"),
        pytest.param(None, b"null", id="null"),
        pytest.param([], b"[]", id="empty-list"),
        pytest.param(b'{"a":1}', b'{"a":1}', id="json-already"),
    ],
)
def test_a_json_answer_is_json_whatever_the_value(value: object, body: bytes) -> None:
    answer = finish(json_answer(value), "GET", None)

    assert (answer.content_type, answer.content) == ("application/json", body)


def test_not_modified_can_be_answered_by_a_handler_too() -> None:
    answer = finish(not_modified("v1"), "GET", None)

    assert (answer.status, answer.header("etag"), answer.content) == (304, '"v1"', b"")
