"""The registry over HTTP: every route, through the event that the gateway sends."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api import RESOURCES
from chalicelib.api.gateway import PrismApp
from chalicelib.api.local.handler import head_of
from chalicelib.api.requests import Request
from chalicelib.container import installed
from chalicelib.settings import Settings
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import StoredObject
from tests.api.callers import Received, assert_problem, call
from tests.builders import Content
from tests.worlds import World, memory_world, package, world

ROOT = Path(__file__).parents[2]
FILES: dict[str, Content] = {
    "index.js": "export * from './lib/a.js'\n",
    "lib/a.js": "export const a = 1\n",
    "index.d.ts": "export const a: number\n",
    "data.bin": bytes(range(256)),
}
RAW = {"content-type": "application/octet-stream"}


class Addressed(MemoryStore):
    """A memory whose objects have addresses."""

    def presign_get(
        self,
        key: str,
        *,
        expires: int,
        filename: str | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
    ) -> str | None:
        return f"https://bucket.example/{key}?expires={expires}"


class Client:
    """Calls an app over a registry of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app = PrismApp("prism")
        self.app.mount(RESOURCES)

    def call(
        self, method: str, address: str, body: object = b"", headers: dict[str, str] | None = None
    ) -> Received:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        typed = {} if isinstance(body, bytes) else {"content-type": "application/json"}
        with installed(self.world.container):
            return call(self.app, method, address, headers=typed | (headers or {}), body=data)

    def get(self, address: str, **headers: str) -> Received:
        return self.call(
            "GET", address, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )

    def publish(self, version: str = "1.0.0", name: str = "demo", **fields: object) -> Received:
        data = package(version, name=name, files=dict(FILES), types="index.d.ts", **fields)
        return self.call("POST", f"/v1/packages/{name.replace('/', '%2F')}", data, RAW)


@pytest.fixture
def client() -> Client:
    return Client(memory_world())


def payload(data: bytes, **fields: object) -> dict[str, Any]:
    """Answer a publish payload."""
    return {
        "tarballBase64": base64.b64encode(data).decode(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "publisher": {"name": "Alice"},
    } | fields


def test_a_raw_tarball_is_published(client: Client) -> None:
    data = package("1.0.0")
    headers = RAW | {
        "x-prism-sha256": hashlib.sha256(data).hexdigest(),
        "x-prism-publisher-name": "Zo%C3%AB",
        "x-prism-publisher-email": "zoe@example.org",
        "x-prism-source": "cli",
        "x-prism-tag": "next",
    }

    answer = client.call("POST", "/v1/packages/demo", data, headers)

    assert answer.status == 201
    assert answer.json["identifier"] == {"name": "demo", "version": "1.0.0"}
    assert answer.json["metadata"]["publisher"] == {"name": "Zoë", "email": "zoe@example.org"}
    assert answer.json["metadata"]["source"] == "cli"
    assert answer.json["manifest"]["integrity"].startswith("sha512-")
    assert {"name", "version", "status", "durationMs", "verdict"} <= set(answer.json["analysis"][0])
    assert set(answer.json["provenance"]) >= {"score", "tarball", "manifest"}
    assert answer.json["artifacts"]["tarball"] == "/v1/packages/demo/1.0.0.tgz"
    assert client.get("/v1/packages/demo").json["tags"] == {"latest": "1.0.0", "next": "1.0.0"}


def test_a_json_payload_is_published_and_again_is_a_success(client: Client) -> None:
    body = payload(package("1.0.0"))

    first = client.call("POST", "/v1/packages/demo", body)
    again = client.call("POST", "/v1/packages/demo", body)

    assert (first.status, again.status) == (201, 200)
    assert (first.json["created"], again.json["created"]) == (True, False)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({}, 400, "invalid_payload", id="nothing in it"),
        pytest.param([], 400, "invalid_payload", id="not an object"),
        pytest.param(
            payload(package()) | {"sha256": "xyz"}, 400, "invalid_payload", id="a digest that is none"
        ),
        pytest.param(payload(package()) | {"tarballBase64": "%%"}, 400, "invalid_payload", id="not base64"),
        pytest.param(
            payload(package()) | {"tarballBase64": "é"}, 400, "invalid_payload", id="not even ASCII"
        ),
        pytest.param(payload(package()) | {"tag": "^1"}, 400, "invalid_tag", id="a tag that is a range"),
        pytest.param(payload(package()) | {"publisher": {}}, 400, "invalid_payload", id="nobody publishes"),
        pytest.param(payload(package()) | {"sha256": "0" * 64}, 400, "digest_mismatch", id="another digest"),
        pytest.param(payload(package(name="other")), 409, "name_mismatch", id="another name"),
        pytest.param(payload(b"junk"), 422, "not_gzip", id="not a tarball"),
    ],
)
def test_what_cannot_be_published_is_told_in_one_shape(
    client: Client, body: object, status: int, code: str
) -> None:
    assert_problem(client.call("POST", "/v1/packages/demo", body), status, code)
    assert client.get("/v1/packages").json == {"packages": []}


