"""`token`, `publisher` and `whoami`: what they send and say."""

import json
from pathlib import Path
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
EVERLASTING = {name: fact for name, fact in FACTS.items() if name != "expiresAt"}
LIST = {
    "everybody": False,
    "publishers": [{"name": "alice", "packages": ["*"]}, {"name": "ci-*", "packages": ["@acme/*", "b"]}],
}


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
    expired = FACTS | {"id": "1" * 12, "expiresAt": "2025-12-31T23:59:59.999Z"}
    eternal = {key: FACTS[key] for key in FACTS if key not in {"packages", "expiresAt"}} | {"id": "0" * 12}
    registry.answer("GET /v1/tokens?limit=3", {"tokens": [FACTS, old, expired, eternal], "next": "f" * 12})

    result = prism("token", "list", "--limit", "3")

    assert result.out == text(
        """
        5f0c8e2a91d4  ci  publish  @acme/*       until 2026-04-01T00:00:00.000Z
        ffffffffffff  ci  read     @acme/*       revoked 2026-02-01T00:00:00.000Z
        111111111111  ci  publish  @acme/*       expired 2025-12-31T23:59:59.999Z
        000000000000  ci  publish  all packages  for ever
        """
    )
    assert result.err == "there are more: add --cursor ffffffffffff\n"


@pytest.mark.parametrize("named", ["5f0c8e2a91d4", TOKEN])
def test_token_revoke_takes_the_id_or_the_token_and_sends_only_the_id(
    prism: Prism, registry: FakeRegistry, named: str
) -> None:
    registry.answer("DELETE /v1/tokens/5f0c8e2a91d4", FACTS)

    assert prism("token", "revoke", named).out == "Revoked 5f0c8e2a91d4 of ci\n"


def test_audit_shows_who_did_what_to_whom(prism: Prism, registry: FakeRegistry) -> None:
    change = {"schema": 1, "id": "0", "at": "2026-01-01T00:00:00.000Z", "by": "root", "token": "815a23f6cdbd"}
    entries = [
        change | {"action": "publisher.allow", "subject": "ci-*", "details": {"packages": ["*"]}},
        change | {"action": "token.revoke", "subject": "5f0c8e2a91d4", "details": {}},
        change | {"action": "token.create", "subject": "5f0c8e2a91d4", "details": EVERLASTING},
    ]
    registry.answer("GET /v1/audit?limit=3", {"entries": entries, "next": "place"})
    registry.answer("GET /v1/audit", {"entries": []})

    shown, empty = prism("audit", "--limit", "3"), prism("audit")

    assert shown.out == text(
        """
        2026-01-01T00:00:00.000Z  root  815a23f6cdbd  publisher.allow  ci-*          all packages
        2026-01-01T00:00:00.000Z  root  815a23f6cdbd  token.revoke     5f0c8e2a91d4
        2026-01-01T00:00:00.000Z  root  815a23f6cdbd  token.create     5f0c8e2a91d4  ci: publish, @acme/*
        """
    )
    assert shown.err == "there are more: add --cursor place\n"
    assert (empty.out, empty.err) == ("", "nothing has been changed yet\n")


def test_key_list_and_rotate_show_how_each_key_stands(prism: Prism, registry: FakeRegistry) -> None:
    old = {
        "keyid": "SHA256:old",
        "createdAt": "2025-01-01T00:00:00.000Z",
        "public": "MFk",
        "state": "in force",
    }
    new = old | {"keyid": "SHA256:new", "createdAt": "2026-01-01T00:05:00.000Z", "state": "pending"}
    registry.answer("GET /v1/keys", {"keys": []}, {"keys": [old]})
    registry.answer("POST /v1/keys", {"keys": [old | {"expires": new["createdAt"]}, new]})

    empty, one, rotated = prism("key", "list"), prism("key", "list"), prism("key", "rotate")

    assert (empty.out, "no key yet" in empty.err) == ("", True)
    assert one.out == "SHA256:old  in force  from 2025-01-01T00:00:00.000Z\n"
    assert rotated.out == text(
        """
        SHA256:old  in force  from 2025-01-01T00:00:00.000Z  until 2026-01-01T00:05:00.000Z
        SHA256:new  pending   from 2026-01-01T00:05:00.000Z
        """
    )
    assert json.loads(prism("key", "list", "--json").out) == {"keys": [old]}


