"""Every route of the packaged template answers in our shape, whatever it is sent."""

import json
from typing import Any, Final

import pytest

from tests.builders import Content
from tests.runtime.deployed import Deployed, publish_document
from tests.runtime.events import s3_event
from tests.runtime.function import API_HANDLER
from tests.runtime.gateway import Given
from tests.runtime.runtime_api import FunctionError
from tests.worlds import package

FILES: dict[str, Content] = {"index.js": "export const a = 1\n", "lib/deep/er/b.js": "export const b = 2\n"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
BINARY: dict[str, Content] = {
    "index.js": "export default 1\n",
    "a.png": PNG,
    "b.wasm": b"\x00asm\x01\x00\x00\x00\xff\xfe",
    "c.gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\xff",
    "latin1.txt": b"caf\xe9",
    "empty.js": b"",
}
BODIES: Final[tuple[tuple[bytes, dict[str, str]], ...]] = (
    (b"", {}),
    (b"{}", {"Content-Type": "application/json"}),
    (b"\xff\x00", {"Content-Type": "image/png"}),
)


@pytest.fixture(scope="module", autouse=True)
def demo(deployed: Deployed) -> None:
    """Two versions of a package, a package in a scope, and one of bytes that are no text."""
    deployed.publish("demo", package("1.0.0", files=FILES))
    deployed.publish("demo", package("1.1.0", files=FILES))
    deployed.publish("@s%2fn", package("1.0.0", name="@s/n", files=FILES))
    deployed.publish("binary", package("1.0.0", name="binary", files=BINARY))


def complaint(given: Given, method: str) -> str | None:
    """Answer what is wrong with the shape of an answer."""
    if given.header("x-content-type-options") != "nosniff":
        return "it lacks the headers of every answer"
    if given.status >= 500:
        return f"it failed: {given.body!r}"
    if given.status < 400 or method == "HEAD":
        return None
    if given.header("content-type") != "application/problem+json":
        return f"its failure is a {given.header('content-type')}"
    return None if {"code", "title", "detail", "requestId"} <= set(given.json) else f"it is {given.body!r}"


def test_every_route_answers_in_our_shape(deployed: Deployed) -> None:
    complaints = []
    for path, methods in deployed.gateway.methods.items():
        sent = path
        for level, value in enumerate(("demo", "1.0.0", "index.js"), 1):
            sent = sent.replace(f"{{p{level}}}", value)
        for method in sorted(methods):
            for body, headers in BODIES:
                given = deployed.send(
                    method, sent.replace("{", "").replace("}", ""), headers=headers, body=body
                )
                complaints += [f"{method} {path}: {found}" for found in [complaint(given, method)] if found]

    assert complaints == []


@pytest.mark.parametrize("name", ["@s/n", "@s%2fn", "@s%2Fn", "%40s%2Fn", "%40s/n"])
def test_a_name_may_be_encoded_in_any_way(deployed: Deployed, name: str) -> None:
    page = deployed.send("GET", f"/v1/packages/{name}")
    file = deployed.send("GET", f"/packages/{name}/1.0.0/lib/deep/er/b.js")

    assert (page.status, page.json["name"]) == (200, "@s/n")
    assert (file.status, file.body) == (200, b"export const b = 2\n")


@pytest.mark.parametrize("path", sorted(set(BINARY)))
@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "image/avif,image/webp,*/*;q=0.8"])
def test_files_arrive_byte_for_byte(deployed: Deployed, path: str, accept: str | None) -> None:
    headers = {} if accept is None else {"Accept": accept}

    given = deployed.send("GET", f"/packages/binary/1.0.0/{path}", headers=headers)

    content = BINARY[path]
    assert given.status == 200
    assert given.body == (content.encode() if isinstance(content, str) else content)


def test_a_range_of_a_file_arrives_byte_for_byte(deployed: Deployed) -> None:
    given = deployed.send("GET", "/packages/binary/1.0.0/a.png", headers={"Range": "bytes=4-11"})

    assert (given.status, given.body) == (206, PNG[4:12])