def test_other_bytes_for_a_version_are_a_conflict(client: Client) -> None:
    client.publish()

    document = assert_problem(client.publish(description="changed"), 409, "version_exists")

    assert (document["name"], document["version"]) == ("demo", "1.0.0")


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: Client) -> None:
    limits = type(client.world.settings.limits)(payload=10)
    client.world.container.settings = type(client.world.settings)(storage_driver="memory", limits=limits)

    assert_problem(client.publish(), 413, "payload_too_large")


def test_a_package_shows_its_tags_and_versions(client: Client) -> None:
    client.publish("1.0.0")
    client.publish("1.10.0")
    client.publish("1.9.0")

    page = client.get("/v1/packages/demo").json

    assert page["latest"] == "1.10.0"
    assert [line["version"] for line in page["releases"]] == page["versions"] == ["1.0.0", "1.9.0", "1.10.0"]
    assert client.get("/v1/packages/demo/versions").json == ["1.0.0", "1.9.0", "1.10.0"]


@pytest.mark.parametrize("spelled", ["@acme/widget", "@acme%2Fwidget", "@acme%2fwidget", "%40acme%2Fwidget"])
def test_a_scoped_package_is_found_in_every_spelling(client: Client, spelled: str) -> None:
    client.publish(name="@acme/widget")

    assert client.get(f"/v1/packages/{spelled}").json["name"] == "@acme/widget"
    assert client.get(f"/v1/packages/{spelled}/1.0.0").json["manifest"]["name"] == "@acme/widget"
    assert client.get(f"/v1/packages/{spelled}/1.0.0/files").json["totalFiles"] == 5
    assert client.get(f"/v1/packages/{spelled}/1.0.0.tgz").headers["content-type"] == "application/gzip"
    assert client.get(f"/packages/{spelled}/1.0.0/lib/a.js").body == b"export const a = 1\n"


def test_a_version_is_found_by_number_and_by_tag(client: Client) -> None:
    client.publish("1.0.0")

    by_number, by_tag = client.get("/v1/packages/demo/1.0.0"), client.get("/v1/packages/demo/latest")

    assert set(by_number.json) == {"metadata", "manifest", "release"}
    assert by_number.json == by_tag.json


def test_the_tarball_is_what_was_published(client: Client) -> None:
    data = package("1.0.0", files=dict(FILES), types="index.d.ts")
    client.publish()

    answer = client.get("/v1/packages/demo/1.0.0.tgz")

    assert answer.body == data
    assert answer.headers["content-disposition"].startswith('attachment; filename="demo-1.0.0.tgz";')
    assert "immutable" in answer.headers["cache-control"]


def test_two_versions_are_compared(client: Client) -> None:
    client.publish("1.0.0")
    client.publish("1.1.0", description="more")

    diff = client.get("/v1/packages/demo/1.1.0/diff/1.0.0").json

    assert diff["from"] == {"name": "demo", "version": "1.0.0"}
    assert diff["to"] == {"name": "demo", "version": "1.1.0"}
    assert [(change["path"], change["change"]) for change in diff["files"]] == [("package.json", "modified")]


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        pytest.param("index.js", "text/javascript; charset=utf-8", id="a module"),
        pytest.param("package.json", "application/json", id="json"),
        pytest.param("data.bin", "application/octet-stream", id="binary"),
    ],
)
def test_a_file_has_its_bytes_and_its_content_type(client: Client, path: str, content_type: str) -> None:
    client.publish()

    answer = client.get(f"/packages/demo/1.0.0/{path}")

    assert answer.headers["content-type"] == content_type
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["access-control-allow-origin"] == "*"
    if path in FILES:
        content = FILES[path]
        assert answer.body == (content if isinstance(content, bytes) else str(content).encode())


