"""Paths, methods, and what a handler is given."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest

from chalicelib.api import RESOURCES
from chalicelib.api.errors import MethodNotAllowed, RouteNotFound
from chalicelib.api.gateway import PrismApp
from chalicelib.api.requests import Request
from chalicelib.api.routing import Answer, Router, Routes, json_answer
from chalicelib.api.templates import MAX_PATH_SEGMENTS, Template, split
from chalicelib.domain.document import Document
from tests.api.callers import call
from tests.api.demo import demo_app, routes


@pytest.fixture(scope="module")
def app() -> PrismApp:
    return demo_app()


@pytest.mark.parametrize(
    ("path", "template", "params"),
    [
        pytest.param("/v1/packages", "/v1/packages", {}, id="fixed"),
        pytest.param("/v1/packages/left-pad", "/v1/packages/{name}", {"name": "left-pad"}, id="name"),
        pytest.param("/v1/packages/@a/b", "/v1/packages/{name}", {"name": "@a/b"}, id="scope-two-segments"),
        pytest.param("/v1/packages/@a%2fb", "/v1/packages/{name}", {"name": "@a/b"}, id="scope-2f"),
        pytest.param("/v1/packages/@a%2Fb", "/v1/packages/{name}", {"name": "@a/b"}, id="scope-2F"),
        pytest.param(
            "/v1/packages/%40a%2Fb", "/v1/packages/{name}", {"name": "@a/b"}, id="scope-all-encoded"
        ),
        pytest.param("/v1/packages/%40a/b", "/v1/packages/{name}", {"name": "@a/b"}, id="scope-at-encoded"),
        pytest.param("/v1/packages/@a", "/v1/packages/{name}", {"name": "@a"}, id="scope-alone"),
        pytest.param("/v1/packages/a%252fb", "/v1/packages/{name}", {"name": "a%2fb"}, id="decoded-once"),
        pytest.param("/v1/packages/a+b", "/v1/packages/{name}", {"name": "a+b"}, id="plus-is-plus"),
        pytest.param(
            "/v1/packages/a/versions",
            "/v1/packages/{name}/versions",
            {"name": "a"},
            id="fixed-beats-variable",
        ),
        pytest.param(
            "/v1/packages/@s/n/1.0.0",
            "/v1/packages/{name}/{version}",
            {"name": "@s/n", "version": "1.0.0"},
            id="after-a-scope",
        ),
        pytest.param(
            "/v1/packages/a/1.0.0-rc.1.tgz",
            "/v1/packages/{name}/{version}.tgz",
            {"name": "a", "version": "1.0.0-rc.1"},
            id="suffix-beats-variable",
        ),
        pytest.param(
            "/v1/packages/a/.tgz",
            "/v1/packages/{name}/{version}",
            {"name": "a", "version": ".tgz"},
            id="a-variable-is-never-empty",
        ),
        pytest.param(
            "/packages/@s/n/1.0.0/lib/a%20b.js",
            "/packages/{name}/{version}/{path}",
            {"name": "@s/n", "version": "1.0.0", "path": "lib/a b.js"},
            id="path",
        ),
        pytest.param(
            "/packages/a/1.0.0/@types/x.d.ts",
            "/packages/{name}/{version}/{path}",
            {"name": "a", "version": "1.0.0", "path": "@types/x.d.ts"},
            id="path-with-at",
        ),
        pytest.param(
            "/packages/a/1.0.0/lib%2Fx.js",
            "/packages/{name}/{version}/{path}",
            {"name": "a", "version": "1.0.0", "path": "lib/x.js"},
            id="path-encoded-slash",
        ),
    ],
)
def test_a_path_finds_its_route(path: str, template: str, params: dict[str, str]) -> None:
    route, found = Router([routes]).find("GET", path)

    assert (route.template.text, found) == (template, params)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/", id="root"),
        pytest.param("/v2/packages", id="unknown"),
        pytest.param("/v1/packages/a/1.0.0/more", id="too-deep"),
        pytest.param("/packages/a/1.0.0", id="no-path"),
        pytest.param("/packages/a/1.0.0/../secret", id="dots"),
        pytest.param("/packages/a/1.0.0/%2e%2e/secret", id="encoded-dots"),
        pytest.param("/packages/a/1.0.0/x%2F..%2F..%2Fy", id="dots-in-encoded-slashes"),
        pytest.param("/packages/a/1.0.0/a//b", id="empty-segment"),
        pytest.param("/packages/a/1.0.0/a%00.js", id="nul"),
        pytest.param("/packages/a/1.0.0/a%0a.js", id="newline"),
        pytest.param("/v1/packages/%ff", id="not-utf-8"),
        pytest.param("/v1/packages//", id="empty-name"),
    ],
)
def test_a_path_that_no_route_has_is_not_found(path: str) -> None:
    with pytest.raises(RouteNotFound):
        Router([routes]).find("GET", path)


def test_a_wrong_method_names_the_right_ones() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        Router([routes]).find("PATCH", "/v1/packages/a")

    assert refused.value.allowed == ["DELETE", "GET", "HEAD", "OPTIONS", "POST"]


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("v1/x", id="no-slash"),
        pytest.param("/v1/", id="trailing-slash"),
        pytest.param("/v1//x", id="empty-segment"),
        pytest.param("/v1/{a}/{a}", id="twice"),
        pytest.param("/v1/{path}/x", id="path-not-last"),
        pytest.param("/v1/x{path}", id="path-with-text"),
        pytest.param("/v1/{a}{b}", id="two-in-one"),
        pytest.param("/v1/{a+}", id="greedy"),
    ],
)
def test_a_template_that_cannot_be_matched_is_refused(template: str) -> None:
    with pytest.raises(ValueError):
        Template.parse(template)


def test_a_route_cannot_be_given_twice() -> None:
    twice = Routes()
    for _ in range(2):
        twice.get("/x", summary="x")(lambda _: Answer())

    with pytest.raises(ValueError, match="GET /x is routed twice"):
        Router([twice])


def test_files_lie_as_deep_as_promised(app: PrismApp) -> None:
    deepest = "/".join(["d"] * (MAX_PATH_SEGMENTS - 1) + ["x.js"])

    answer = call(app, "GET", f"/packages/@s/n/1.0.0/{deepest}")

    assert answer.status == 200
    with pytest.raises(ValueError, match="No matching route"):
        call(app, "GET", f"/packages/@s/n/1.0.0/d/{deepest}")


def test_a_handler_stays_the_function_it_was() -> None:
    def handler(request: Request) -> Answer:
        return json_answer(request.method)

    assert Routes().get("/x", summary="x")(handler) is handler


@pytest.mark.parametrize(
    ("stage", "headers", "origin"),
    [
        pytest.param("", {}, "http://registry.example", id="local"),
        pytest.param("api", {"X-Forwarded-Proto": "https"}, "https://registry.example/api", id="stage"),
        pytest.param("v1", {}, "http://registry.example/v1", id="stage-named-like-a-path"),
        pytest.param("", {"Host": "[::1]:8000"}, "http://[::1]:8000", id="ipv6"),
        pytest.param("", {"Host": "evil/<script>"}, "http://localhost", id="host-that-is-none"),
        pytest.param("", {"Host": "x" * 262}, "http://localhost", id="host-too-long-for-a-name"),
    ],
)
def test_the_origin_is_what_the_client_addressed(
    app: PrismApp, stage: str, headers: dict[str, str], origin: str
) -> None:
    answer = call(app, "GET", "/v1/packages/a", stage=stage, headers=headers)

    assert answer.json["origin"] == origin


class Query(Document):
    limit: int = 20
    min_age: str | None = None


def test_a_query_is_read_by_its_last_values_and_camel_case_names() -> None:
    request = Request("GET", "/x", queries={"limit": ["5", "7"], "minAge": ["2d"], "tag": ["a", "b"]})

    assert request.query_as(Query) == Query.model_validate({"limit": "7", "minAge": "2d", "tag": "b"})
    assert request.query("limit") == "7"
    assert request.query("none") is None
    assert request.query_values("tag") == ("a", "b")


def test_a_missing_accept_header_is_no_obstacle(app: PrismApp) -> None:
    assert call(app, "GET", "/packages/a/1.0.0/x.wasm").status == 200


def test_an_accept_header_for_something_else_is_no_obstacle(app: PrismApp) -> None:
    answer = call(app, "GET", "/packages/a/1.0.0/x.wasm", headers={"Accept": "application/json"})

    assert (answer.status, answer.headers["content-type"]) == (200, "application/wasm")


def test_a_module_is_imported_when_a_path_is_asked_for_that_it_serves() -> None:
    router = Router(RESOURCES)
    assert router.find("GET", "/v1/search")[0].tag == "search"

    assert {route.tag for route in router._routes} == {"search"}


@pytest.mark.parametrize("module", RESOURCES)
def test_what_a_modules_paths_begin_with_is_declared(module: str) -> None:
    prefixes = [tuple(split(prefix)) for prefix in RESOURCES[module]]

    for route in import_module(module).routes:
        assert any(route.template.fixed[: len(prefix)] == prefix for prefix in prefixes), route.template.text


def test_a_percent_encoded_path_finds_its_module() -> None:
    assert Router(RESOURCES).find("GET", "/v1/se%61rch")[0].tag == "search"


def test_many_threads_import_a_module_once() -> None:
    router = Router(RESOURCES)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: router.find("GET", "/v1/resolve")[0].tag, range(32)))

    assert set(found) == {"resolve"}
    served = [route.method for route in router._routes if route.template.text == "/v1/resolve"]
    assert served == ["GET", "POST"]
