"""Who is let in over HTTP: on every route, for every kind of token, and without telling what exists."""

import base64
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.api import RESOURCES
from chalicelib.api.routing import Route, Routes, collect
from chalicelib.domain.tokens import digest_of
from chalicelib.settings import Settings
from tests.api.callers import Received, assert_problem
from tests.api.test_registry import RAW, Client
from tests.worlds import package, world

ADMIN = "the-operators-own-token"
HIDDEN, NEVER = "@acme/secret", "@acme/unknown"
ROUTES = list(collect(RESOURCES))
PUBLIC = {
    "/v1/health",
    "/v1/openapi.json",
    "/v1/problems",
    "/v1/problems/{code}",
    "/npm/-/ping",
    "/npm/-/v1/login",
    "/npm/-/v1/login/{login}",
    "/npm/-/v1/done",
    "/npm/-/user/org.couchdb.user:{user}",
    "/npm/-/user/org.couchdb.user:{user}/-rev/{rev}",
    "/s/{sid}",
    "/s/{sid}/archive",
    "/s/{sid}/{file}/{filename}",
}
"""The paths that answer without a token; whoever adds one says so here too."""

OTHERWISE_GUARDED = {
    "/v1/archives",
    "/v1/archives/{id}",
    "/v1/buckets/{sid}",
    "/v1/buckets/{sid}/files/{file}",
}
"""The paths that a bucket's key or password opens, too; without any of them they tell nothing."""

NEVER_TWICE_THE_SAME = {"/npm/-/v1/login", "/npm/-/npm/v1/tokens", "/v1/buckets"}
"""The paths that answer a new secret each time they are posted to, whatever they are asked."""

VALUES = {"version": "1.0.0", "previous": "1.0.0", "path": "index.js", "tag": "latest", "code": "forbidden"}


class Guarded(Client):
    """Calls a registry as whoever has a token."""

    def __init__(self, access: str = "token") -> None:
        super().__init__(world(Settings(storage_driver="memory", access=access, admin_token=ADMIN)))

    def token(self, scope: str = "read", *packages: str, name: str = "ci", **wanted: object) -> str:
        """Make a token by HTTP and answer its text."""
        body = {
            "name": name,
            "scopes": [scope],
            **({"packages": list(packages)} if packages else {}),
            **wanted,
        }
        made = self.ask("POST", "/v1/tokens", ADMIN, body)
        assert made.status == 201, made.body
        return str(made.json["token"])

    def ask(
        self, method: str, address: str, token: str | None = None, body: object = b"", **headers: str
    ) -> Received:
        """Send a request with a token, or without."""
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.call(
            method, address, body, given | ({"Authorization": f"Bearer {token}"} if token else {})
        )

    def put_package(self, name: str, version: str = "1.0.0", token: str = ADMIN, **headers: str) -> Received:
        """Publish a package."""
        data = package(version, name=name)
        return self.ask("POST", f"/v1/packages/{name.replace('/', '%2F')}", token, data, **RAW, **headers)


@pytest.fixture
def client() -> Guarded:
    return Guarded()


def requests_to(route: Route, name: str = HIDDEN) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Answer the requests that reach a route, with its variables, and its query or body, about a package."""
    values = {**VALUES, "name": name.replace("/", "%2F")}
    address = re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], "x"), route.template.text)
    query = "?spec=" + name if route.query and "spec" in route.query.model_fields else ""
    told: dict[str, Any] = {}
    if route.takes:
        fields = route.body.model_fields if route.body is not None else {}
        named: dict[str, object] = {"specs": [name]} if "specs" in fields else {}
        if "sha256" in fields and "name" in fields:
            named = {"name": name, "size": 1, "sha256": "0" * 64}
        body = json.dumps(named).encode()
        told = {"body": body, "content_type": route.takes[0]}
    if address == "/v1/uploads":
        told |= {"upload_metadata": f"package {base64.b64encode(name.encode()).decode()}"}
    yield route.method, address + query, told
    if route.method == "GET":
        yield "HEAD", address + query, told


def each_route() -> list[Any]:
    """Answer every route the registry has, named for the test's report."""
    return [pytest.param(route, id=f"{route.method} {route.template.text}") for route in ROUTES]


def without_name(answer: Received, name: str) -> tuple[int, str, str]:
    """Answer what an answer says but for the package's name."""
    return answer.status, answer.headers.get("content-type", ""), answer.body.decode().replace(name, "…")