def test_a_part_of_a_file_is_served(client: Client) -> None:
    client.publish()

    middle = client.get("/packages/demo/1.0.0/data.bin", range="bytes=10-19")
    suffix = client.get("/packages/demo/1.0.0/data.bin", range="bytes=-3")

    assert (middle.status, middle.body) == (206, bytes(range(10, 20)))
    assert middle.headers["content-range"] == "bytes 10-19/256"
    assert suffix.body == bytes([253, 254, 255])
    assert_problem(
        client.get("/packages/demo/1.0.0/data.bin", range="bytes=256-"), 416, "range_not_satisfiable"
    )


def test_what_has_not_changed_is_not_sent_again(client: Client) -> None:
    client.publish()

    for address in ("/packages/demo/1.0.0/index.js", "/v1/packages/demo", "/v1/packages/demo/1.0.0.tgz"):
        first = client.get(address)
        second = client.get(address, if_none_match=first.headers["etag"])
        assert (second.status, second.body) == (304, b""), address


def test_head_answers_like_get_without_a_body(client: Client) -> None:
    client.publish()

    for address in ("/v1/packages/demo", "/packages/demo/1.0.0/index.js", "/v1/health"):
        answer = client.call("HEAD", address)
        assert (answer.status, answer.body) == (200, b""), address
        assert answer.headers["content-type"] == client.get(address).headers["content-type"]


def test_a_spec_is_resolved_to_a_url_that_serves_the_entry(client: Client) -> None:
    client.publish("1.2.0")

    answer = client.get("/v1/resolve?spec=demo@%5E1&runtime=deno").json

    assert answer["url"] == "/packages/demo/1.2.0/index.js"
    assert answer["typesUrl"] == "/packages/demo/1.2.0/index.d.ts"
    assert (answer["entryPath"], answer["format"], answer["runtime"], answer["mode"]) == (
        "index.js",
        "module",
        "deno",
        "import",
    )
    assert set(answer["provenance"]) == {"score", "tarball", "manifest"}
    assert client.get(answer["url"]).body == b"export * from './lib/a.js'\n"


def test_a_base_url_is_what_urls_begin_with(client: Client) -> None:
    client.publish()

    answer = client.get("/v1/resolve?spec=demo&baseUrl=https://cdn.example/p/").json

    assert answer["url"] == "https://cdn.example/p/packages/demo/1.0.0/index.js"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        pytest.param("", 400, "invalid_query", id="no spec"),
        pytest.param("spec=", 400, "invalid_query", id="an empty spec"),
        pytest.param("spec=demo&runtime=rhino", 400, "invalid_query", id="an unknown runtime"),
        pytest.param("spec=demo&mode=load", 400, "invalid_query", id="an unknown mode"),
        pytest.param("spec=demo&baseUrl=nowhere", 400, "invalid_query", id="a base that is no address"),
        pytest.param("spec=demo&baseUrl=http://%5B", 400, "invalid_query", id="a base with half a bracket"),
        pytest.param(
            "spec=demo&baseUrl=http://a%0d%0ab/", 400, "invalid_query", id="a base with a line break"
        ),
        pytest.param("spec=demo&baseUrl=http://me:pw@a/", 400, "invalid_query", id="a base with a password"),
        pytest.param("spec=demo&asOf=yesterday", 400, "invalid_query", id="no moment"),
        pytest.param("spec=_demo", 400, "invalid_name", id="a name that is none"),
        pytest.param("spec=demo@git://x/y", 400, "invalid_spec", id="not from a registry"),
        pytest.param("spec=absent", 404, "package_not_found", id="an unknown package"),
        pytest.param("spec=demo@%5E9", 404, "version_not_found", id="no version in the range"),
        pytest.param("spec=demo@no-such-tag", 404, "version_not_found", id="an unknown tag"),
        pytest.param("spec=demo/absent.js", 404, "entry_not_found", id="an unknown entry"),
    ],
)
def test_what_cannot_be_resolved_is_told(client: Client, query: str, status: int, code: str) -> None:
    client.publish()

    assert_problem(client.get(f"/v1/resolve?{query}"), status, code)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        pytest.param("/v1/packages/absent", "package_not_found", id="package"),
        pytest.param("/v1/packages/absent/1.0.0", "package_not_found", id="version of an unknown package"),
        pytest.param("/v1/packages/demo/9.9.9", "version_not_found", id="version"),
        pytest.param("/v1/packages/demo/9.9.9.tgz", "version_not_found", id="tarball"),
        pytest.param("/v1/packages/demo/9.9.9/files", "version_not_found", id="files"),
        pytest.param("/v1/packages/demo/1.0.0/diff/9.9.9", "version_not_found", id="diff"),
        pytest.param("/packages/demo/1.0.0/absent.js", "file_not_found", id="file"),
        pytest.param("/packages/demo/9.9.9/index.js", "version_not_found", id="file of an unknown version"),
        pytest.param("/packages/demo/1.0.0/%2e%2e/secret", "route_not_found", id="a path that climbs"),
    ],
)
def test_what_is_not_there_is_told(client: Client, address: str, code: str) -> None:
    client.publish()

    assert_problem(client.get(address), 404, code)


