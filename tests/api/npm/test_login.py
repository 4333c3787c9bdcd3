"""Logging in over HTTP as npm does: on a page, by name and password, in a guarded and in an open registry."""

import base64
import hashlib
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.container import Container
from chalicelib.domain.tokens import digest_of
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from chalicelib.telemetry.logs import JsonFormatter
from tests.api.callers import Received, assert_problem
from tests.api.test_access import ADMIN, Guarded
from tests.worlds import package

FORM = {"content-type": "application/x-www-form-urlencoded"}


class Npm(Guarded):
    """Sends what npm sends, and what a person's browser does."""

    def start(self) -> dict[str, str]:
        """Begin a login."""
        answer = self.ask("POST", "/npm/-/v1/login", None, {})
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
        urls: dict[str, str] = answer.json
        return urls

    def visit(self, url: str) -> Received:
        """Open an address that the registry named."""
        found = urlsplit(url)
        return self.ask("GET", found.path + (f"?{found.query}" if found.query else ""))

    def fill_in(self, url: str, answer: str) -> Received:
        """Send the form of a page."""
        field = "name" if self.world.settings.access == "open" else "token"
        return self.call("POST", urlsplit(url).path, urlencode({field: answer}).encode(), FORM)

    def log_in(self, answer: str) -> str:
        """Log in on the page and answer the new token."""
        urls = self.start()
        assert self.fill_in(urls["loginUrl"], answer).status == 200
        return str(self.visit(urls["doneUrl"]).json["token"])

    def put_user(self, name: str, password: object, **more: object) -> Received:
        """Log in by name and password."""
        body = {"_id": f"org.couchdb.user:{name}", "name": name, "password": password, "type": "user", **more}
        return self.ask("PUT", f"/npm/-/user/org.couchdb.user:{quote(name, safe='')}", None, body)

    def identity(self, token: str) -> dict[str, Any]:
        """Answer what the registry says of a token."""
        told: dict[str, Any] = self.ask("GET", "/v1/whoami", token).json
        return told

    def as_access(self, access: str) -> None:
        """Start the registry anew over what it has stored."""
        world = self.world
        world.settings = replace(world.settings, access=access)
        world.container = world.fresh()

    def at(self, later: timedelta) -> None:
        """Let time pass."""
        self.world.container = Container(
            self.world.settings, store=self.world.store, now=lambda: datetime.now(UTC) + later
        )

    def everything_stored(self) -> bytes:
        """Answer the keys and bytes of every object."""
        medium = self.world.medium
        return b"".join(info.encode() + b"".join(medium.stream(info)) for info in self.world.stored())


@pytest.fixture
def npm() -> Npm:
    return Npm()


@pytest.fixture
def opened() -> Npm:
    return Npm("open")


