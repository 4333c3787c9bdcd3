"""Users over HTTP as npm asks for them: who calls, names, logout, and the tokens that speak as the caller."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.services import own_tokens
from tests.api.callers import Received, assert_problem
from tests.api.npm.test_login import Npm
from tests.api.test_access import ADMIN


@pytest.fixture
def npm() -> Npm:
    return Npm()


def identifier(token: str) -> str:
    return token.split("_")[1]


def create(npm: Npm, token: str, **wanted: object) -> Received:
    """Make a token as `npm token create` does."""
    return npm.ask("POST", "/npm/-/npm/v1/tokens", token, {"name": None, "password": "x", **wanted})


def own(npm: Npm, token: str) -> list[dict[str, Any]]:
    """Answer the tokens that `npm token list` shows, page after page."""
    found: list[dict[str, Any]] = []
    address: str | None = "/-/npm/v1/tokens"
    while address:
        page = npm.ask("GET", f"/npm{address}", token)
        assert (page.status, page.headers["cache-control"]) == (200, "no-store")
        found += page.json["objects"]
        address = page.json["urls"].get("next")
    return found


class TestWhoCalls:
    def test_npm_is_told_whom_the_token_speaks_as(self, npm: Npm) -> None:
        token = npm.token(name="alice")

        assert npm.ask("GET", "/npm/-/whoami", token).json == {"username": "alice"}
        assert npm.ask("GET", "/npm/-/npm/v1/user", token).json == {
            "name": "alice",
            "email": "",
            "email_verified": False,
            "fullname": "",
        }

    @pytest.mark.parametrize("access", ["open", "token"])
    @pytest.mark.parametrize("address", ["/npm/-/whoami", "/npm/-/npm/v1/user", "/npm/-/npm/v1/tokens"])
    def test_without_a_token_nobody_is_known(self, access: str, address: str) -> None:
        npm = Npm(access)

        for token, code in ((None, "authentication_required"), ("wrong", "invalid_token")):
            answer = npm.ask("GET", address, token)
            document = assert_problem(answer, 401, code)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert document["error"] == document["detail"]

    @pytest.mark.parametrize("access", ["open", "token"])
    @pytest.mark.parametrize(
        ("method", "address"),
        [
            ("POST", "/npm/-/npm/v1/tokens"),
            ("DELETE", "/npm/-/npm/v1/tokens/token/000000000000"),
            ("DELETE", "/npm/-/user/token/000000000000"),
        ],
    )
    def test_without_a_token_nothing_is_made_or_revoked(self, access: str, method: str, address: str) -> None:
        npm = Npm(access)

        assert npm.ask(method, address, None, {} if method == "POST" else b"").status == 401
        assert npm.world.stored() == []


class TestNames:
    @pytest.mark.parametrize("name", ["alice", "ci-acme", "Zoë", "github/alice", "a b", "AROA:session"])
    def test_whoever_could_be_recorded_is_a_user(self, npm: Npm, name: str) -> None:
        answer = npm.ask("GET", f"/npm/-/user/org.couchdb.user:{quote(name, safe='')}", ADMIN)

        assert answer.json == {"_id": f"org.couchdb.user:{name}", "name": name, "email": ""}

    @pytest.mark.parametrize("name", ["*", "a*", "%20", "x" * 201, "%E2%80%AE", "%F0%9F%92%A9%00"])
    def test_a_name_that_nobody_can_have_is_nobodys(self, npm: Npm, name: str) -> None:
        answer = npm.ask("GET", f"/npm/-/user/org.couchdb.user:{name}", ADMIN)

        assert answer.status == 404
        assert answer.json["error"]


class TestOwnTokens:
    def test_the_callers_tokens_are_listed_and_nobody_elses(self, npm: Npm) -> None:
        first, second = npm.token(name="alice"), npm.token("publish", name="alice")
        npm.token(name="bob")
        npm.token("read", name="alice", expiresIn="1m")
        npm.ask("DELETE", f"/v1/tokens/{identifier(npm.token(name='alice'))}", ADMIN)
        npm.at(timedelta(minutes=2))

        listed = own(npm, first)

        assert {token["key"]: token["readonly"] for token in listed} == {
            identifier(first): True,
            identifier(second): False,
        }
        assert {token["token"] for token in listed} == {
            f"prism_{identifier(text)}" for text in (first, second)
        }
        assert set(listed[0]) == {"key", "token", "name", "readonly", "created", "updated"}

    def test_a_token_is_listed_no_longer_than_the_one_it_stems_from_is_good(self, npm: Npm) -> None:
        first, second = npm.token(name="alice"), npm.token(name="alice")
        made = npm.log_in(second)
        before = {token["key"] for token in own(npm, first)}

        npm.ask("DELETE", f"/v1/tokens/{identifier(second)}", ADMIN)

        assert before == {identifier(text) for text in (first, second, made)}
        assert {token["key"] for token in own(npm, first)} == {identifier(first)}

    def test_a_token_that_a_login_made_is_called_so(self, npm: Npm) -> None:
        token = npm.token(name="alice")
        made = [npm.log_in(token), npm.put_user("alice", token).json["token"]]

        names = {shown["key"]: shown["name"] for shown in own(npm, token)}

        assert names == {identifier(token): "alice", **{identifier(text): "npm login" for text in made}}

    def test_a_long_list_comes_in_pages(self, npm: Npm, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(own_tokens, "PAGE", 3)
        tokens = [npm.token(name=name) for name in ("alice", "bob", "bob") * 4]

        assert {token["key"] for token in own(npm, tokens[0])} == {identifier(text) for text in tokens[::3]}
        assert_problem(npm.ask("GET", "/npm/-/npm/v1/tokens?cursor=../x", tokens[0]), 400, "invalid_query")

    def test_a_new_token_may_what_the_callers_own_may(self, npm: Npm) -> None:
        token = npm.token("publish", "@acme/*", name="alice", expiresIn="90d")

        answer = create(npm, token, name="laptop", description="my laptop", bypass_2fa=True)

        assert answer.status == 201
        assert set(answer.json) == {"key", "token", "name", "readonly", "created", "updated", "expires"}
        made, mine = npm.identity(answer.json["token"]), npm.identity(token)
        assert made.pop("token") == answer.json["key"] != mine.pop("token")
        assert made == mine
        assert (answer.json["name"], answer.json["expires"]) == ("laptop", mine["expiresAt"])
        assert {shown["name"] for shown in own(npm, token)} == {"alice", "laptop"}

    @pytest.mark.parametrize(
        ("wanted", "scopes", "packages"),
        [
            pytest.param({"readonly": True}, ["read"], ["@acme/*", "demo"], id="read-only-as-older-npm-asks"),
            pytest.param(
                {"packages_and_scopes_permission": "read-only"}, ["read"], ["@acme/*", "demo"], id="read-only"
            ),
            pytest.param(
                {"packages_and_scopes_permission": "read-write", "packages": ["demo"]},
                ["read", "publish"],
                ["demo"],
                id="one-package",
            ),
            pytest.param({"scopes": ["@acme"]}, ["read", "publish"], ["@acme/*"], id="a-scope"),
            pytest.param(
                {"packages": ["@acme/w*-x"]}, ["read", "publish"], ["@acme/w*-x"], id="a-narrower-pattern"
            ),
        ],
    )
    def test_a_new_token_may_be_told_to_do_less(
        self, npm: Npm, wanted: dict[str, object], scopes: list[str], packages: list[str]
    ) -> None:
        token = npm.token("publish", "@acme/*", "demo", name="alice")

        made = npm.identity(create(npm, token, **wanted).json["token"])

        assert (made["scopes"], made["packages"]) == (scopes, packages)

    @pytest.mark.parametrize(
        "wanted",
        [
            {"packages_and_scopes_permission": "read-write"},
            {"readonly": False},
            {"packages": ["other"]},
            {"packages": ["@acme/*", "@acme*/x"]},
            {"packages": ["*"]},
            {"packages": ["@*/*"]},
            {"scopes": ["@other"]},
            {"packages_all": True},
        ],
    )
    def test_a_new_token_never_may_more(self, npm: Npm, wanted: dict[str, object]) -> None:
        token = npm.token("read", "@acme/*", name="alice")

        document = assert_problem(create(npm, token, **wanted), 403, "forbidden")

        assert document["error"] == document["detail"]
        assert len(own(npm, token)) == 1

    def test_a_new_token_of_an_admin_is_none_of_an_admin(self, npm: Npm) -> None:
        for token in (ADMIN, npm.token("admin", name="root")):
            made = create(npm, token, packages_all=True, packages_and_scopes_permission="read-write")
            assert npm.identity(made.json["token"])["scopes"] == ["read", "publish"]
            assert "packages" not in npm.identity(made.json["token"])

    def test_a_new_token_ends_no_later_than_the_callers_own(self, npm: Npm) -> None:
        token = npm.token("publish", name="alice", expiresIn="2d")

        sooner, later = create(npm, token, expires=1).json, create(npm, token, expires=30).json

        assert sooner["expires"] < later["expires"] == npm.identity(token)["expiresAt"]
        assert "expires" in create(npm, npm.token("read"), expires=30).json

    @pytest.mark.parametrize(
        "wanted",
        [
            {"orgs": ["acme"]},
            {"cidr_whitelist": ["10.0.0.0/8"]},
            {"packages_and_scopes_permission": "no-access"},
            {"packages_and_scopes_permission": "all"},
            {"expires": 0},
            {"expires": 10**9},
            {"expires": "soon"},
            {"packages": "demo"},
            {"packages": ["@acme"]},
            {"packages": [1]},
            {"packages": ["x"] * 101},
            {"scopes": ["acme"]},
            {"scopes": ["@acme/x"]},
            {"name": "\u001b[31mred"},
            {"name": "x" * 201},
            {"name": {}},
        ],
    )
    def test_what_cannot_be_kept_is_refused(self, npm: Npm, wanted: dict[str, object]) -> None:
        token = npm.token("publish", name="alice")

        assert_problem(create(npm, token, **wanted), 400, "invalid_payload")
        assert len(own(npm, token)) == 1

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"name":"' + b"x" * 70_000 + b'"}'])
    def test_a_body_that_makes_no_sense_is_refused(self, npm: Npm, body: bytes) -> None:
        answer = npm.ask("POST", "/npm/-/npm/v1/tokens", npm.token(), body, content_type="application/json")

        assert answer.status == (413 if len(body) > 70_000 else 400)

    @pytest.mark.parametrize("by", ["id", "text"])
    def test_a_token_is_revoked_by_its_id_or_text(self, npm: Npm, by: str) -> None:
        token, other = npm.token("publish", name="alice"), npm.token("publish", name="alice")

        named = identifier(other) if by == "id" else other
        answer = npm.ask("DELETE", f"/npm/-/npm/v1/tokens/token/{named}", token)

        assert (answer.status, answer.body) == (204, b"")
        assert_problem(npm.ask("GET", "/npm/-/whoami", other), 401, "invalid_token")
        entry = npm.ask("GET", "/v1/audit?limit=1", ADMIN).json["entries"][0]
        assert (entry["action"], entry["by"], entry["subject"]) == (
            "token.revoke",
            "alice",
            identifier(other),
        )

    def test_nobody_revokes_what_is_not_theirs_or_may_more(self, npm: Npm) -> None:
        mine, bobs = npm.token("read", "@acme/*", name="alice"), npm.token("read", name="bob")
        wider, other = npm.token("publish", name="alice"), npm.token("read", "@other/*", name="alice")

        for token in (wider, other):
            refused = npm.ask("DELETE", f"/npm/-/npm/v1/tokens/token/{identifier(token)}", mine)
            assert "revoke it with one that may as much" in assert_problem(refused, 403, "forbidden")["error"]
        for named in (bobs, identifier(bobs), "000000000000", "x", "..%2Fx", ADMIN):
            answer = npm.ask("DELETE", f"/npm/-/npm/v1/tokens/token/{named}", mine)
            document = assert_problem(answer, 404, "token_not_found")
            assert ADMIN not in document["error"]
        assert all(npm.ask("GET", "/npm/-/whoami", token).status == 200 for token in (bobs, wider, other))
        assert npm.ask("DELETE", f"/npm/-/npm/v1/tokens/token/{identifier(mine)}", wider).status == 204

    def test_revoking_twice_is_harmless(self, npm: Npm) -> None:
        token, other = npm.token(name="alice"), npm.token(name="alice")

        told = [
            npm.ask("DELETE", f"/npm/-/npm/v1/tokens/token/{identifier(other)}", token).status for _ in "12"
        ]

        assert told == [204, 204]
        entries = npm.ask("GET", "/v1/audit", ADMIN).json["entries"]
        assert [entry["action"] for entry in entries].count("token.revoke") == 1


class TestLogout:
    def test_the_callers_token_is_worthless_from_then_on(self, npm: Npm) -> None:
        token = npm.log_in(npm.token("publish", name="alice"))

        answer = npm.ask("DELETE", f"/npm/-/user/token/{token}", token)

        assert (answer.status, answer.json) == (200, {"ok": True})
        assert_problem(npm.ask("GET", "/npm/-/whoami", token), 401, "invalid_token")

    def test_the_token_a_login_was_approved_with_stays_good(self, npm: Npm) -> None:
        token = npm.token("publish", name="alice")
        made = npm.log_in(token)

        npm.ask("DELETE", f"/npm/-/user/token/{made}", made)

        assert npm.ask("GET", "/npm/-/whoami", token).status == 200

    def test_the_token_of_the_settings_stays_and_npm_says_so(self, npm: Npm) -> None:
        answer = npm.ask("DELETE", f"/npm/-/user/token/{ADMIN}", ADMIN)

        assert answer.status == 200
        assert "PRISM_ADMIN_TOKEN" in answer.headers["npm-notice"]
        assert npm.ask("GET", "/npm/-/whoami", ADMIN).json == {"username": "admin"}

    def test_the_token_of_the_settings_revokes_those_that_speak_as_the_admin(self, npm: Npm) -> None:
        made = npm.log_in(ADMIN)

        assert npm.ask("DELETE", f"/npm/-/user/token/{made}", ADMIN).status == 200

        assert_problem(npm.ask("GET", "/npm/-/whoami", made), 401, "invalid_token")

    def test_nobody_logs_somebody_else_out(self, npm: Npm) -> None:
        mine, bobs = npm.token(name="alice"), npm.token(name="bob")

        assert_problem(npm.ask("DELETE", f"/npm/-/user/token/{bobs}", mine), 404, "token_not_found")
        assert npm.ask("GET", "/npm/-/whoami", bobs).status == 200


def test_a_token_that_stems_from_another_costs_one_read_more(npm: Npm) -> None:
    token = npm.token("publish", name="alice")
    made = npm.log_in(npm.log_in(npm.log_in(token)))

    def cost(token: str) -> list[str]:
        npm.ask("GET", "/npm/-/whoami", token)
        npm.world.store.reset()
        npm.ask("GET", "/npm/-/whoami", token)
        return [call.verb for call in npm.world.store.calls]

    assert (cost(token), cost(made)) == (["get"], ["get", "get"])


def test_a_login_costs_a_constant_number_of_calls(npm: Npm) -> None:
    token = npm.token("publish", name="alice")
    npm.world = replace(npm.world, container=npm.world.fresh())

    def cost(*, of: Any) -> list[str]:
        npm.world.store.reset()
        of()
        return [call.verb for call in npm.world.store.calls]

    urls = npm.start()
    assert cost(of=lambda: npm.visit(urls["loginUrl"])) == []
    assert cost(of=lambda: npm.visit(urls["doneUrl"])) == ["get"]
    assert cost(of=lambda: npm.fill_in(urls["loginUrl"], token)) == ["get", "put"]
    assert cost(of=lambda: npm.visit(urls["doneUrl"])) == ["get", "put", "put", "put"]
    assert cost(of=lambda: npm.put_user("alice", token)) == ["get", "put", "put"]
