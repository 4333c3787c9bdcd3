"""What API Gateway would refuse is refused here first."""

import itertools
import os
import re
from collections.abc import Callable, Iterable

import pytest

from app import app as registry
from chalicelib.api.gateway import METHODS, PrismApp, gateway_table
from chalicelib.api.requests import Request
from chalicelib.api.routing import Answer, Routes, bytes_answer
from chalicelib.api.templates import NAME, PATH, Template, split
from tests.api.callers import call
from tests.api.demo import demo_app

MAX_RESOURCES = 300
"""API Gateway's default quota of resources in one API."""
MAX_METHODS = 700
"""A method takes 0.93 KB of the packaged template, and CloudFormation reads templates of up to 1 MB."""


def complaints(paths: Iterable[str]) -> list[str]:
    """Answer what API Gateway refuses about a table of paths."""
    found: list[str] = []
    variables: dict[tuple[str, ...], str] = {}
    for path in paths:
        for depth, part in enumerate(split(path)):
            if "+" in part:
                found.append(f"{path} is greedy")
            if "{" in part and not re.fullmatch(r"\{\w+\}", part):
                found.append(f"{path} mixes text and variable")
            parent = tuple(split(path)[:depth])
            if "{" in part and variables.setdefault(parent, part) != part:
                found.append(f"{path} has a sibling {variables[parent]}")
    return found


def resources(paths: Iterable[str]) -> set[tuple[str, ...]]:
    """Answer the nodes of the tree that API Gateway makes of paths."""
    return {tuple(split(path)[:depth]) for path in paths for depth in range(len(split(path)) + 1)}


def reaches(paths: Iterable[str], sent: list[str]) -> str | None:
    """Answer the path that a request ends at where fixed segments are taken first and never gone back on."""
    nodes, registered = resources(paths), set(paths)
    node: tuple[str, ...] = ()
    for part in sent:
        below = [child for child in nodes if child[:-1] == node and len(child) == len(node) + 1]
        fixed = [child for child in below if child[-1] == part]
        variable = [child for child in below if child[-1].startswith("{")]
        if not fixed + variable:
            return None
        node = (fixed + variable)[0]
    path = "/" + "/".join(node)
    return path if path in registered else None


def examples(template: Template) -> Iterable[list[str]]:
    """Answer requests for a template: with and without a scope, and with a short and the deepest path."""
    choices = []
    for segment in template.segments:
        if segment.variable == NAME and not segment.suffix:
            choices.append([["pkg"], ["@scope", "pkg"]])
        elif segment.variable == PATH:
            choices.append([["x.js"], ["d"] * 20])
        else:
            choices.append([[segment.text + ("value" if segment.variable else "") + segment.suffix]])
    return [list(itertools.chain(*chosen)) for chosen in itertools.product(*choices)]


@pytest.mark.parametrize("app", [pytest.param(registry, id="registry"), pytest.param(demo_app(), id="demo")])
class TestRouteTable:
    """What holds for the registry's own table, and for one that has routes of every kind."""

    def test_the_gateway_would_take_it(self, app: PrismApp) -> None:
        assert complaints(app.routes) == []
        assert len(resources(app.routes)) <= MAX_RESOURCES

    def test_its_template_is_small_enough_to_deploy(self, app: PrismApp) -> None:
        assert sum(len(methods) for methods in app.routes.values()) <= MAX_METHODS

    def test_every_path_takes_the_methods_of_its_routes(self, app: PrismApp) -> None:
        for route in app.router.routes:
            for sent in examples(route.template):
                assert route.method in app.routes[str(reaches(app.routes, sent))]

    def test_every_route_can_be_reached_through_the_gateway(self, app: PrismApp) -> None:
        lost = [
            "/" + "/".join(sent)
            for route in app.router.routes
            for sent in examples(route.template)
            if reaches(app.routes, sent) is None
        ]

        assert lost == []

    def test_bodies_of_every_type_go_both_ways(self, app: PrismApp) -> None:
        assert app.api.binary_types == ["*/*"]
        kinds = [entry.content_types for entries in app.routes.values() for entry in entries.values()]
        assert all(kind == ["*/*"] for kind in kinds)


@pytest.mark.parametrize(
    "paths",
    [
        pytest.param(["/v1/packages/{name}", "/v1/packages/{scope}/{name}"], id="siblings-of-two-names"),
        pytest.param(["/files/{proxy+}"], id="greedy"),
        pytest.param(["/v1/{name}/{version}.tgz"], id="text-beside-a-variable"),
    ],
)
def test_a_table_that_the_gateway_refuses_is_complained_about(paths: list[str]) -> None:
    assert complaints(paths) != []


