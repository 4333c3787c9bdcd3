"""Resolution over HTTP beyond the plain question: names of `imports`, the way, notes, and many at once."""

from typing import Any

import pytest

from tests.api.callers import assert_problem
from tests.api.test_access import ADMIN, Guarded
from tests.api.test_registry import Client
from tests.worlds import memory_world


@pytest.fixture
def client() -> Client:
    made = Client(memory_world())
    made.publish(imports={"#a": "./lib/a.js", "#dep": "dep"}, dependencies={"dep": "^1"})
    return made


def many(client: Client, specs: list[str], **asked: Any) -> list[dict[str, Any]]:
    """Ask for many and answer the items."""
    answer = client.call("POST", "/v1/resolve", {"specs": specs, **asked})
    assert answer.status == 200, answer.body
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_a_name_of_imports_is_resolved_for_a_file_of_the_package(client: Client) -> None:
    answer = client.get("/v1/resolve?spec=demo@1/%23a&from=index.js").json

    assert (answer["url"], answer["subpath"], answer["from"]) == (
        "/packages/demo/1.0.0/lib/a.js",
        "#a",
        "index.js",
    )


def test_a_name_of_imports_may_lead_to_a_dependency(client: Client) -> None:
    answer = client.get("/v1/resolve?spec=demo@1/%23dep").json

    assert answer["dependency"]["spec"] == "dep@^1"
    assert "url" not in answer


def test_an_importer_that_is_not_in_the_package_is_told(client: Client) -> None:
    assert_problem(client.get("/v1/resolve?spec=demo/%23a&from=none.js"), 404, "file_not_found")


def test_the_way_is_told_of_an_answer_and_of_a_failure(client: Client) -> None:
    found = client.get("/v1/resolve?spec=demo&explain=true").json
    failed = assert_problem(client.get("/v1/resolve?spec=demo/none&explain=true"), 404, "entry_not_found")

    assert found["trace"] == [{"key": "main", "condition": "index.js", "outcome": "found"}]
    assert failed["trace"] == [{"key": "./none", "condition": "none", "outcome": "file_missing"}]


def test_many_are_answered_each_spec_on_each_runtime_in_each_mode(client: Client) -> None:
    items = many(client, ["demo", "absent"], runtimes=["node", "bun"], modes=["import", "require"])

    assert [(item["spec"], item["runtime"], item["mode"]) for item in items] == [
        (spec, runtime, mode)
        for spec in ("demo", "absent")
        for runtime in ("node", "bun")
        for mode in ("import", "require")
    ]
    assert items[0]["resolution"] == client.get("/v1/resolve?spec=demo").json


def test_what_is_wrong_with_one_of_many_is_told_as_for_one(client: Client) -> None:
    (item,) = many(client, ["demo/none"])
    alone = client.get("/v1/resolve?spec=demo/none").json

    assert item["error"] == {name: alone[name] for name in alone if name != "requestId"}


def test_many_have_one_base_and_one_moment(client: Client) -> None:
    (based,) = many(client, ["demo"], baseUrl="https://cdn.example/p/")
    (early,) = many(client, ["demo"], asOf="2001-01-01T00:00:00Z")

    assert based["resolution"]["url"].startswith("https://cdn.example/p/packages/demo/")
    assert early["error"]["code"] == "package_not_found"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({"specs": ["demo"] * 501}, 413, "too_many_specs", id="specs"),
        pytest.param(
            {"specs": ["demo"] * 500, "runtimes": ["node", "bun", "deno"], "modes": ["import", "require"]},
            413,
            "too_many_specs",
            id="resolutions",
        ),
        pytest.param({"specs": []}, 400, "invalid_payload", id="none"),
        pytest.param({"specs": ["demo"], "modes": ["load"]}, 400, "invalid_payload", id="mode"),
        pytest.param({"specs": ["demo"], "runtimes": ["rhino"]}, 400, "invalid_query", id="runtime"),
    ],
)
def test_too_many_and_unclear_requests_are_refused(
    client: Client, body: dict[str, Any], status: int, code: str
) -> None:
    assert_problem(client.call("POST", "/v1/resolve", body), status, code)


def test_500_specs_are_answered(client: Client) -> None:
    assert len(many(client, [f"demo@{number}" for number in range(500)])) == 500


def test_a_token_that_reads_may_ask_for_many_of_its_own_packages() -> None:
    client = Guarded()
    client.put_package("@acme/a", token=ADMIN)
    client.put_package("@other/b", token=ADMIN)
    token = client.token("read", "@acme/*")

    own = client.ask("POST", "/v1/resolve", token, {"specs": ["@acme/a", "_"]})
    mixed = client.ask("POST", "/v1/resolve", token, {"specs": ["@acme/a", "@other/b"]})

    assert [set(item) & {"resolution", "error"} for item in own.json["items"]] == [{"resolution"}, {"error"}]
    assert_problem(mixed, 404, "package_not_found")