def test_the_past_is_answered_as_it_was(client: Client) -> None:
    client.publish("1.0.0")
    then = client.get("/v1/packages/demo").json["modified"]
    client.publish("2.0.0")
    client.call("PUT", "/v1/packages/demo/1.0.0/deprecation", {"message": "old"})

    page = client.get(f"/v1/packages/demo?asOf={then}").json
    resolved = client.get(f"/v1/resolve?spec=demo&asOf={then}").json

    assert (page["latest"], page["versions"]) == ("1.0.0", ["1.0.0"])
    assert "deprecated" not in page["releases"][0]
    assert resolved["version"] == "1.0.0"
    assert page["modified"] == then
    assert page["seq"] == 1
    for before in ("2001-01-01T00:00:00Z", "0500-01-01T00:00:00Z", "2001-01-01"):
        assert_problem(client.get(f"/v1/packages/demo?asOf={before}"), 404, "package_not_found")


def test_tags_come_and_go(client: Client) -> None:
    client.publish("1.0.0")
    client.publish("2.0.0")

    tagged = client.call("PUT", "/v1/packages/demo/dist-tags/stable", {"version": "1.0.0"})
    untagged = client.call("DELETE", "/v1/packages/demo/dist-tags/stable")

    assert tagged.json["tags"] == {"latest": "2.0.0", "stable": "1.0.0"}
    assert untagged.json["tags"] == {"latest": "2.0.0"}
    assert_problem(client.call("DELETE", "/v1/packages/demo/dist-tags/stable"), 404, "tag_not_found")


@pytest.mark.parametrize(
    ("tag", "status", "code"),
    [
        pytest.param("1.0.0", 400, "invalid_tag", id="a version"),
        pytest.param("%5E1", 400, "invalid_tag", id="a range"),
        pytest.param("v1", 400, "invalid_tag", id="a loose range"),
        pytest.param("a%20b", 400, "invalid_tag", id="a space"),
        pytest.param("%2E", 400, "invalid_tag", id="a dot"),
    ],
)
def test_a_tag_that_could_be_something_else_is_refused(
    client: Client, tag: str, status: int, code: str
) -> None:
    client.publish()

    answer = client.call("PUT", f"/v1/packages/demo/dist-tags/{tag}", {"version": "1.0.0"})

    assert_problem(answer, status, code)
    assert client.get("/v1/packages/demo").json["tags"] == {"latest": "1.0.0"}


def test_latest_cannot_be_removed(client: Client) -> None:
    client.publish()

    assert_problem(client.call("DELETE", "/v1/packages/demo/dist-tags/latest"), 400, "invalid_tag")


def test_a_deprecation_is_shown_and_undone(client: Client) -> None:
    client.publish()

    client.call("PUT", "/v1/packages/demo/1.0.0/deprecation", {"message": "use other"})
    warned = client.get("/v1/resolve?spec=demo").json
    client.call("PUT", "/v1/packages/demo/1.0.0/deprecation", {"message": ""})

    assert warned["deprecated"] == "use other"
    assert "deprecated" not in client.get("/v1/packages/demo").json["releases"][0]


def test_a_yanked_version_is_only_found_by_its_number(client: Client) -> None:
    client.publish("1.0.0")
    client.publish("1.1.0")

    client.call("PUT", "/v1/packages/demo/1.1.0/yank", {"reason": "broken"})

    assert client.get("/v1/resolve?spec=demo@%5E1").json["version"] == "1.0.0"
    assert client.get("/v1/resolve?spec=demo@1.1.0").json["yanked"] == "broken"
    assert client.get("/v1/packages/demo/1.1.0").json["release"]["yanked"] == "broken"
    assert client.get("/v1/packages/demo/latest").json["manifest"]["version"] == "1.0.0"
    assert client.get("/v1/packages/demo").json["latest"] == "1.0.0"

    client.call("PUT", "/v1/packages/demo/1.1.0/yank", {"yanked": False})

    assert client.get("/v1/resolve?spec=demo@%5E1").json["version"] == "1.1.0"