class TestOnThePage:
    def test_a_person_with_a_token_lets_npm_have_one_of_its_own(self, npm: Npm) -> None:
        token = npm.token("publish", "@acme/*", name="alice", expiresIn="90d")
        urls = npm.start()

        before = npm.visit(urls["doneUrl"])
        approved = npm.fill_in(urls["loginUrl"], f" {token}\n")
        after = npm.visit(urls["doneUrl"])

        assert (before.status, before.json, before.headers["retry-after"]) == (202, {}, "2")
        assert approved.status == 200
        assert "alice" in approved.body.decode()
        assert (after.status, after.headers["cache-control"], set(after.json)) == (200, "no-store", {"token"})
        made = after.json["token"]
        assert made != token
        ours, theirs = npm.identity(token), npm.identity(made)
        assert theirs.pop("token") != ours.pop("token")
        assert theirs == ours

    def test_the_two_addresses_are_absolute_and_one_does_not_tell_the_other(self, npm: Npm) -> None:
        urls, others = npm.start(), npm.start()

        login, done = urls["loginUrl"], urls["doneUrl"]
        assert login.startswith("http://registry.example/npm/-/v1/login/")
        assert done.startswith("http://registry.example/npm/-/v1/done?secret=")
        secret = done.partition("=")[2]
        assert len(secret) > 64
        assert secret[8:] not in login
        assert login != others["loginUrl"]
        shown = login.rpartition("/")[2]
        for guess in (shown, shown.replace("-", ""), shown.replace("-", "").ljust(72, "0")):
            assert npm.ask("GET", f"/npm/-/v1/done?secret={guess}").status in {202, 404}

    def test_nothing_is_stored_until_somebody_approves(self, npm: Npm) -> None:
        urls = npm.start()
        for url in (urls["loginUrl"], urls["doneUrl"]):
            npm.visit(url)
        npm.fill_in(urls["loginUrl"], "no token of ours")

        assert npm.world.stored() == []

    def test_a_login_gives_one_token_and_is_approved_once(self, npm: Npm) -> None:
        alice, bob = npm.token(name="alice"), npm.token(name="bob")
        urls = npm.start()

        npm.fill_in(urls["loginUrl"], alice)
        again = npm.fill_in(urls["loginUrl"], bob)
        first, second = npm.visit(urls["doneUrl"]), npm.visit(urls["doneUrl"])

        assert again.status == 409
        assert npm.identity(first.json["token"])["name"] == "alice"
        assert "npm login" in assert_problem(second, 409, "login_done")["error"]

    def test_of_polls_that_race_one_makes_a_token(self, npm: Npm) -> None:
        urls = npm.start()
        npm.fill_in(urls["loginUrl"], npm.token(name="alice"))
        processes = [Npm() for _ in range(8)]
        for process in processes:
            process.world = replace(npm.world, container=npm.world.fresh())

        # The processes share the medium alone; `installed` is one for all of them, so the service is called itself.
        def poll(process: Npm) -> str | None:
            secret = urls["doneUrl"].partition("=")[2]
            try:
                made = process.world.container.logins.collect(secret)
            except Exception as error:  # noqa: BLE001 - whatever it was is told
                return type(error).__name__
            return made.token if made else None

        with ThreadPoolExecutor(len(processes)) as pool:
            told = list(pool.map(poll, processes))

        assert sorted(text for text in told if text and not text.startswith("prism_")) == ["LoginDone"] * 7
        tokens = npm.ask("GET", "/v1/tokens", ADMIN).json["tokens"]
        assert len([token for token in tokens if token["createdBy"] == "alice"]) == 1

    @pytest.mark.parametrize("minutes", [10, 60])
    def test_a_login_is_open_for_ten_minutes(self, npm: Npm, minutes: int) -> None:
        token = npm.token()
        urls, approved = npm.start(), npm.start()
        npm.fill_in(approved["loginUrl"], token)

        npm.at(timedelta(minutes=minutes))

        assert npm.visit(urls["loginUrl"]).status == 404
        assert npm.fill_in(urls["loginUrl"], token).status == 404
        assert_problem(npm.visit(urls["doneUrl"]), 404, "login_not_found")
        assert_problem(npm.visit(approved["doneUrl"]), 404, "login_not_found")

    def test_a_login_that_would_begin_later_is_none(self, npm: Npm) -> None:
        urls = npm.start()
        npm.at(timedelta(minutes=-5))

        assert npm.visit(urls["loginUrl"]).status == 404

    @pytest.mark.parametrize(
        "login", ["x", "..%2F..%2Faccess%2Ftokens%2Fa", "0" * 49, "a" * 3000, "%F0%9F%98%80"]
    )
    def test_no_other_address_is_a_login(self, npm: Npm, login: str) -> None:
        page = npm.ask("GET", f"/npm/-/v1/login/{login}")

        assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert npm.fill_in(f"/npm/-/v1/login/{login}", ADMIN).status == 404
        assert npm.world.stored() == []

    @pytest.mark.parametrize(
        "query", ["", "?secret=", "?secret=x", "?secret=" + "0" * 72, "?secret=" + "a" * 9999]
    )
    def test_no_other_secret_collects_anything(self, npm: Npm, query: str) -> None:
        answer = npm.ask("GET", f"/npm/-/v1/done{query}")

        assert answer.status in {400, 404}
        assert "error" in answer.json

    def test_the_page_is_complete_in_itself_and_safe(self, npm: Npm) -> None:
        page = npm.visit(npm.start()["loginUrl"])

        text = page.body.decode()
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in page.headers
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "form-action 'self'; frame-ancestors 'none'" in policy
        assert not re.search(r"<script|\bon\w+=|https?://|\bsrc=|<link|@import|url\(", text)
        assert '<html lang="en">' in text
        assert "<title>Log in to registry.example</title>" in text
        assert 'for="answer"' in text
        assert 'aria-describedby="hint"' in text

    def test_the_style_is_the_one_that_the_policy_lets_through(self, npm: Npm) -> None:
        page = npm.visit(npm.start()["loginUrl"])
        [style] = re.findall(r"<style>(.*?)</style>", page.body.decode(), re.DOTALL)

        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in page.headers["content-security-policy"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            pytest.param(b"", 400, id="nothing"),
            pytest.param(b"token=", 400, id="an-empty-field"),
            pytest.param(b"other=1", 400, id="another-field"),
            pytest.param(b"token=%FF", 400, id="not-utf-8"),
            pytest.param("token=é".encode(), 400, id="not-ascii"),
            pytest.param(b"a=1&" * 100, 400, id="many-fields"),
            pytest.param(b"token=" + b"x" * 70_000, 413, id="too-large"),
            pytest.param(b"token=%3Cscript%3E", 401, id="no-token"),
        ],
    )
    def test_a_form_that_does_not_log_in_is_shown_again_with_what_is_wrong(
        self, npm: Npm, body: bytes, status: int
    ) -> None:
        urls = npm.start()

        page = npm.call("POST", urlsplit(urls["loginUrl"]).path, body, FORM)

        assert page.status == status
        assert re.search(r'role="alert">[A-Z].*\.</p>', page.body.decode())
        assert "<form" in page.body.decode()
        assert "script>" not in page.body.decode()
        assert npm.world.stored() == []

    def test_a_form_of_another_type_is_refused(self, npm: Npm) -> None:
        path = urlsplit(npm.start()["loginUrl"]).path

        assert_problem(npm.ask("POST", path, None, {"answer": ADMIN}), 415, "unsupported_media_type")

    @pytest.mark.parametrize("holder", ["setting", "stored"])
    def test_an_admin_gets_a_token_that_publishes_and_no_more(self, npm: Npm, holder: str) -> None:
        token = ADMIN if holder == "setting" else npm.token("admin", name="root")

        made = npm.log_in(token)

        assert npm.identity(made)["scopes"] == ["read", "publish"]
        assert npm.ask("GET", "/v1/tokens", made).status == 403

    def test_who_may_only_read_gets_a_token_that_only_reads(self, npm: Npm) -> None:
        assert npm.identity(npm.log_in(npm.token("read")))["scopes"] == ["read"]

    def test_an_expired_or_revoked_token_approves_nothing(self, npm: Npm) -> None:
        token = npm.token()
        npm.ask("DELETE", f"/v1/tokens/{token.split('_')[1]}", ADMIN)
        urls = npm.start()

        assert npm.fill_in(urls["loginUrl"], token).status == 401
        assert npm.visit(urls["doneUrl"]).status == 202

    def test_revoking_a_token_ends_those_that_stem_from_it(self, npm: Npm) -> None:
        token, other = npm.token("publish", name="alice"), npm.token("publish", name="alice")
        first = npm.log_in(token)
        second = npm.log_in(first)
        unrelated = npm.log_in(other)
        urls = npm.start()
        npm.fill_in(urls["loginUrl"], token)
        assert npm.ask("GET", "/npm/-/whoami", second).status == 200

        npm.ask("DELETE", f"/v1/tokens/{token.split('_')[1]}", ADMIN)

        collected = npm.visit(urls["doneUrl"]).json["token"]
        for made in (first, second, collected):
            assert_problem(npm.ask("GET", "/npm/-/whoami", made), 401, "invalid_token")
        assert npm.ask("GET", "/npm/-/whoami", unrelated).status == 200

    def test_every_token_is_in_the_log_before_it_can_be_used(self, npm: Npm) -> None:
        token = npm.token("publish", name="alice")
        made = npm.log_in(token)

        entry = npm.ask("GET", "/v1/audit?limit=1", ADMIN).json["entries"][0]

        assert (entry["action"], entry["by"], entry["token"]) == (
            "token.create",
            "alice",
            token.split("_")[1],
        )
        assert entry["subject"] == made.split("_")[1]
        assert entry["details"]["stemsFrom"] == token.split("_")[1]

    @pytest.mark.parametrize("fault", [Fault.DEATH_BEFORE, Fault.DEATH_AFTER])
    def test_death_at_any_call_leaves_no_token_without_an_entry_and_never_two(
        self, npm: Npm, fault: Fault
    ) -> None:
        token = npm.token("publish", name="alice")
        at, struck = 0, True
        while struck:
            at += 1
            urls = npm.start()
            npm.fill_in(urls["loginUrl"], token)
            before = self.tokens_of(npm)
            store = FaultyStore(npm.world.medium, fault, at=at)
            with suppress(Death):
                npm.world.fresh(store).logins.collect(urls["doneUrl"].partition("=")[2])
            struck = store.struck
            npm.visit(urls["doneUrl"])
            logged = {
                entry["subject"] for entry in npm.ask("GET", "/v1/audit?limit=100", ADMIN).json["entries"]
            }
            assert self.tokens_of(npm) <= logged
            assert len(self.tokens_of(npm) - before) <= 1

        assert at > 4, "the approval is read and replaced, the log and the token are written"

    def tokens_of(self, npm: Npm) -> set[str]:
        """Answer the ids of all tokens."""
        return {facts["id"] for facts in npm.ask("GET", "/v1/tokens?limit=100", ADMIN).json["tokens"]}