def test_trust_shows_sets_and_resets_the_trusted_root(
    prism: Prism, registry: FakeRegistry, tmp_path: Path
) -> None:
    root = {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "certificateAuthorities": [{"uri": "https://fulcio.test"}, {"uri": "https://fulcio.test"}],
        "tlogs": [{"baseUrl": "https://rekor.test"}],
    }
    file = tmp_path / "root.json"
    file.write_text(json.dumps(root))
    mine = {"source": "set", "changedAt": "2026-01-01T00:00:00.000Z", "changedBy": "admin", "root": root}
    registry.answer("GET /v1/trust", {"source": "default", "root": root})
    registry.answer("PUT /v1/trust", mine)
    registry.answer("DELETE /v1/trust", {"source": "default", "root": root})

    shown, changed, reset = prism("trust", "show"), prism("trust", "set", str(file)), prism("trust", "reset")

    assert json.loads(registry.asked[1].body) == root
    assert shown.out == reset.out
    assert "Sigstore's public-good instance" in shown.out
    assert changed.out == text(
        """
        Root         set by an admin
        Changed      2026-01-01T00:00:00.000Z
        By           admin
        Authorities  https://fulcio.test
        Logs         https://rekor.test
        """
    )
    assert json.loads(prism("trust", "show", "--json").out)["root"] == root


@pytest.mark.parametrize("content", [None, "{", "[]", "[" * 100_000])
def test_trust_sends_nothing_that_is_no_root(
    prism: Prism, registry: FakeRegistry, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "root.json"
    if content is not None:
        file.write_text(content)

    result = prism("trust", "set", str(file))

    assert result.status is ExitStatus.USAGE
    assert registry.asked == []


def test_publisher_list_says_whom_the_registry_trusts(prism: Prism, registry: FakeRegistry) -> None:
    unused, left = {"publishers": [], "everybody": True}, {"publishers": [], "everybody": False}
    registry.answer("GET /v1/publishers", LIST, unused, left)

    listed, empty, nobody = (prism("publisher", "list") for _ in range(3))

    assert listed.out == "alice  all packages\nci-*   @acme/*, b\n"
    assert (empty.out, "everybody may publish" in empty.err) == ("", True)
    assert (nobody.out, "nobody may publish" in nobody.err) == ("", True)


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
        Name      ci
        Scopes    read, publish
        Packages  @acme/*
        Token     5f
        """
    )
    assert "nobody: the registry is open" in prism("whoami").out


def test_whoami_tells_the_token_of_the_settings_from_those_that_are_stored(
    prism: Prism, registry: FakeRegistry
) -> None:
    registry.answer("GET /v1/whoami", {"access": "token", "name": "admin", "scopes": [], "token": "setting"})

    assert "the one in the registry's setting PRISM_ADMIN_TOKEN" in prism("whoami").out


@pytest.mark.parametrize("argv", ["token revoke", "publisher allow", "publisher remove"])
def test_an_empty_name_is_wrong_usage(prism: Prism, registry: FakeRegistry, argv: str) -> None:
    result = prism(*argv.split(), "")

    assert result.status is ExitStatus.USAGE
    assert "is empty" in result.err
    assert registry.asked == []


@pytest.mark.parametrize("token", ["two\nlines", "two words", "tökén", "\x00"])
@pytest.mark.parametrize("command", ["whoami", "doctor"])
def test_a_token_that_no_header_can_hold_is_wrong_usage_and_is_not_told(
    prism: Prism, registry: FakeRegistry, command: str, token: str
) -> None:
    result = prism(command, PRISM_TOKEN=token)

    assert result.status is ExitStatus.USAGE
    assert result.err.startswith("error: PRISM_TOKEN holds spaces")
    assert token not in result.err
    assert registry.asked == []


@pytest.mark.parametrize("command", ["token", "publisher", "key", "trust"])
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