def test_what_needs_no_token_is_what_this_test_lists() -> None:
    open_to_all = {
        route.template.text for route in ROUTES if route.scope is None and route.method != "OPTIONS"
    }

    assert open_to_all == PUBLIC | OTHERWISE_GUARDED


@pytest.mark.parametrize("route", each_route())
def test_without_a_token_a_route_answers_401_whatever_is_there(route: Route) -> None:
    client = Guarded()
    client.put_package(HIDDEN)

    for token, code in ((None, "authentication_required"), ("wrong", "invalid_token")):
        for (method, address, told), (_, other, others) in zip(
            requests_to(route), requests_to(route, NEVER), strict=True
        ):
            answer = client.ask(method, address, token, **told)
            if route.template.text in OTHERWISE_GUARDED:
                assert answer.status in {401, 404}
                assert answer.body == client.ask(method, other, token, **others).body
                continue
            if route.scope is None:
                assert answer.status not in {401, 403}
                continue
            assert (answer.status, answer.headers["cache-control"]) == (401, "no-store")
            assert answer.headers["www-authenticate"].startswith('Bearer realm="prism"')
            assert answer.body == client.ask(method, other, token, **told).body
            assert method == "HEAD" or assert_problem(answer, 401, code)


@pytest.mark.parametrize("route", each_route())
def test_with_a_token_for_other_packages_a_route_does_not_tell_what_is_there(route: Route) -> None:
    client = Guarded()
    client.put_package(HIDDEN)
    token = client.token("publish", "@other/*")

    for (method, address, told), (_, other, others) in zip(
        requests_to(route), requests_to(route, NEVER), strict=True
    ):
        answer, never = client.ask(method, address, token, **told), client.ask(method, other, token, **others)
        if not (method == "POST" and route.template.text in NEVER_TWICE_THE_SAME):
            assert without_name(answer, HIDDEN) == without_name(never, NEVER)
        if route.template.text in OTHERWISE_GUARDED:
            assert answer.status == 404
        elif route.packages is None:
            assert HIDDEN.encode() not in answer.body
        elif route.scope == "read":
            assert method == "HEAD" or assert_problem(answer, 404, "package_not_found")
            assert answer.status == 404
        else:
            assert_problem(answer, 403, "forbidden")


@pytest.mark.parametrize("route", each_route())
def test_with_the_right_token_a_route_lets_the_caller_in(route: Route) -> None:
    client = Guarded()
    client.put_package(HIDDEN)
    packages = () if route.scope == "admin" else ("@acme/*",)
    token = client.token(route.scope or "read", *packages)

    for method, address, told in requests_to(route):
        assert client.ask(method, address, token, **told).status not in {401, 403}


@pytest.mark.parametrize("route", each_route())
def test_with_too_narrow_a_scope_a_route_says_which_it_needs(route: Route) -> None:
    client = Guarded()
    for scope, enough in (("read", {"read", None}), ("publish", {"read", "publish", None})):
        token = client.token(scope)
        for method, address, told in requests_to(route):
            answer = client.ask(method, address, token, **told)
            if route.scope in enough:
                assert answer.status != 403
            else:
                document = assert_problem(answer, 403, "forbidden") if method != "HEAD" else None
                assert answer.status == 403
                assert document is None or document["scope"] == route.scope


def test_a_preflight_an_unknown_path_and_a_wrong_method_need_no_token(client: Guarded) -> None:
    assert client.ask("OPTIONS", "/v1/packages/demo").status == 204
    assert_problem(client.ask("GET", "/v1/packages/demo/1.0.0/none"), 404, "route_not_found")
    assert_problem(client.ask("PATCH", "/v1/packages/demo"), 405, "method_not_allowed")


def test_an_open_registry_asks_nobody_but_for_the_admins_routes() -> None:
    client = Guarded("open")

    assert client.call("POST", "/v1/packages/demo", package(), RAW).status == 201
    assert client.ask("GET", "/v1/packages/demo").status == 200
    for route in ROUTES:
        if route.scope == "admin":
            for method, address, told in requests_to(route):
                assert client.ask(method, address, **told).status == 401
                assert client.ask(method, address, ADMIN, **told).status not in {401, 403}