def test_lists_are_paged(client: Client) -> None:
    for name in ("c", "a", "b"):
        client.publish(name=name)

    first = client.get("/v1/packages?limit=2").json
    second = client.get(f"/v1/packages?limit=2&cursor={first['next']}").json

    assert [line["name"] for line in first["packages"]] == ["a", "b"]
    assert [line["name"] for line in second["packages"]] == ["c"]
    assert "next" not in second
    assert_problem(client.get("/v1/packages?limit=101"), 400, "invalid_query")


def test_search_answers_its_query_and_pages(client: Client) -> None:
    for name in ("alpha-tool", "beta-tool", "gamma"):
        client.publish(name=name, keywords=["kit"])

    found = client.get("/v1/search?q=tool&limit=1").json
    rest = client.get(f"/v1/search?q=tool&limit=1&cursor={found['next']}").json

    assert found["query"] == {"query": "tool", "filters": {"runtime": []}}
    assert found["total"] == 2
    assert [result["identifier"]["name"] for result in found["results"] + rest["results"]] == [
        "alpha-tool",
        "beta-tool",
    ]
    assert_problem(client.get("/v1/search?runtime=rhino"), 400, "invalid_query")


def test_health_names_the_driver(client: Client) -> None:
    assert client.get("/v1/health").json == {
        "status": "ok",
        "storage": {"driver": "memory"},
        "artifacts": {"driver": "memory"},
    }


@pytest.fixture
def addressed(monkeypatch: pytest.MonkeyPatch) -> Client:
    """A registry whose medium has addresses, and whose functions answer little themselves."""
    for module in ("services.publishing.settle", "services.serving", "api.packages"):
        monkeypatch.setattr(import_module(f"chalicelib.{module}"), "INLINE_BYTES", 100)
    return Client(world(Settings(storage_driver="memory"), Addressed()))


def stored_at(client: Client, url: str) -> bytes:
    """Answer what lies at an address of the medium."""
    key = url.removeprefix("https://bucket.example/").partition("?")[0]
    found = client.world.medium.get(key)
    assert isinstance(found, StoredObject)
    return found.data


def test_a_tarball_is_read_from_the_medium_where_it_has_addresses(addressed: Client) -> None:
    addressed.publish()

    answer = addressed.get("/v1/packages/demo/1.0.0.tgz")

    assert answer.status == 302
    assert stored_at(addressed, answer.headers["location"])[:2] == b"\x1f\x8b"


def test_a_file_too_large_for_a_function_is_read_from_the_medium(addressed: Client) -> None:
    addressed.publish()

    large, small = (addressed.get(f"/packages/demo/1.0.0/{path}") for path in ("data.bin", "index.js"))

    assert large.status == 302
    assert stored_at(addressed, large.headers["location"]) == FILES["data.bin"]
    assert small.status == 200


def test_a_document_too_large_for_a_function_is_read_from_the_medium(addressed: Client) -> None:
    addressed.publish()

    answer = addressed.get("/v1/packages/demo/1.0.0/files")

    assert answer.status == 302
    assert json.loads(stored_at(addressed, answer.headers["location"]))["totalFiles"] == 5


def test_a_tarball_asked_for_by_tag_is_not_kept_for_ever(client: Client) -> None:
    client.publish()

    by_tag = client.get("/v1/packages/demo/latest.tgz")

    assert by_tag.status == 200
    assert "immutable" not in by_tag.headers["cache-control"]


def test_a_body_without_a_content_type_is_refused(client: Client) -> None:
    body = json.dumps(payload(package())).encode()

    assert_problem(client.call("POST", "/v1/packages/demo", body), 415, "unsupported_media_type")
    assert client.get("/v1/packages").json["packages"] == []


def test_a_diff_too_large_for_a_function_is_read_from_the_medium(addressed: Client) -> None:
    addressed.publish("1.0.0")
    addressed.publish("1.1.0")

    answer = addressed.get("/v1/packages/demo/1.1.0/diff/1.0.0")

    assert answer.status == 302
    assert json.loads(stored_at(addressed, answer.headers["location"]))["to"]["version"] == "1.1.0"


