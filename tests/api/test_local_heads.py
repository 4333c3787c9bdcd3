"""The local server understands a request as API Gateway does, and refuses what has two meanings."""

import base64
import json
import socket
from collections.abc import Iterator
from io import BytesIO
from time import process_time
from typing import Any
from urllib.parse import urlsplit

import pytest
from chalice.config import Config
from chalice.local import LocalGateway, LocalGatewayException

from chalicelib.api.errors import MalformedRequest
from chalicelib.api.gateway import PrismApp
from chalicelib.api.local.heads import MAX_HEADERS, Head, read_headers, read_line
from chalicelib.api.local.server import running
from chalicelib.api.templates import MAX_PATH_SEGMENTS
from tests.api.callers import Received
from tests.api.demo import demo_app

SAME = {"age", "connection", "content-encoding", "content-length", "date", "server", "vary"}
"""Headers that a connection, or the compression of API Gateway, adds."""


@pytest.fixture(scope="module")
def app() -> PrismApp:
    return demo_app()


@pytest.fixture(scope="module")
def url(app: PrismApp) -> Iterator[str]:
    with running(app) as address:
        yield address


@pytest.fixture(scope="module")
def gateway(app: PrismApp) -> LocalGateway:
    return LocalGateway(app, Config.create(chalice_app=app, app_name=app.app_name))