def test_an_open_registry_honours_a_good_token_and_refuses_a_wrong_one() -> None:
    client = Guarded("open")
    token = client.token("publish", "demo", name="alice")

    assert client.put_package("demo", token=token).json["metadata"]["publisher"] == {"name": "alice"}
    assert client.put_package("other", token=token).status == 403
    assert_problem(client.ask("GET", "/v1/packages", "wrong"), 401, "invalid_token")
    assert client.call("GET", "/v1/packages", headers={"Authorization": "Basic YTpi"}).status == 200
    assert client.ask("GET", "/v1/health", "wrong").status == 200


def test_lists_and_searches_hold_what_the_caller_may_see(client: Guarded) -> None:
    names = [f"@{scope}/p{number:02d}" for number in range(15) for scope in ("acme", "other")]
    for name in names:
        client.put_package(name)
    token = client.token("read", "@other/*")

    listed: list[str] = []
    cursor = ""
    for _ in range(10):
        page = client.ask("GET", f"/v1/packages?limit=4&cursor={cursor}", token).json
        listed += [line["name"] for line in page["packages"]]
        assert len(page["packages"]) == 4 or "next" not in page
        if "next" not in page:
            break
        cursor = page["next"]
    found = client.ask("GET", "/v1/search?q=p0&limit=100", token).json

    assert listed == sorted(name for name in names if name.startswith("@other/"))
    assert {result["identifier"]["name"] for result in found["results"]} == {
        name for name in names if name.startswith("@other/p0")
    }
    assert found["total"] == 10
    assert client.ask("GET", "/v1/search?q=acme", token).json["total"] == 0


@pytest.mark.parametrize(
    "spelling", ["@ACME%2FSecret", "@acme/secret", "%40acme%2fsecret", "@acme%2Fsecret%20"]
)
def test_no_spelling_of_a_name_gets_around_the_patterns(client: Guarded, spelling: str) -> None:
    client.put_package(HIDDEN)
    token, own = client.token("read", "@other/*"), client.token("read", HIDDEN)

    assert client.ask("GET", f"/v1/packages/{spelling}", own).status == 200
    assert client.ask("GET", f"/v1/packages/{spelling}", token).status == 404
    assert client.ask("GET", f"/v1/resolve?spec={spelling.replace('%2F', '/')}", token).status in {400, 404}


@pytest.mark.parametrize(
    "spec", [f"{HIDDEN}@1", f"npm:{HIDDEN}", f"@other/x@npm:{HIDDEN}@^1", "@ACME/secret/x"]
)
def test_no_way_to_write_a_spec_gets_around_the_patterns(client: Guarded, spec: str) -> None:
    client.put_package(HIDDEN)

    answer = client.ask("GET", f"/v1/resolve?spec=@other/y&spec={spec}", client.token("read", "@other/*"))

    assert_problem(answer, 404, "package_not_found")


def test_a_hidden_package_is_answered_as_one_that_was_never_published(client: Guarded) -> None:
    client.put_package(HIDDEN)
    everything, other = client.token("read"), client.token("read", "@other/*")

    hidden = client.ask("GET", f"/v1/packages/{HIDDEN}", other)
    never = client.ask("GET", f"/v1/packages/{NEVER}", everything)

    assert without_name(hidden, HIDDEN) == without_name(never, NEVER)
    assert dict(hidden.headers) == dict(never.headers)


def test_the_publisher_is_whom_the_token_names_and_the_claim_stands_beside_it(client: Guarded) -> None:
    token = client.token("publish", name="ci-acme")
    claims = {"x_prism_publisher_name": "Zo%C3%AB", "x_prism_publisher_email": "zoe@example.org"}

    claimed = client.put_package("demo", "1.0.0", token, **claims).json
    silent = client.put_package("demo", "2.0.0", token).json

    assert claimed["metadata"]["publisher"] == claimed["manifest"]["claim"]["publisher"]
    assert claimed["metadata"]["publisher"] == {
        "name": "ci-acme",
        "claimed": {"name": "Zoë", "email": "zoe@example.org"},
    }
    assert silent["metadata"]["publisher"] == {"name": "ci-acme"}


