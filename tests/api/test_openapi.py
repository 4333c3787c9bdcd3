"""The document that tools read."""

import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from app import app as registry
from chalicelib.api.description import routes as description
from chalicelib.api.gateway import PrismApp
from chalicelib.api.openapi import describe
from chalicelib.api.routing import Answer, Routes
from chalicelib.domain.document import Document
from tests.api.callers import assert_problem, call
from tests.api.demo import routes


@pytest.fixture(scope="module")
def document() -> Any:
    return describe(routes)


@pytest.fixture(scope="module")
def described() -> PrismApp:
    app = PrismApp("described")
    app.mount([description])
    return app


def test_the_document_is_valid_openapi(document: Any) -> None:
    validate(document)


def test_the_registrys_own_document_is_valid_openapi() -> None:
    validate(describe(registry.router.routes))


def test_every_route_that_is_not_hidden_is_described(document: Any) -> None:
    told = {(method.upper(), path) for path, item in document["paths"].items() for method in item}

    assert told == {(route.method, route.template.text) for route in routes if not route.hidden}
    assert not any("faults" in path for path in document["paths"])


def test_the_same_routes_give_the_same_document_in_any_order() -> None:
    assert json.dumps(describe(routes)) == json.dumps(describe(reversed(list(routes))))


def test_a_querys_fields_are_parameters(document: Any) -> None:
    parameters = {p["name"]: p for p in document["paths"]["/v1/packages"]["get"]["parameters"]}

    assert parameters["limit"]["schema"]["maximum"] == 100
    assert parameters["limit"]["description"] == "How many at most."
    assert parameters["limit"]["in"] == "query"
    assert "PageQuery" not in document["components"]["schemas"]


def test_a_paths_variables_are_required_parameters(document: Any) -> None:
    operation = document["paths"]["/packages/{name}/{version}/{path}"]["get"]

    names = [(p["name"], p["in"], p["required"]) for p in operation["parameters"]]
    assert names == [("name", "path", True), ("version", "path", True), ("path", "path", True)]


def test_a_body_is_described_by_its_model_in_camel_case(document: Any) -> None:
    body = document["paths"]["/v1/packages/{name}"]["post"]["requestBody"]

    reference = body["content"]["application/json"]["schema"]["$ref"]
    schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    assert schema["required"] == ["firstName"]


def test_failures_are_problems_with_the_codes_to_expect(document: Any) -> None:
    responses = document["paths"]["/v1/packages/{name}"]["post"]["responses"]

    codes = {
        status: response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"][
            "enum"
        ]
        for status, response in responses.items()
        if status >= "400"
    }
    assert codes == {
        "400": ["invalid_payload"],
        "401": ["authentication_required", "invalid_token"],
        "403": ["forbidden"],
        "409": ["version_exists"],
        "415": ["unsupported_media_type"],
        "500": ["internal_error"],
        "503": ["storage_unavailable"],
    }


def test_an_operation_names_the_scope_it_needs_or_that_it_needs_none() -> None:
    paths = describe(registry.router.routes)["paths"]

    assert paths["/v1/packages/{name}"]["get"]["security"] == [{"bearer": ["read"]}]
    assert paths["/v1/packages/{name}"]["post"]["security"] == [{"bearer": ["publish"]}]
    assert paths["/v1/tokens"]["get"]["security"] == [{"bearer": ["admin"]}]
    assert paths["/v1/health"]["get"]["security"] == []
    assert "401" not in paths["/v1/openapi.json"]["get"]["responses"]
    assert describe(registry.router.routes)["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_operations_are_named_once(document: Any) -> None:
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]

    assert len(set(names)) == len(names)


class Shared(Document):
    limit: int


def test_a_model_that_is_both_query_and_answer_is_kept() -> None:
    both = Routes()
    both.get("/x", summary="x", query=Shared, answers={200: Shared})(lambda _: Answer())

    validate(describe(both))
    assert "Shared" in describe(both)["components"]["schemas"]


def test_the_document_is_served_below_the_stage(described: PrismApp) -> None:
    answer = call(described, "GET", "/v1/openapi.json", stage="api")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json["servers"] == [{"url": "/api"}]
    assert answer.headers["etag"]


def test_every_problem_has_its_page(described: PrismApp) -> None:
    listed = call(described, "GET", "/v1/problems").json["problems"]

    page = call(described, "GET", "/v1/problems/version_exists").json
    assert page in listed
    assert page["status"] == 409
    assert page["meaning"] == "The version was published before, with other bytes."


def test_an_unknown_problem_has_none(described: PrismApp) -> None:
    assert_problem(call(described, "GET", "/v1/problems/nothing"), 404, "problem_not_found")