def sent(url: str, method: str, address: str, headers: list[tuple[str, str]], body: bytes) -> Received:
    """Send a request to the local server, byte by byte as it is given, and read the answer."""
    told = [*headers, ("Content-Length", str(len(body))), ("Connection", "close")]
    head = "".join(f"{name}: {value}\r\n" for name, value in told)
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as raw:
        raw.sendall(f"{method} {address} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)
        received = b""
        while part := raw.recv(65536):
            received += part
    answered, _, content = received.partition(b"\r\n\r\n")
    first, *lines = answered.decode("latin-1").split("\r\n")
    named = dict(line.split(": ", 1) for line in lines)
    return Received(int(first.split()[1]), {name.lower(): value for name, value in named.items()}, content)


def through(
    gateway: LocalGateway, method: str, address: str, headers: list[tuple[str, str]], body: bytes
) -> Received | None:
    """Send a request through Chalice's local gateway; None where it has no route."""
    first: dict[str, str] = {}
    for name, value in headers:
        first.setdefault(name.lower(), value)
    try:
        response: Any = gateway.handle_request(method=method, path=address, headers=first, body=body or None)
    except LocalGatewayException:
        return None
    told = {name.lower(): value for name, value in response["headers"].items()}
    return Received(response["statusCode"], told, base64.b64decode(response["body"]))


def facts(answer: Received) -> tuple[int, dict[str, str], Any]:
    """Answer what two answers to one request have to have in common."""
    headers = {name: value for name, value in answer.headers.items() if name not in SAME}
    if not headers.get("content-type", "").endswith("json") or not answer.body:
        return answer.status, headers, answer.body
    document = answer.json
    if isinstance(document, dict):
        document.pop("requestId", None)
    return answer.status, headers, document


HOST = ("Host", "registry.example:8000")
TYPED = ("Content-Type", "application/json")
RAW = ("Content-Type", "application/octet-stream")
DEEP = "/".join(f"d{level}" for level in range(MAX_PATH_SEGMENTS))


@pytest.mark.parametrize(
    ("method", "address", "headers", "body"),
    [
        pytest.param("GET", "/v1/packages", [], b"", id="no headers"),
        pytest.param("GET", "/v1/packages?limit=1&cursor=a&cursor=b%20c&empty=", [HOST], b"", id="queries"),
        pytest.param("GET", "/v1/packages?limit=0", [HOST], b"", id="a query that is refused"),
        pytest.param("GET", "/v1/packages?", [HOST], b"", id="an empty query"),
        pytest.param("GET", "/v1/packages/a#b?limit=1", [HOST], b"", id="a fragment"),
        pytest.param("GET", "/v1/packages/%40acme%2fwidget", [HOST], b"", id="an encoded scope"),
        pytest.param("GET", "/v1/packages/@acme/widget", [HOST], b"", id="a scope"),
        pytest.param("GET", "/v1/packages/", [HOST], b"", id="a slash at the end"),
        pytest.param("GET", "/v1/packages//", [HOST], b"", id="two slashes at the end"),
        pytest.param("GET", "/", [HOST], b"", id="the root"),
        pytest.param("GET", "/v1", [HOST], b"", id="half of a path"),
        pytest.param("GET", "/nowhere/at/all", [HOST], b"", id="an unknown path"),
        pytest.param("GET", "v1/packages", [HOST], b"", id="no slash at the beginning"),
        pytest.param("GET", "xv1/packages", [HOST], b"", id="something else at the beginning"),
        pytest.param("OPTIONS", "*", [HOST], b"", id="the server itself"),
        pytest.param("GET", f"/packages/a/1.0.0/{DEEP}", [HOST], b"", id="as deep as can be"),
        pytest.param("GET", f"/packages/a/1.0.0/{DEEP}/x", [HOST], b"", id="deeper than can be"),
        pytest.param("GET", "/v1/packages/a%00b", [HOST], b"", id="a control character"),
        pytest.param("GET", "/v1/packages/%ff", [HOST], b"", id="no UTF-8"),
        pytest.param("GET", "/v1/packages/a", [("Host", "a b")], b"", id="a host that is none"),
        pytest.param("GET", "/v1/packages/a", [HOST, ("Host", "other")], b"", id="two hosts"),
        pytest.param(
            "GET", "/v1/packages/a", [HOST, ("X-Forwarded-Proto", "https")], b"", id="behind a proxy"
        ),
        pytest.param("HEAD", "/packages/a/1.0.0/x.js", [HOST], b"", id="head"),
        pytest.param("GET", "/packages/a/1.0.0/x.js", [("Range", "bytes=0-3")], b"", id="a range"),
        pytest.param("GET", "/packages/a/1.0.0/x.js", [("if-none-match", '"m1"')], b"", id="known"),
        pytest.param("DELETE", "/v1/packages/a", [HOST], b"", id="no content"),
        pytest.param("DELETE", "/v1/packages", [HOST], b"", id="a method that is not there"),
        pytest.param("OPTIONS", "/v1/packages/a", [HOST], b"", id="options"),
        pytest.param("POST", "/v1/packages/a", [HOST, TYPED], b'{"firstName": "Ada"}', id="a document"),
        pytest.param("POST", "/v1/packages/a", [HOST, TYPED], b'{"firstName": ""}', id="a wrong document"),
        pytest.param("POST", "/v1/packages/a", [HOST], b"{}", id="no type"),
        pytest.param("POST", "/v1/packages/a", [HOST, TYPED], b"", id="no body"),
        pytest.param("PUT", "/v1/uploads/1", [RAW], bytes(range(256)), id="bytes"),
        pytest.param("GET", "/v1/faults/unforeseen", [HOST], b"", id="a bug"),
        pytest.param("GET", "/v1/faults/storage?retry=no", [HOST], b"", id="a broken medium"),
    ],
)
def test_an_answer_is_the_one_that_the_gateway_brings(
    url: str, gateway: LocalGateway, method: str, address: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    answer = sent(url, method, address, headers, body)
    expected = through(gateway, method, address, headers, body)

    if expected is None:
        assert (answer.status, answer.json["code"]) == (404, "route_not_found")
    else:
        assert facts(answer) == facts(expected)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"Content-Length : 5\r\n", 400, id="a space before the colon"),
        pytest.param(b"Accept: a\r\n  b\r\n", 400, id="a folded header"),
        pytest.param(b"no header at all\r\n", 400, id="no colon"),
        pytest.param(b": x\r\n", 400, id="no name"),
        pytest.param(b"A: x\x00y\r\n", 400, id="a null"),
        pytest.param(b"A: x\ry\r\n", 400, id="a lone return"),
        pytest.param(b"A: b\r\n" * (MAX_HEADERS + 1), 431, id="too many"),
    ],
)
def test_a_head_with_two_meanings_is_refused_and_the_connection_closed(
    url: str, head: bytes, status: int
) -> None:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as raw:
        raw.sendall(b"GET /v1/packages HTTP/1.1\r\n" + head + b"\r\nGET /v1/packages HTTP/1.1\r\n\r\n")
        received = b""
        while part := raw.recv(65536):
            received += part

    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert received.count(b"HTTP/1.1 ") == 1
    assert json.loads(received.partition(b"\r\n\r\n")[2])["requestId"]


@pytest.mark.parametrize("value", ["x" + " " * 60_000 + "y", "\t" * 60_000, " x \t"])
def test_blanks_around_a_value_are_none_of_it_and_those_inside_stay(value: str) -> None:
    lines = BytesIO(f"A:{value}\r\n\r\n".encode())

    assert read_headers(lines) == [("a", value.strip(" \t"))]


def test_a_header_of_blanks_alone_is_refused_as_soon_as_it_was_read() -> None:
    started = process_time()

    with pytest.raises(MalformedRequest):
        read_headers(BytesIO(b"A:" + b" " * 1000 + b"\x00\r\n\r\n"))

    assert process_time() - started < 1


@pytest.mark.parametrize(
    ("version", "connection", "stays"),
    [
        pytest.param("1.1", None, True, id="kept"),
        pytest.param("1.1", "close", False, id="closed"),
        pytest.param("1.0", None, False, id="an old client"),
        pytest.param("1.0", "Keep-Alive", True, id="an old client that asks"),
    ],
)
def test_a_connection_is_kept_for_those_who_want_it(
    version: str, connection: str | None, stays: bool
) -> None:
    line = read_line(f"GET / HTTP/{version}\r\n".encode())

    assert Head(line, [("connection", connection)] if connection else []).stays == stays