def test_events_name_whom_the_token_names(client: Guarded) -> None:
    token = client.token("publish", name="ci-acme")
    client.put_package("demo", "1.0.0", token, x_prism_publisher_name="Mallory")

    client.ask(
        "PUT", "/v1/packages/demo/1.0.0/yank", token, {"reason": "broken"}, x_prism_publisher_name="Mallory"
    )

    head = client.world.container.heads.get("demo")
    assert head is not None
    assert [(event.type, event.actor) for event in head.events] == [
        ("publish", "ci-acme"),
        ("yank", "ci-acme"),
    ]


def test_nobody_can_claim_to_have_been_authenticated() -> None:
    client = Guarded("open")
    publisher = {"name": "Mallory", "claimed": {"name": "x"}, "token": "y"}

    answer = client.ask("POST", "/v1/packages/demo", None, json_payload(publisher))

    assert answer.json["metadata"]["publisher"] == {"name": "Mallory"}


def test_a_json_payload_may_leave_the_publisher_to_the_token(client: Guarded) -> None:
    answer = client.ask("POST", "/v1/packages/demo", client.token("publish"), json_payload(None))

    assert answer.json["metadata"]["publisher"] == {"name": "ci"}


def json_payload(publisher: object) -> dict[str, object]:
    """Answer a publish payload, with a publisher or without."""
    from tests.api.test_registry import payload

    told = payload(package())
    return (
        told | {"publisher": publisher} if publisher else {k: v for k, v in told.items() if k != "publisher"}
    )


def test_a_token_is_told_once_and_never_its_digest(client: Guarded) -> None:
    made = client.ask(
        "POST",
        "/v1/tokens",
        ADMIN,
        {"name": "ci", "scopes": ["publish"], "packages": ["@acme/*"], "expiresIn": "90d"},
    )
    token = made.json["token"]

    listed = client.ask("GET", "/v1/tokens", ADMIN)

    assert (made.status, made.headers["cache-control"]) == (201, "no-store")
    assert listed.json["tokens"] == [{key: value for key, value in made.json.items() if key != "token"}]
    assert set(listed.json["tokens"][0]) == {
        "id",
        "name",
        "scopes",
        "packages",
        "createdAt",
        "createdBy",
        "expiresAt",
    }
    assert digest_of(token) not in listed.body.decode()