def test_a_read_that_is_known_is_not_modified(deployed: Deployed) -> None:
    first = deployed.send("GET", "/v1/packages/demo")

    again = deployed.send("GET", "/v1/packages/demo", headers={"If-None-Match": str(first.header("etag"))})

    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "target",
    [
        "/v1/packages/demo",
        "/packages/demo/1.0.0/index.js",
        "/v1/packages/demo/1.0.0.tgz",
        "/v1/packages/none",
    ],
)
def test_head_is_get_without_a_body(deployed: Deployed, target: str) -> None:
    head, get = deployed.send("HEAD", target), deployed.send("GET", target)

    assert head.body == b""
    assert head.status == (200 if get.status == 302 else get.status)
    assert get.status == 302 or head.header("etag") == get.header("etag")


def test_every_value_of_a_repeated_query_key_arrives(deployed: Deployed) -> None:
    several = deployed.send(
        "GET", "/v1/resolve?spec=demo&runtime=node&condition=import&condition=development"
    )
    last = deployed.send("GET", "/v1/packages?limit=1&limit=2")

    assert several.status == 200
    assert len(last.json["packages"]) == 2


@pytest.mark.parametrize(
    ("method", "target", "body", "code"),
    [
        pytest.param("POST", "/v1/packages/demo", b"{not json", "invalid_payload", id="json"),
        pytest.param("POST", "/v1/packages/demo", b'{"a": "\xff"}', "invalid_payload", id="not-utf-8"),
        pytest.param("POST", "/v1/packages/demo", b"", "invalid_payload", id="no-body"),
        pytest.param("GET", "/v1/packages/none", b"", "package_not_found", id="package"),
        pytest.param("GET", "/v1/packages/%FF", b"", "route_not_found", id="path-not-utf-8"),
        pytest.param("GET", "/v1/packages/demo/1.0.0/nothing", b"", "route_not_found", id="route"),
        pytest.param("DELETE", "/v1/packages/demo", b"", "method_not_allowed", id="method"),
        pytest.param("GET", "/packages/demo/1.0.0/none.js", b"", "file_not_found", id="file"),
        pytest.param("GET", "/v1/resolve", b"", "invalid_query", id="query"),
    ],
)
def test_failures_are_problems(deployed: Deployed, method: str, target: str, body: bytes, code: str) -> None:
    given = deployed.send(method, target, headers={"Content-Type": "application/json"}, body=body)

    assert given.header("content-type") == "application/problem+json"
    assert given.json["code"] == code
    assert given.json["status"] == given.status
    assert given.json["type"] == f"/{deployed.gateway.stage}/v1/problems/{code}"


@pytest.mark.parametrize(
    "target", ["/", "/nothing", "/v2/packages", "/v1/packages/" + "/".join("abcdefghijk")]
)
def test_an_address_outside_every_route_is_the_gateways_to_answer(deployed: Deployed, target: str) -> None:
    given = deployed.send("GET", target)

    assert given.status in {403, 404}
    assert "message" in given.json or given.json["code"] == "route_not_found"


def test_json_publishing_reads_back(deployed: Deployed) -> None:
    document = json.dumps(publish_document(package(name="as-json"))).encode()

    given = deployed.send(
        "POST", "/v1/packages/as-json", headers={"content-type": "application/json"}, body=document
    )

    assert (given.status, given.json["created"]) == (201, True)
    assert deployed.send("GET", "/v1/packages/as-json").status == 200


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"hello": "world"}, id="direct-invocation"),
        pytest.param({}, id="nothing"),
        pytest.param([], id="a-list"),
        pytest.param("text", id="text"),
        pytest.param(None, id="null"),
        pytest.param(s3_event("bucket", "prism/incoming/a.tgz"), id="s3-event"),
    ],
)
def test_the_http_function_fails_loudly_for_what_is_no_request(deployed: Deployed, event: Any) -> None:
    with pytest.raises(FunctionError):
        deployed.api.invoke(event)

    assert deployed.send("GET", "/v1/health").status == 200


def test_the_http_function_logs_no_secret_of_its_environment(deployed: Deployed) -> None:
    function = deployed.start(
        API_HANDLER, variables={"PRISM_S3_ACCESS_KEY_ID": "test", "PRISM_S3_SECRET_ACCESS_KEY": "test"}
    )

    deployed.send("GET", "/v1/packages/demo", headers={"Authorization": "Bearer hush-hush"}, to=function)

    assert "hush-hush" not in function.said()
    assert '"route"' in function.said()