def table(*templates: str, method: str = "GET") -> dict[str, tuple[str, ...]]:
    """Answer the gateway's table for routes of one method."""
    routes = Routes()
    for template in templates:
        routes.route(method, template, summary="x")(lambda _: Answer())
    return gateway_table(routes)


def test_routes_with_one_prefix_share_one_column() -> None:
    assert list(table("/v1/p", "/v1/p/{name}", "/v1/p/{name}/{version}/diff")) == [
        "/v1/p",
        "/v1/p/{p1}",
        "/v1/p/{p1}/{p2}",
        "/v1/p/{p1}/{p2}/{p3}",
        "/v1/p/{p1}/{p2}/{p3}/{p4}",
    ]


def test_a_prefix_without_a_route_of_its_own_is_left_to_the_gateway() -> None:
    assert list(table("/npm/{name}")) == ["/npm/{p1}", "/npm/{p1}/{p2}"]


@pytest.mark.parametrize(
    ("templates", "expected"),
    [
        pytest.param(
            ["/npm/{name}", "/npm/-/whoami", "/npm/-/package/{name}/dist-tags/{tag}"],
            [
                "/npm" + "".join(f"/{{p{level}}}" for level in range(1, deepest + 1))
                for deepest in range(1, 7)
            ],
            id="into-the-column-above",
        ),
        pytest.param(
            ["/v1/a/b/c", "/v1/a/b", "/v1/{x}"], ["/v1/{p1}", "/v1/{p1}/{p2}", "/v1/{p1}/{p2}/{p3}"], id="all"
        ),
        pytest.param(
            ["/v1/a", "/v1/a/b/{x}"], ["/v1/a", "/v1/a/b/{p1}"], id="not-into-one-without-variables"
        ),
        pytest.param(["/v1/a/{x}", "/v1/ab/{x}"], ["/v1/a/{p1}", "/v1/ab/{p1}"], id="not-into-a-neighbour"),
    ],
)
def test_routes_below_a_column_with_variables_are_part_of_it(
    templates: list[str], expected: list[str]
) -> None:
    assert list(table(*templates)) == expected
    assert list(table(*reversed(templates))) == expected


def test_a_column_takes_the_methods_of_what_is_part_of_it() -> None:
    routes = Routes()
    routes.get("/npm/{name}", summary="x")(lambda _: Answer())
    routes.put("/npm/-/tag/{tag}", summary="x")(lambda _: Answer())

    assert set(gateway_table(routes).values()) == {METHODS}
    assert all(path.startswith("/npm/{p1}") for path in gateway_table(routes))


def test_what_is_part_of_a_column_is_answered_by_its_own_route() -> None:
    def answering(path: str) -> Callable[[Request], Answer]:
        return lambda _: bytes_answer(path.encode(), content_type="text/plain")

    expected = {
        "/npm/@s/whoami": "/npm/{name}",
        "/npm/-/whoami": "/npm/-/whoami",
        "/npm/-/package/@s/n/dist-tags/next": "/npm/-/package/{name}/dist-tags/{tag}",
    }
    routes, app = Routes(), PrismApp("demo")
    for path in expected.values():
        routes.get(path, summary="x", scope=None)(answering(path))
    app.mount([routes])

    assert all(reaches(app.routes, split(sent)) for sent in expected)
    assert {sent: call(app, "GET", sent).body.decode() for sent in expected} == expected


def test_a_column_with_writes_takes_every_method_and_one_without_only_reads() -> None:
    assert set(table("/v1/p", method="POST").values()) == {METHODS}
    assert set(table("/v1/p").values()) == {("GET", "HEAD", "OPTIONS")}


def test_an_app_leaves_the_processs_environment_as_it_is() -> None:
    before = dict(os.environ)

    PrismApp("another")

    assert dict(os.environ) == before


def test_the_gateway_may_compress_what_is_whole_and_not_compressed_yet() -> None:
    answer = call(demo_app(), "GET", "/v1/packages/left-pad")

    assert "content-encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["vary"]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(bytes_answer(b"x" * 2000, content_type="application/gzip"), id="compressed already"),
        pytest.param(bytes_answer(b"x" * 2000, content_type="text/css", status=206), id="a part"),
    ],
)
def test_the_gateway_is_told_to_leave_what_compression_would_spoil(told: Answer) -> None:
    routes, app = Routes(), PrismApp("demo")
    routes.get("/v1/told", summary="x", scope=None)(lambda _: told)
    app.mount([routes])

    assert call(app, "GET", "/v1/told").headers["content-encoding"] == "identity"