class TestByNameAndPassword:
    def test_a_token_is_the_password_of_whom_it_speaks_as(self, npm: Npm) -> None:
        token = npm.token("publish", "@acme/*", name="alice")

        answer = npm.put_user("alice", token, email="alice@example.org", roles=[])

        assert (answer.status, answer.headers["cache-control"]) == (201, "no-store")
        assert (answer.json["ok"], answer.json["id"]) == (True, "org.couchdb.user:alice")
        assert answer.json["token"] != token
        assert npm.identity(answer.json["token"])["packages"] == ["@acme/*"]

    def test_the_address_that_npm_tries_again_does_the_same(self, npm: Npm) -> None:
        body = {"name": "alice", "password": npm.token(name="alice")}

        answer = npm.ask("PUT", "/npm/-/user/org.couchdb.user:alice/-rev/3-x", None, body)

        assert answer.status == 201

    def test_who_is_refused_is_told_what_to_do_and_npm_prints_it(self, npm: Npm) -> None:
        token = npm.token(name="alice")

        wrong = npm.put_user("alice", "hunter2")
        other = npm.put_user("bob", token)

        for answer in (wrong, other):
            document = assert_problem(answer, 401, "login_refused")
            assert document["error"] == document["detail"]
            assert "www-authenticate" not in answer.headers
        assert "an admin of this registry" in wrong.json["error"]
        assert "log in as `alice`" in other.json["error"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400),
            (b"{", 400),
            (b"[]", 400),
            (b'{"name": "alice"}', 400),
            (b'{"name": 1, "password": "x"}', 400),
            (b'{"name": "alice", "password": {"a": 1}}', 400),
            (b'{"name": "alice", "password": "' + b"x" * 2000 + b'"}', 400),
            (b'{"name": "bob", "password": "x"}', 400),
            (b'{"name": "\\ud800", "password": "x"}', 400),
            (b'{"password": "' + b"x" * 70_000 + b'"}', 413),
        ],
    )
    @pytest.mark.parametrize("access", ["open", "token"])
    def test_a_body_that_makes_no_sense_is_refused(self, access: str, body: bytes, status: int) -> None:
        npm = Npm(access)
        answer = npm.call(
            "PUT", "/npm/-/user/org.couchdb.user:alice", body, {"content-type": "application/json"}
        )

        assert answer.status == status
        assert answer.json["error"]
        assert npm.world.stored() == []

    @pytest.mark.parametrize("name", ["a*", " ", "%00", "x" * 300, "..%2F..", "Zo\u0308e", "%3Cscript%3E"])
    @pytest.mark.parametrize("access", ["open", "token"])
    def test_no_name_gets_anywhere_it_should_not(self, access: str, name: str) -> None:
        npm = Npm(access)
        answer = npm.ask("PUT", f"/npm/-/user/org.couchdb.user:{name}", None, {"password": "x"})

        assert answer.status in ({201, 400, 404} if access == "open" else {400, 401, 404})
        assert all(key.startswith("prism/access/") for key in npm.world.stored())

    def test_the_settings_token_logs_in_as_admin_without_being_one(self, npm: Npm) -> None:
        made = npm.put_user("admin", ADMIN).json["token"]

        assert npm.identity(made)["scopes"] == ["read", "publish"]


