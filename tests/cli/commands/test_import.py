"""`import`: versions taken from the upstream, one after the other, with what they need."""

import json
from typing import Any

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism
from tests.cli.fake_registry import FakeRegistry, Reply, problem

ASKED = "POST /v1/imports"


def imported(spec: str, version: str, *requires: str, created: bool = True) -> dict[str, Any]:
    """Answer what the registry says of a spec that it has imported."""
    name = spec.rpartition("@")[0] or spec
    told = {"name": name, "version": version, "integrity": "sha512-x", "created": created}
    return {"spec": spec, "version": {**told, "requires": list(requires)}}


def failed(spec: str, code: str, detail: str, status: int) -> dict[str, Any]:
    """Answer what the registry says of a spec that failed."""
    error = {
        "type": f"/v1/problems/{code}",
        "title": "A problem",
        "status": status,
        "detail": detail,
        "code": code,
    }
    return {"spec": spec, "error": error}


def asked(registry: FakeRegistry) -> list[list[str]]:
    """Answer the specs of each request."""
    return [json.loads(request.body)["specs"] for request in registry.asked]


def test_each_spec_is_told_when_it_is_done(prism: Prism, registry: FakeRegistry) -> None:
    items = [imported("left@^1", "1.2.0"), imported("right@2", "2.0.0", created=False)]
    registry.answer(ASKED, {"items": items})

    result = prism("import", "left@^1", "right@2", "left@^1")

    assert result.err == "    1  left@1.2.0  imported\n    2  right@2.0.0  was here\n"
    assert result.out == "2 versions here, 1 of them new\n"
    assert result.status is ExitStatus.OK
    assert asked(registry) == [["left@^1", "right@2"]]


def test_what_is_needed_is_asked_for_once(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(
        ASKED,
        {"items": [imported("a@1", "1.0.0", "b@^1", "c@^1")]},
        {"items": [imported("b@^1", "1.1.0", "c@^1", "a@1"), imported("c@^1", "1.2.0", "d@*")]},
        {"items": [imported("d@*", "9.0.0")]},
    )

    result = prism("import", "a@1", "--with-dependencies")

    assert asked(registry) == [["a@1"], ["b@^1", "c@^1"], ["d@*"]]
    assert result.out == "4 versions here, 4 of them new\n"


def test_without_being_told_nothing_else_is_asked_for(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(ASKED, {"items": [imported("a@1", "1.0.0", "b@^1")]})

    prism("import", "a@1")

    assert len(registry.asked) == 1


def test_what_fails_is_told_and_the_rest_goes_on(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(
        ASKED,
        {
            "items": [
                failed("a@9", "version_not_found", "there is none", 404),
                imported("b@1", "1.0.0", "c@1"),
            ]
        },
        {"items": [imported("c@1", "1.0.0")]},
    )

    result = prism("import", "a@9", "b@1", "--with-dependencies")

    assert "a@9  error: there is none" in result.err
    assert result.out == "2 versions here, 2 of them new; 1 spec failed\n"
    assert result.status is ExitStatus.NOT_FOUND


def test_many_specs_are_asked_for_a_few_at_a_time(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(ASKED, {"items": []})

    prism("import", *(f"a{number}" for number in range(20)))

    assert [len(specs) for specs in asked(registry)] == [8, 8, 4]


def test_json_is_one_document_of_all(prism: Prism, registry: FakeRegistry) -> None:
    item, needed = imported("a@1", "1.0.0", "b@1"), imported("b@1", "1.0.0")
    registry.answer(ASKED, {"items": [item]}, {"items": [needed]})

    result = prism("import", "a@1", "--with-dependencies", "--json")

    assert json.loads(result.out) == {"items": [item, needed]}


def test_a_registry_without_an_upstream_says_what_to_do(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(ASKED, problem(400, "no_upstream", "this registry has no upstream"))

    result = prism("import", "a")

    assert result.status is not ExitStatus.OK
    assert "PRISM_UPSTREAM_REGISTRY" in result.err


def test_a_gateway_that_gave_up_is_asked_again(prism: Prism, registry: FakeRegistry) -> None:
    busy = Reply({}, 503, {"Retry-After": "1"})
    registry.answer(ASKED, busy, {"items": [imported("a", "1.0.0")]})

    assert prism("import", "a").status is ExitStatus.OK