def test_a_revoked_token_is_refused_at_the_next_request(client: Guarded) -> None:
    token = client.token()
    assert client.ask("GET", "/v1/packages", token).status == 200

    revoked = client.ask("DELETE", f"/v1/tokens/{token.split('_')[1]}", ADMIN)

    assert revoked.json["revokedBy"] == "admin"
    assert_problem(client.ask("GET", "/v1/packages", token), 401, "invalid_token")
    assert_problem(client.ask("DELETE", "/v1/tokens/000000000000", ADMIN), 404, "token_not_found")


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({}, id="nobody"),
        pytest.param({"name": "ci", "scope": "publish"}, id="a-misspelt-field"),
        pytest.param({"name": "ci", "scopes": []}, id="no-scope"),
        pytest.param({"name": "ci", "scopes": ["root"]}, id="an-unknown-scope"),
        pytest.param({"name": "ci", "packages": []}, id="no-package"),
        pytest.param({"name": "ci", "packages": ["@acme"]}, id="no-pattern"),
        pytest.param({"name": "ci", "expiresIn": "soon"}, id="no-duration"),
        pytest.param({"name": "ci", "expiresIn": "0d"}, id="no-time-at-all"),
        pytest.param({"name": "c*", "scopes": ["read"]}, id="a-pattern-for-a-name"),
        pytest.param({"name": "ci", "scopes": ["admin"], "packages": ["a"]}, id="an-admin-of-one-package"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(client: Guarded, wanted: dict[str, object]) -> None:
    assert_problem(client.ask("POST", "/v1/tokens", ADMIN, wanted), 400, "invalid_payload")
    assert client.ask("GET", "/v1/tokens", ADMIN).json == {"tokens": []}


@pytest.mark.parametrize("path", ["tokens", "audit"])
def test_a_cursor_of_ones_own_making_is_refused(client: Guarded, path: str) -> None:
    for cursor in ("..%2Fpublishers", "x", "%00"):
        assert_problem(client.ask("GET", f"/v1/{path}?cursor={cursor}", ADMIN), 400, "invalid_query")


def test_an_admin_token_that_is_stored_does_what_the_settings_token_does(client: Guarded) -> None:
    stored = client.token("admin", name="root")

    made = client.ask("POST", "/v1/tokens", stored, {"name": "ci"})

    assert (made.status, made.json["createdBy"]) == (201, "root")
    [entry] = [
        entry
        for entry in client.ask("GET", "/v1/audit", stored).json["entries"]
        if entry["subject"] == made.json["id"]
    ]
    assert (entry["by"], entry["token"]) == ("root", stored.split("_")[1])
    assert (entry["action"], entry["details"]["name"]) == ("token.create", "ci")


def test_a_list_of_publishers_is_kept_over_http(client: Guarded) -> None:
    token = client.token("publish", name="ci-acme")
    client.ask("PUT", "/v1/publishers/ci-*", ADMIN, {"packages": ["@acme/*"]})
    listed = client.ask("PUT", "/v1/publishers/github%2Falice", ADMIN, {})

    assert [(line["name"], line["packages"]) for line in listed.json["publishers"]] == [
        ("ci-*", ["@acme/*"]),
        ("github/alice", ["*"]),
    ]
    assert client.put_package("@acme/a", token=token).status == 201
    refused = assert_problem(client.put_package("demo", token=token), 403, "publisher_not_allowed")
    assert (refused["publisher"], refused["name"]) == ("ci-acme", "demo")

    for name in ("ci-*", "github%2Falice"):
        left = client.ask("DELETE", f"/v1/publishers/{name}", ADMIN)
    assert left.json == {"publishers": [], "everybody": False}
    assert_problem(client.put_package("demo", token=token), 403, "publisher_not_allowed")
    client.ask("PUT", "/v1/publishers/*", ADMIN, {})
    assert client.put_package("demo", token=token).status == 201
    assert_problem(client.ask("DELETE", "/v1/publishers/ci-*", ADMIN), 404, "publisher_not_found")


def test_a_publisher_is_taken_off_the_list_by_any_spelling_of_the_name(client: Guarded) -> None:
    client.ask("PUT", "/v1/publishers/%20Zo%C3%AB", ADMIN, {})

    left = client.ask("DELETE", "/v1/publishers/Zoe%CC%88%20", ADMIN)

    assert (left.status, left.json) == (200, {"publishers": [], "everybody": False})


def test_whoami_tells_what_the_token_allows(client: Guarded) -> None:
    token = client.token("publish", "@acme/*", expiresIn="90d")

    told = client.ask("GET", "/v1/whoami", token).json
    nobody = Guarded("open").ask("GET", "/v1/whoami").json

    assert told.pop("expiresAt").endswith("Z")
    assert told == {
        "access": "token",
        "name": "ci",
        "scopes": ["read", "publish"],
        "packages": ["@acme/*"],
        "token": token.split("_")[1],
    }
    assert nobody == {"access": "open", "scopes": ["read", "publish"]}


def test_answers_stay_out_of_shared_caches_where_tokens_count(client: Guarded) -> None:
    client.put_package("demo")

    def told(address: str, **headers: str) -> tuple[int, str, str | None]:
        answer = client.ask("GET", address, ADMIN, **headers)
        return answer.status, answer.headers["cache-control"], answer.headers.get("vary")

    etag = client.ask("GET", "/packages/demo/1.0.0/index.js", ADMIN).headers["etag"]
    immutable = "private, max-age=31536000, immutable"
    assert told("/v1/packages/demo") == (200, "private, max-age=5", "Authorization, Accept-Encoding")
    assert told("/packages/demo/1.0.0/index.js") == (200, immutable, "Authorization, Accept-Encoding")
    assert told("/packages/demo/1.0.0/index.js", if_none_match=etag) == (
        304,
        immutable,
        "Authorization, Accept-Encoding",
    )
    assert told("/v1/packages/none") == (404, "no-store", "Accept-Encoding")
    assert told("/v1/openapi.json") == (200, "public, max-age=5", "Accept-Encoding")


def test_an_open_registrys_answers_are_for_all_unless_a_token_was_sent() -> None:
    client = Guarded("open")

    assert client.ask("GET", "/v1/packages").headers["cache-control"] == "public, max-age=5"
    assert "Authorization" not in client.ask("GET", "/v1/packages").headers["vary"]
    assert client.ask("GET", "/v1/packages", ADMIN).headers["cache-control"] == "private, max-age=5"


def test_a_request_with_a_token_costs_one_conditional_read_more(client: Guarded) -> None:
    client.put_package("demo")
    token = client.token()
    opened = Guarded("open")
    opened.call("POST", "/v1/packages/demo", package(), RAW)

    def cost(client: Guarded, token: str | None) -> list[tuple[str, str, int]]:
        client.ask("GET", "/v1/packages/demo", token)
        client.world.store.reset()
        client.ask("GET", "/v1/packages/demo", token)
        return [(call.verb, call.key.split("/")[1], call.bytes_out) for call in client.world.store.calls]

    assert cost(opened, None) == [("get", "heads", 0)]
    assert cost(client, token) == [("get", "access", 0), ("get", "heads", 0)]
    assert cost(client, ADMIN) == [("get", "heads", 0)]


def test_who_is_refused_without_a_token_costs_nothing(client: Guarded) -> None:
    for address in (
        "/v1/packages/demo",
        "/packages/demo/1.0.0/index.js",
        "/v1/health",
        "/v1/packages/a/1.0.0/b",
    ):
        client.ask("GET", address)
        client.ask("GET", address, "no-token-of-ours")

    assert client.world.store.calls == []


GUARDED = Guarded()


@settings(max_examples=300, deadline=None)
@given(
    st.text()
    | st.from_regex(r"[Bb]earer [ -~]{0,80}")
    | st.from_regex(r"Bearer prism_[0-9a-f]{12}_[0-9A-Za-z]{43}")
)
def test_no_authorization_header_but_a_good_one_opens_anything(header: str) -> None:
    for method, address in (
        ("GET", "/v1/packages"),
        ("PUT", "/v1/publishers/x"),
        ("GET", "/v1/resolve?spec=x"),
    ):
        answer = GUARDED.call(method, address, {}, {"Authorization": header})

        assert answer.status == 401
        assert answer.json["code"] in {"authentication_required", "invalid_token"}


@pytest.mark.parametrize("name", ["x-authorization", "proxy-authorization", "x-prism-token", "cookie"])
def test_a_token_counts_in_no_other_header(client: Guarded, name: str) -> None:
    assert client.call("GET", "/v1/packages", headers={name: f"Bearer {ADMIN}"}).status == 401


def test_no_secret_is_in_a_log_line_an_answer_or_an_object(
    client: Guarded, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        tokens = [client.token("publish", HIDDEN), client.token("admin", name="root")]
        wrong = tokens[0][:-4] + "AAAA"
        client.put_package(HIDDEN, token=tokens[0])
        answers = [
            client.ask(method, address, token, **told)
            for route in ROUTES
            for method, address, told in requests_to(route)
            for token in (*tokens, wrong)
        ]
        client.ask("DELETE", f"/v1/tokens/{tokens[0].split('_')[1]}", tokens[1])

    written = [json.dumps(vars(record), default=repr) + str(record.exc_info) for record in caplog.records]
    stored = [b"".join(client.world.medium.stream(key)) for key in client.world.stored()]
    told_to_callers = [repr(answer.headers).encode() + answer.body for answer in answers]
    everything = "\n".join([*written, *capfd.readouterr()]).encode() + b"".join([*stored, *told_to_callers])
    assert len(caplog.records) >= len(answers)
    for secret in (ADMIN, *(token.split("_")[2] for token in (*tokens, wrong))):
        assert secret.encode() not in everything
    assert digest_of(tokens[0]).encode() not in b"".join(told_to_callers)


def test_a_route_needs_read_for_reads_and_publish_for_all_else_unless_told() -> None:
    routes = Routes()
    for method, path in (
        ("GET", "/a"),
        ("HEAD", "/b"),
        ("POST", "/c"),
        ("PUT", "/d"),
        ("DELETE", "/e/{name}"),
        ("OPTIONS", "/f"),
    ):
        routes.route(method, path, summary="x")(lambda _: None)  # type: ignore[arg-type,return-value]  # never called

    assert [route.scope for route in routes] == ["read", "read", "publish", "publish", "publish", None]
    assert [route.packages is None for route in routes] == [True, True, True, True, False, True]


def test_every_route_about_a_package_says_how_to_find_its_name() -> None:
    about = {route.template.text for route in ROUTES if "{name}" in route.template.text}
    about |= {route.template.text for route in ROUTES if route.query and "spec" in route.query.model_fields}

    assert about <= {route.template.text for route in ROUTES if route.packages}