class TestInAnOpenRegistry:
    @pytest.mark.parametrize("way", ["page", "password"])
    def test_a_name_is_enough_and_npm_says_what_that_means(self, opened: Npm, way: str) -> None:
        urls = opened.start()
        if way == "page":
            page = opened.visit(urls["loginUrl"]).body.decode()
            opened.fill_in(urls["loginUrl"], "Zoë")
            answer = opened.visit(urls["doneUrl"])
            assert "Your name" in page
            assert 'type="password"' not in page
        else:
            answer = opened.put_user("Zoë", "anything")

        assert "open" in answer.headers["npm-notice"]
        made = opened.identity(answer.json["token"])
        assert (made["name"], made["scopes"]) == ("Zoë", ["read", "publish"])
        data = package("1.0.0")
        told = opened.ask(
            "POST", "/v1/packages/demo", answer.json["token"], data, content_type="application/gzip"
        )
        assert told.json["metadata"]["publisher"]["name"] == "Zoë"

    def test_what_was_given_in_an_open_registry_is_worthless_in_one_that_asks_for_tokens(
        self, opened: Npm
    ) -> None:
        tokens = [opened.log_in("alice"), opened.put_user("alice", "x").json["token"]]
        created = opened.ask("POST", "/npm/-/npm/v1/tokens", tokens[0], {"name": "ci"})
        tokens.append(created.json["token"])
        real = opened.token("publish", name="alice")
        urls = opened.start()
        opened.fill_in(urls["loginUrl"], "alice")

        opened.as_access("token")
        tokens.append(opened.visit(urls["doneUrl"]).json["token"])

        for token in tokens:
            for method, address in (
                ("GET", "/npm/-/whoami"),
                ("GET", "/v1/packages"),
                ("POST", "/v1/packages/x"),
            ):
                assert_problem(opened.ask(method, address, token), 401, "invalid_token")
            assert opened.put_user("alice", token).status == 401
            assert opened.fill_in(opened.start()["loginUrl"], token).status == 401
        assert opened.ask("GET", "/npm/-/whoami", real).status == 200
        opened.as_access("open")
        assert opened.ask("GET", "/npm/-/whoami", tokens[0]).json == {"username": "alice"}

    def test_who_has_a_token_may_log_in_with_it_here_too(self, opened: Npm) -> None:
        token = opened.token("publish", "@acme/*", name="alice")

        made = [opened.log_in(token), opened.put_user("alice", token).json["token"]]

        opened.as_access("token")
        assert [opened.identity(text)["packages"] for text in made] == [["@acme/*"]] * 2
        opened.as_access("open")
        assert_problem(opened.put_user("bob", token), 401, "login_refused")

    def test_a_token_never_becomes_a_name(self, opened: Npm) -> None:
        token = opened.token(name="alice")
        opened.ask("DELETE", f"/v1/tokens/{token.split('_')[1]}", ADMIN)

        for text in (token, f"my token: {token}"):
            assert opened.fill_in(opened.start()["loginUrl"], text).status == 401
            assert_problem(opened.put_user(text, "x"), 401, "login_refused")
        assert token.split("_")[2].encode() not in opened.everything_stored()

    @pytest.mark.parametrize("name", ["admin", "Admin", " ADMIN "])
    def test_nobody_logs_in_as_the_admin_by_saying_so(self, opened: Npm, name: str) -> None:
        assert opened.fill_in(opened.start()["loginUrl"], name).status == 401
        assert_problem(opened.put_user(name, "x"), 401, "login_refused")
        assert opened.world.stored() == []

    def test_a_name_alone_never_gets_at_what_admins_do_or_at_the_tokens_of_that_name(
        self, opened: Npm
    ) -> None:
        real = opened.token("publish", name="alice")
        made = opened.log_in("alice")

        for method, address in (("GET", "/v1/tokens"), ("GET", "/v1/audit"), ("PUT", "/v1/publishers/alice")):
            assert opened.ask(method, address, made, {} if method == "PUT" else b"").status == 403
        listed = opened.ask("GET", "/npm/-/npm/v1/tokens", made).json["objects"]
        assert [token["key"] for token in listed] == [made.split("_")[1]]
        for address in ("/npm/-/user/token/", "/npm/-/npm/v1/tokens/token/"):
            for text in (real, real.split("_")[1]):
                assert_problem(opened.ask("DELETE", address + text, made), 404, "token_not_found")
        assert opened.ask("GET", "/npm/-/whoami", real).status == 200


