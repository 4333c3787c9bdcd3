"""Whole dependency graphs over HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.api import RESOURCES
from chalicelib.api.dispatch import dispatch
from chalicelib.api.requests import Request
from chalicelib.api.routing import Router
from chalicelib.container import installed
from tests.worlds import World, memory_world, publish


@pytest.fixture
def world() -> Iterator[World]:
    made = memory_world()
    publish(made.container, name="base")
    publish(made.container, name="app", dependencies={"base": "^1.0.0"})
    with installed(made.container):
        yield made


def ask(**payload: Any) -> tuple[int, Any]:
    answer = dispatch(
        Router(RESOURCES),
        Request(
            "POST",
            "/v1/resolve/graph",
            headers={"content-type": "application/json"},
            body=json.dumps(payload).encode(),
        ),
    )
    return int(answer.status), json.loads(answer.content)


def test_a_graph_tells_of_each_package_where_it_lies_and_what_each_runtime_loads(world: World) -> None:
    status, graph = ask(specs=["app"], runtimes=["node", "deno"], baseUrl="https://r.example")

    app = graph["nodes"][0]
    assert (status, app["id"], app["path"]) == (200, "app@1.0.0", "node_modules/app")
    assert app["dependencies"] == {"base": "node_modules/base"}
    assert app["tarball"] == "https://r.example/v1/packages/app/1.0.0.tgz"
    entry = {"url": "https://r.example/packages/app/1.0.0/index.js", "format": "module"}
    assert app["entries"] == {"node": entry, "deno": entry}


def test_a_lock_that_is_sent_back_brings_the_same_lock(world: World) -> None:
    _, graph = ask(specs=["app"])
    publish(world.container, "1.1.0", name="base")

    assert ask(lock=graph["lock"])[1]["lock"] == graph["lock"]
    checked = ask(lock=graph["lock"], check=True)[1]
    assert [change["kind"] for change in checked["changes"]] == ["moved"]


def test_a_graph_is_answered_as_of_a_moment(world: World) -> None:
    _, now = ask(specs=["app"])
    _, before = ask(specs=["app"], asOf="2020-01-01T00:00:00Z")

    assert [len(now["nodes"]), len(before["nodes"])] == [2, 0]
    assert [problem["code"] for problem in before["problems"]] == ["package_not_found"]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "invalid_payload"),
        ({"specs": ["app"], "speks": []}, "invalid_payload"),
        ({"specs": ["file:../app"]}, "invalid_spec"),
        ({"specs": ["app", "app@1"]}, "invalid_spec"),
        ({"specs": ["app"], "runtimes": ["rhino"]}, "invalid_query"),
        ({"specs": ["app"], "asOf": "yesterday"}, "invalid_query"),
        ({"specs": ["app"], "baseUrl": "javascript:x"}, "invalid_payload"),
        ({"specs": ["app"], "check": True}, "invalid_payload"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_resolved_is_refused(world: World, payload: dict[str, Any], code: str) -> None:
    status, problem = ask(**payload)

    assert (status, problem["code"]) == (400, code)
