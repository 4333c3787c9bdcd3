"""`token`, `publisher` and `whoami`: what they send and say."""

import json
from typing import Any

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism, text
from tests.cli.fake_registry import FakeRegistry, Reply, problem

TOKEN = "prism_5f0c8e2a91d4_" + "A" * 43
FACTS: dict[str, Any] = {
    "id": "5f0c8e2a91d4",
    "name": "ci",
    "scopes": ["publish"],
    "packages": ["@acme/*"],
    "createdAt": "2026-01-01T00:00:00.000Z",
    "createdBy": "admin",
    "expiresAt": "2026-04-01T00:00:00.000Z",
}
LIST = {"publishers": [{"name": "alice", "packages": ["*"]}, {"name": "ci-*", "packages": ["@acme/*", "b"]}]}


def test_token_create_prints_the_token_alone_so_that_a_script_can_keep_it(
    prism: Prism, registry: FakeRegistry
) -> None:
    registry.answer("POST /v1/tokens", Reply(FACTS | {"token": TOKEN}, 201))

    result = prism(
        "token",
        "create",
        "ci",
        "--scope",
        "publish",
        "--packages",
        "@acme/*, b",
        "--packages",
        "c",
        "--expires",
        "90d",
        PRISM_TOKEN="the-admins",
    )

    [sent] = registry.asked
    assert sent.headers["authorization"] == "Bearer the-admins"
    assert json.loads(sent.body) == {
        "name": "ci",
        "scopes": ["publish"],
        "packages": ["@acme/*", "b", "c"],
        "expiresIn": "90d",
    }
    assert result.out == f"{TOKEN}\n"
    assert result.err == text(
        """
        Made token 5f0c8e2a91d4 for ci: publish, @acme/*, until 2026-04-01T00:00:00.000Z
        It is shown this one time; put it into PRISM_TOKEN where it is to be used:
        """
    )


def test_token_create_asks_for_the_least_unless_told(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("POST /v1/tokens", Reply(FACTS | {"token": TOKEN}, 201))

    result = prism("token", "create", "reader", "--json")

    assert json.loads(registry.asked[0].body) == {"name": "reader", "scopes": ["read"]}
    assert json.loads(result.out)["token"] == TOKEN
    assert result.err == ""


def test_token_list_shows_what_there_is(prism: Prism, registry: FakeRegistry) -> None:
    old = {**FACTS, "id": "f" * 12, "scopes": ["read"], "revokedAt": "2026-02-01T00:00:00.000Z"}
    eternal = {key: FACTS[key] for key in FACTS if key not in {"packages", "expiresAt"}} | {"id": "0" * 12}
    registry.answer("GET /v1/tokens?limit=3", {"tokens": [FACTS, old, eternal], "next": "f" * 12})

    result = prism("token", "list", "--limit", "3")

    assert result.out == text(
        """
        5f0c8e2a91d4  ci  publish  @acme/*       until 2026-04-01T00:00:00.000Z
        ffffffffffff  ci  read     @acme/*       revoked 2026-02-01T00:00:00.000Z
        000000000000  ci  publish  all packages  for ever
        """
    )
    assert result.err == "there are more: add --cursor ffffffffffff\n"


def test_token_revoke_revokes(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("DELETE /v1/tokens/5f0c8e2a91d4", FACTS)

    assert prism("token", "revoke", "5f0c8e2a91d4").out == "Revoked 5f0c8e2a91d4 of ci\n"


def test_publisher_list_says_whom_the_registry_trusts(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/publishers", LIST, {"publishers": []})

    listed, empty = prism("publisher", "list"), prism("publisher", "list")

    assert listed.out == "alice  all packages\nci-*   @acme/*, b\n"
    assert (empty.out, "everybody may publish" in empty.err) == ("", True)


def test_publisher_allow_and_remove_name_the_publisher_safely(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("PUT /v1/publishers/github%2Fci-%2A", LIST)
    registry.answer("PUT /v1/publishers/alice", LIST)
    registry.answer("DELETE /v1/publishers/alice", LIST)

    prism("publisher", "allow", "github/ci-*", "--packages", "@acme/*")
    prism("publisher", "allow", "alice")
    prism("publisher", "remove", "alice")

    assert [asked.body for asked in registry.asked] == [b'{"packages": ["@acme/*"]}', b"{}", b""]


def test_whoami_tells_what_the_registry_thinks(prism: Prism, registry: FakeRegistry) -> None:
    known = {
        "access": "token",
        "name": "ci",
        "scopes": ["read", "publish"],
        "packages": ["@acme/*"],
        "token": "5f",
    }
    registry.answer("GET /v1/whoami", known, {"access": "open", "scopes": ["read", "publish"]})

    assert prism("whoami").out == text(
        """
        name      ci
        scopes    read, publish
        packages  @acme/*
        token     5f
        """
    )
    assert "nobody: the registry is open" in prism("whoami").out


@pytest.mark.parametrize("command", ["token", "publisher"])
def test_a_command_of_commands_wants_one(prism: Prism, command: str) -> None:
    result = prism(command)

    assert result.status is ExitStatus.USAGE
    assert "COMMAND" in result.err


@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (401, "authentication_required", "set PRISM_TOKEN to a token"),
        (401, "invalid_token", "set PRISM_TOKEN to another token"),
        (401, "a_code_of_later", "set PRISM_TOKEN"),
        (403, "forbidden", "`prism whoami` shows what the token"),
        (403, "publisher_not_allowed", "`prism publisher allow`"),
    ],
)
def test_whoever_is_refused_is_told_what_to_do(
    prism: Prism, registry: FakeRegistry, status: int, code: str, hint: str
) -> None:
    registry.answer("GET /v1/whoami", problem(status, code, "the registry says no"))

    result = prism("whoami", PRISM_TOKEN=TOKEN)

    assert result.status is ExitStatus.DENIED
    assert result.err.startswith("error: the registry says no\nhint: ")
    assert hint in result.err
    assert TOKEN not in result.out + result.err