@pytest.mark.parametrize("access", ["open", "token"])
def test_no_secret_of_a_login_is_stored_logged_or_told_to_others(
    access: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    npm = Npm(access)
    with caplog.at_level(logging.DEBUG):
        token = npm.token("publish", name="alice")
        answer = "alice" if access == "open" else token
        urls = npm.start()
        npm.visit(urls["loginUrl"])
        npm.visit(urls["doneUrl"])
        npm.fill_in(urls["loginUrl"], answer)
        made = [
            npm.visit(urls["doneUrl"]).json["token"],
            npm.put_user("alice", token).json["token"],
            npm.put_user("admin", ADMIN).json.get("token", token),
            npm.ask("POST", "/npm/-/npm/v1/tokens", token, {"password": token}).json["token"],
        ]
        npm.visit(urls["doneUrl"])
        refused = [npm.put_user("bob", token), npm.fill_in(npm.start()["loginUrl"], "wrong " + made[0])]
        refused.append(npm.ask("DELETE", f"/npm/-/user/token/{ADMIN}", made[1]))
        npm.ask("DELETE", f"/npm/-/user/token/{ADMIN}", ADMIN)
        npm.ask("DELETE", f"/npm/-/npm/v1/tokens/token/{made[3]}", made[3])
        npm.ask("DELETE", f"/npm/-/user/token/{made[0].replace('_', '%5F')}", made[0])
        npm.ask("DELETE", f"/npm/-/user/token/{token}", token)

    secrets = [ADMIN, urls["doneUrl"].partition("=")[2], *(text.split("_")[2] for text in (token, *made))]
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert sum("/npm/-/user/token/[hidden]" in line for line in lines) == 4
    told = b"".join(answer.body for answer in refused if access == "token")
    everything = "\n".join([*lines, *capfd.readouterr()]).encode() + npm.everything_stored() + told
    for secret in secrets:
        assert secret.encode() not in everything
    assert digest_of(token).encode() in npm.everything_stored()


REGISTRY = Npm()


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_nothing_but_a_token_opens_anything(answer: str) -> None:
    page = REGISTRY.fill_in(REGISTRY.start()["loginUrl"], answer)

    assert page.status in {400, 401}
    assert REGISTRY.put_user("alice", answer).status in {400, 401}
    assert REGISTRY.world.stored() == []