def test_a_publish_answer_too_large_for_a_function_leads_to_what_it_leaves_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("chalicelib.api.publish"), "INLINE_BYTES", 100)

    answer = client.publish()

    assert (answer.status, answer.json["identifier"]["version"]) == (201, "1.0.0")
    assert "metadata" not in answer.json
    assert client.get(answer.json["artifacts"]["version"]).json["metadata"]["identifier"]["name"] == "demo"


def test_head_is_answered_here_since_addresses_of_the_medium_are_for_get(addressed: Client) -> None:
    addressed.publish()

    for address in ("/v1/packages/demo/1.0.0.tgz", "/packages/demo/1.0.0/data.bin"):
        answer = addressed.call("HEAD", address)
        assert (answer.status, answer.body) == (200, b""), address
        assert answer.headers["etag"]


def test_head_tells_the_length_without_reading_the_bytes(client: Client) -> None:
    client.publish()
    wanted = "/v1/packages/demo/1.0.0.tgz", "/packages/demo/1.0.0/index.js"
    gets = [client.get(address) for address in wanted]
    client.world.store.reset()

    with installed(client.world.container):
        heads = [client.app.answer(Request(method="HEAD", path=address)) for address in wanted]

    for get, head in zip(gets, heads, strict=True):
        assert f"Content-Length: {len(get.body)}\r\n".encode() in head_of(head, "HEAD", stays=True)
    assert {call.verb for call in client.world.store.calls} <= {"get", "presign_get"}
    assert sum(call.bytes_out for call in client.world.store.calls) == 0


def test_relative_urls_lead_below_the_stage(client: Client) -> None:
    client.publish()

    with installed(client.world.container):
        resolved = call(client.app, "GET", "/v1/resolve?spec=demo", stage="api").json

    assert resolved["url"] == "/api/packages/demo/1.0.0/index.js"


def test_a_file_that_is_known_is_not_read_again_but_its_version_is_looked_for(client: Client) -> None:
    client.publish()
    etag = client.get("/packages/demo/1.0.0/index.js").headers["etag"]
    client.world.store.reset()

    assert client.get("/packages/demo/1.0.0/index.js", if_none_match=etag).status == 304
    assert [(call.verb, call.bytes_out) for call in client.world.store.calls] == [("get", 0)]


def test_every_code_has_its_page_in_a_fresh_process() -> None:
    probe = (
        "import os, json; os.environ['PRISM_STORAGE_DRIVER'] = 'memory'; import app\n"
        "from chalicelib.api.requests import Request\n"
        "answer = app.app.answer(Request('GET', '/v1/problems'))\n"
        "print(*(page['code'] for page in json.loads(answer.content)['problems']))"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)

    documented = re.findall(
        r"^\| `(\w+)` ", (ROOT / "docs" / "reference" / "errors.md").read_text(), re.MULTILINE
    )
    assert done.stdout.split() == sorted(documented)


@pytest.mark.parametrize(
    "body", [{}, {"yank": False}, {"yanked": "yes"}, {"yanked": False, "why": "x"}], ids=str
)
def test_a_yank_that_is_misspelt_yanks_nothing(client: Client, body: dict[str, object]) -> None:
    client.publish()

    assert_problem(client.call("PUT", "/v1/packages/demo/1.0.0/yank", body), 400, "invalid_payload")
    assert "yanked" not in client.get("/v1/packages/demo").json["releases"][0]


def test_a_package_whose_versions_are_all_yanked_is_not_offered(client: Client) -> None:
    client.publish()
    client.call("PUT", "/v1/packages/demo/1.0.0/yank", {"reason": "broken"})

    document = assert_problem(client.get("/v1/resolve?spec=demo"), 404, "version_not_found")

    assert "latest" not in document
    assert client.get("/v1/search?q=demo").json["results"] == []
    assert client.get("/v1/packages/demo/1.0.0").status == 200


def test_the_same_bytes_with_another_tag_move_the_tag(client: Client) -> None:
    data = package("1.0.0")
    client.call("POST", "/v1/packages/demo", data, RAW)

    again = client.call("POST", "/v1/packages/demo", data, RAW | {"x-prism-tag": "stable"})

    assert (again.status, again.json["created"]) == (200, False)
    assert client.get("/v1/packages/demo").json["tags"] == {"latest": "1.0.0", "stable": "1.0.0"}
