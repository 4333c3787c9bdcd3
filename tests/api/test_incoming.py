"""Whoever drops an object into the bucket can ask what became of it."""

from urllib.parse import quote

import pytest

from chalicelib.container import installed
from chalicelib.domain.errors import Busy
from chalicelib.domain.verdict import Verdict
from chalicelib.events.uploads import publish_uploads
from tests.api.callers import assert_problem
from tests.api.test_access import Guarded
from tests.api.test_registry import Client
from tests.events.announcing import created, drop, upload_key
from tests.worlds import memory_world, package

ODD_IDS = [
    pytest.param("7d1c", id="plain"),
    pytest.param("team/x", id="a folder"),
    pytest.param("/".join("abcdefgh"), id="folders in folders"),
    pytest.param("a b+c", id="spaces and pluses"),
    pytest.param("100%", id="a percent sign"),
    pytest.param("a%2Fb", id="an encoded slash"),
    pytest.param("grüße/日本", id="letters beyond ASCII"),
    pytest.param("@acme/widget@1.0.0?#", id="punctuation"),
]


@pytest.fixture
def client() -> Client:
    return Client(memory_world())


def announce(client: Client, upload_id: str) -> None:
    with installed(client.world.container):
        publish_uploads(created(upload_key(upload_id)))


def note(client: Client, upload_id: str, **parts: object) -> None:
    """Let an attempt at an upload fail."""
    incoming = client.world.container.incoming
    found = incoming.find(upload_id)
    assert found.object is not None
    failing = {
        "status": "failing",
        "uploadId": upload_id,
        "etag": found.object.etag,
        "at": "2026-01-01T00:00:00.000Z",
    }
    assert incoming.amend(found, Verdict.model_validate(failing | parts))


@pytest.mark.parametrize("suffix", ["", ".tgz"])
@pytest.mark.parametrize("upload_id", ODD_IDS)
def test_a_published_upload_is_told_of_under_its_key_with_or_without_the_suffix(
    client: Client, upload_id: str, suffix: str
) -> None:
    drop(client.world, upload_id, package())
    announce(client, upload_id)

    answer = client.get(f"/v1/incoming/{quote(upload_id)}{suffix}")

    assert answer.status == 200
    told = {name: answer.json[name] for name in ("status", "uploadId", "name", "version")}
    assert told == {"status": "published", "uploadId": upload_id, "name": "demo", "version": "1.0.0"}
    assert "retry-after" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_a_refused_upload_is_told_of_with_code_sentence_and_facts(client: Client) -> None:
    drop(client.world, "u1", package("one"))
    announce(client, "u1")

    told = client.get("/v1/incoming/u1").json

    assert (told["status"], told["code"]) == ("refused", "invalid_package_version")
    assert "`one`" in told["detail"]
    assert "facts" in told


def test_an_upload_that_nobody_got_to_is_pending(client: Client) -> None:
    drop(client.world, "u1", package())

    answer = client.get("/v1/incoming/u1.tgz")

    assert (answer.status, answer.json["status"], answer.json["uploadId"]) == (200, "pending", "u1")
    assert answer.headers["retry-after"] == str(answer.json["retryAfter"]) == "2"


def test_an_upload_in_the_place_of_one_with_a_verdict_is_pending(client: Client) -> None:
    drop(client.world, "u1", package("1.0.0"))
    announce(client, "u1")
    drop(client.world, "u1", package("2.0.0"))

    assert client.get("/v1/incoming/u1").json["status"] == "pending"


def test_an_upload_that_fails_for_now_says_so_and_when_to_ask_again(client: Client) -> None:
    drop(client.world, "u1", package())
    note(client, "u1", code="busy", detail="too many writers", attempts=2)

    answer = client.get("/v1/incoming/u1")

    assert (answer.json["status"], answer.json["code"], answer.json["attempts"]) == ("failing", "busy", 2)
    assert answer.headers["retry-after"] == str(answer.json["retryAfter"]) == "20"


def test_an_upload_that_was_removed_while_it_failed_is_given_up(client: Client) -> None:
    key = drop(client.world, "u1", package())
    note(client, "u1", code="busy")
    client.world.medium.delete(key)

    answer = client.get("/v1/incoming/u1")

    assert (answer.json["status"], answer.json["code"]) == ("refused", "upload_gone")
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["nothing", "nothing.tgz", ".tgz", "i" * 1005, "a/b/c", "%F0%9F%98%80"],
    ids=lambda path: path[:12],
)
def test_what_was_never_uploaded_is_not_found(client: Client, path: str) -> None:
    assert_problem(client.get(f"/v1/incoming/{path}"), 404, "upload_not_found")


@pytest.mark.parametrize("path", ["a//b", "../u1", "a/%2e%2e/u1"])
def test_a_path_that_climbs_leads_nowhere(client: Client, path: str) -> None:
    drop(client.world, "u1", package())

    assert_problem(client.get(f"/v1/incoming/{path}"), 404, "route_not_found")


def test_asking_costs_two_reads(client: Client) -> None:
    drop(client.world, "u1", package())
    announce(client, "u1")
    client.world.store.reset()

    client.get("/v1/incoming/u1")

    assert [call.verb for call in client.world.store.calls] == ["head", "get"]


class TestWhoMayAsk:
    """Verdicts are for publishers, and name no package to those who may not see it."""

    def test_publishers_may(self) -> None:
        client = Guarded()
        drop(client.world, "u1", package())
        announce(client, "u1")

        assert_problem(client.ask("GET", "/v1/incoming/u1"), 401, "authentication_required")
        assert_problem(client.ask("GET", "/v1/incoming/u1", client.token("read")), 403, "forbidden")
        assert client.ask("GET", "/v1/incoming/u1", client.token("publish")).status == 200

    def test_a_verdict_on_a_package_of_others_is_not_there(self) -> None:
        client = Guarded()
        drop(client.world, "u1", package(name="@acme/secret"))
        announce(client, "u1")
        others, theirs = client.token("publish", "@other/*"), client.token("publish", "@acme/*")

        answer = client.ask("GET", "/v1/incoming/u1", others)

        document = assert_problem(answer, 404, "upload_not_found")
        assert "secret" not in str(document)
        assert client.ask("GET", "/v1/incoming/u1", theirs).json["name"] == "@acme/secret"

    def test_a_refusal_of_a_package_of_others_is_not_there_either(self) -> None:
        client = Guarded()
        client.put_package("@acme/secret")
        drop(client.world, "u1", package(name="@acme/secret", files={"index.js": "other"}))
        announce(client, "u1")

        self.assert_hidden(client, "version_exists")

    def test_a_failure_of_ours_with_a_package_of_others_is_not_there_either(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = Guarded()
        drop(client.world, "u1", package(name="@acme/secret"))

        def publish(request: object, *, patience: float) -> None:
            raise Busy("@acme/secret")

        monkeypatch.setattr(client.world.container.publishing, "publish", publish)
        with pytest.raises(Busy):
            announce(client, "u1")

        self.assert_hidden(client, "busy")

    def assert_hidden(self, client: Guarded, code: str) -> None:
        """Hold a verdict to be told to those alone who may see the package."""
        others, theirs = client.token("publish", "@other/*"), client.token("publish", "@acme/*")
        answer, never = (client.ask("GET", f"/v1/incoming/{upload}", others) for upload in ("u1", "u2"))
        assert_problem(answer, 404, "upload_not_found")
        assert answer.body == never.body.replace(b"u2", b"u1")
        assert client.ask("GET", "/v1/incoming/u1", theirs).json["code"] == code
