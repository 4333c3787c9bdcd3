"""Advisories and audits over HTTP."""

import gzip
import json
from typing import Any

import pytest

from chalicelib.api.npm import audit, bodies
from tests.api.callers import Received, assert_problem
from tests.api.test_access import ADMIN, Guarded
from tests.domain.advisories.records import osv

BULK = "/npm/-/npm/v1/security/advisories/bulk"
FULL, QUICK = "/npm/-/npm/v1/security/audits", "/npm/-/npm/v1/security/audits/quick"
TREE = {"name": "app", "dependencies": {"lodash": {"version": "1.0.0"}}}


@pytest.fixture
def registry() -> Guarded:
    client = Guarded()
    assert client.ask("POST", "/v1/advisories", ADMIN, {"advisories": [osv()]}).json["new"] == 1
    return client


def asked(registry: Guarded, body: object, address: str = BULK, **headers: str) -> Received:
    """Send a body as a client does."""
    token = registry.token("read")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return registry.ask("POST", address, token, data, **{"Content_Type": "application/json", **headers})


def names(answer: Received) -> list[str]:
    """Answer the names that have advisories."""
    assert answer.status == 200, answer.body
    return sorted(answer.json)


def test_advisories_are_answered_to_a_plain_body(registry: Guarded) -> None:
    answer = asked(registry, {"lodash": ["1.0.0", "4.0.0"], "express": ["1.0.0"]})

    assert names(answer) == ["lodash"]
    assert answer.json["lodash"][0]["vulnerable_versions"] == "<1.2.0"
    assert answer.headers["content-type"] == "application/json"


def test_advisories_are_answered_to_a_body_in_gzip(registry: Guarded) -> None:
    body = gzip.compress(b'{"lodash": ["1.0.0"]}')

    assert names(asked(registry, body, Content_Encoding="gzip")) == ["lodash"]


def test_a_body_that_a_gateway_has_inflated_is_read_as_it_is(registry: Guarded) -> None:
    assert names(asked(registry, {"lodash": ["1.0.0"]}, Content_Encoding="gzip")) == ["lodash"]


@pytest.mark.parametrize("body", [{}, {"lodash": []}, {"lodash": ["1.2.0"]}, {"unheard-of": ["1.0.0"]}])
def test_where_there_is_nothing_to_tell_the_answer_is_an_empty_object(
    registry: Guarded, body: object
) -> None:
    answer = asked(registry, body)

    assert (answer.status, answer.body) == (200, b"{}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"lodash": "1.0.0"}',
        b'{"lodash": [1]}',
        b'{"lodash": null}',
        b"\x1f\x8bnot gzip",
        gzip.compress(b'{"lodash": ["1.0.0"]}')[:-9],
        gzip.compress(b"{}") + gzip.compress(b"{}"),
    ],
    ids=[
        "nothing",
        "torn",
        "list",
        "null",
        "text",
        "numbers",
        "no-versions",
        "no-gzip",
        "torn-gzip",
        "two-members",
    ],
)
def test_what_is_no_question_is_refused(registry: Guarded, body: bytes) -> None:
    assert_problem(asked(registry, body), 400, "invalid_payload")


def test_a_bomb_is_refused_before_it_is_inflated(registry: Guarded) -> None:
    bomb = gzip.compress(b" " * (200 << 20), compresslevel=9)

    problem = assert_problem(asked(registry, bomb), 413, "inflated_too_large")

    assert problem["limit"] == audit.MAX_BYTES


def test_other_encodings_are_refused(registry: Guarded) -> None:
    answer = asked(registry, b"\x1b\x00", Content_Encoding="br")

    assert_problem(answer, 415, "unsupported_encoding")


@pytest.mark.parametrize(
    "body",
    [
        {f"package-{number}": ["1.0.0"] for number in range(audit.MAX_NAMES + 1)},
        {"lodash": [f"1.0.{number}" for number in range(audit.MAX_VERSIONS + 1)]},
    ],
    ids=["names", "versions"],
)
def test_more_than_can_be_audited_in_time_is_refused(registry: Guarded, body: object) -> None:
    assert_problem(asked(registry, body), 413, "too_many_to_audit")


@pytest.mark.parametrize("address", [FULL, QUICK])
def test_a_tree_is_answered_with_a_report(registry: Guarded, address: str) -> None:
    report = asked(registry, gzip.compress(json.dumps(TREE).encode()), address, Content_Encoding="gzip").json

    assert report["metadata"]["vulnerabilities"]["high"] == 1
    assert [advisory["module_name"] for advisory in report["advisories"].values()] == ["lodash"]


def test_a_tree_of_nothing_has_a_report_without_findings(registry: Guarded) -> None:
    report = asked(registry, {}, QUICK).json

    assert (report["actions"], report["advisories"]) == ([], {})
    assert report["metadata"]["totalDependencies"] == 0


def test_a_tree_with_too_many_places_is_refused(registry: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MAX_NODES", 1)
    tree = {"dependencies": {name: {"version": "1.0.0"} for name in ("a", "b")}}

    assert_problem(asked(registry, tree, FULL), 413, "too_many_to_audit")


@pytest.mark.parametrize("address", [BULK, FULL, QUICK])
def test_an_audit_needs_a_token_that_may_read(registry: Guarded, address: str) -> None:
    assert_problem(registry.ask("POST", address, body=b"{}"), 401, "authentication_required")


def test_a_token_for_some_packages_may_audit_what_it_depends_on(registry: Guarded) -> None:
    token = registry.token("read", "@acme/*")

    assert names(registry.ask("POST", BULK, token, b'{"lodash": ["1.0.0"]}')) == ["lodash"]
    assert registry.ask("GET", "/v1/advisories?name=lodash", token).status == 200


def test_only_an_admin_takes_advisories_in(registry: Guarded) -> None:
    answer = registry.ask(
        "POST", "/v1/advisories", registry.token("publish"), {"advisories": [osv("GHSA-2")]}
    )

    assert_problem(answer, 403, "forbidden")


def test_the_advisories_for_a_package_are_listed_as_they_came(registry: Guarded) -> None:
    listed = registry.ask("GET", "/v1/advisories?name=lodash", ADMIN).json

    assert listed == {"name": "lodash", "advisories": [osv()]}
    assert registry.ask("GET", "/v1/advisories?name=express", ADMIN).json["advisories"] == []
    assert_problem(registry.ask("GET", "/v1/advisories?name=../x", ADMIN), 400, "invalid_name")
    assert_problem(registry.ask("GET", "/v1/advisories", ADMIN), 400, "invalid_query")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advisories": []},
        {"advisories": [osv()] * 1001},
        {"advisories": [osv()], "dry_run": "perhaps"},
        {"advisories": [osv()], "dyrRun": True},
    ],
)
def test_what_is_no_import_is_refused(registry: Guarded, body: dict[str, Any]) -> None:
    assert_problem(registry.ask("POST", "/v1/advisories", ADMIN, body), 400, "invalid_payload")


def test_a_body_is_never_larger_inside_than_was_agreed() -> None:
    limit = 1 << 20
    exact = gzip.compress(b'"' + b"x" * (limit - 2) + b'"')

    assert len(bodies._inflated(exact, limit)) == limit
    with pytest.raises(bodies.InflatedTooLarge):
        bodies._inflated(gzip.compress(b"x" * (limit + 1)), limit)
