"""The local server keeps HTTP's promises on a real socket."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.api.gateway import PrismApp
from chalicelib.api.local.server import running
from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.npm.packuments import seen
from chalicelib.settings import Settings
from serve import greeting
from tests.api.callers import Received, assert_problem
from tests.api.demo import MODULE, demo_app
from tests.servers import ROOT, environment, serving
from tests.worlds import package

RAW = {"Content-Type": "application/octet-stream"}
UPLOAD = b"PUT /v1/uploads/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(demo_app()) as address:
        yield address


@pytest.fixture
def connection(url: str) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    yield opened
    opened.close()


def ask(connection: http.client.HTTPConnection, method: str, path: str, **told: object) -> Received:
    """Send a request on a connection that is kept, and read the answer."""
    connection.request(method, path, **told)  # type: ignore[arg-type]  # as the caller knows them
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Received(response.status, headers, response.read())


def exchange(url: str, sent: bytes) -> bytes:
    """Send bytes as they are on a connection of their own, and answer all that comes until it is closed."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    assert host is not None
    assert port is not None
    with socket.create_connection((host, port), timeout=20) as raw:
        raw.sendall(sent)
        received = b""
        while part := raw.recv(65536):
            received += part
    return received


def test_a_connection_is_kept_for_the_next_request(connection: http.client.HTTPConnection) -> None:
    ask(connection, "GET", "/v1/packages/a")
    first = connection.sock

    ask(connection, "GET", "/v1/packages/missing")
    ask(connection, "GET", "/nowhere")

    assert connection.sock is first


def test_head_tells_gets_length_and_sends_no_body(connection: http.client.HTTPConnection) -> None:
    head = ask(connection, "HEAD", "/packages/a/1.0.0/x.js")
    get = ask(connection, "GET", "/packages/a/1.0.0/x.js")

    assert (head.status, head.body, get.body) == (200, b"", MODULE)
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(MODULE))


def test_not_modified_and_no_content_have_no_length(connection: http.client.HTTPConnection) -> None:
    unchanged = ask(connection, "GET", "/packages/a/1.0.0/x.js", headers={"If-None-Match": '"m1"'})
    removed = ask(connection, "DELETE", "/v1/packages/a")

    assert (unchanged.status, removed.status) == (304, 204)
    assert "content-length" not in {**unchanged.headers, **removed.headers}
    assert "content-type" not in {**unchanged.headers, **removed.headers}


def test_a_chunked_body_is_read_whole_and_the_connection_stays_in_step(
    connection: http.client.HTTPConnection,
) -> None:
    sent = [b"a" * 10, b"b" * 70_000, b"c"]

    answer = ask(
        connection,
        "PUT",
        "/v1/uploads/1",
        body=iter(sent),
        encode_chunked=True,
        headers=RAW | {"Transfer-Encoding": "chunked"},
    )

    assert answer.json["received"] == 70_011
    assert ask(connection, "GET", "/v1/packages/a").status == 200


def test_a_large_upload_arrives_whole(connection: http.client.HTTPConnection) -> None:
    size = 100 << 20

    answer = ask(connection, "PUT", "/v1/uploads/1", body=b"x" * size, headers=RAW)

    assert answer.json["received"] == size


def test_an_unknown_path_is_a_problem_and_repeats_no_secret(connection: http.client.HTTPConnection) -> None:
    answer = ask(connection, "GET", "/nowhere?x=1", headers={"Authorization": "Bearer hush"})

    assert_problem(answer, 404, "route_not_found")
    assert b"hush" not in answer.body


def test_an_unknown_path_is_a_problem_whatever_the_authorization_holds(
    connection: http.client.HTTPConnection,
) -> None:
    answer = ask(connection, "GET", "/nowhere", headers={"Authorization": b"Bearer h\xfcsh"})

    assert_problem(answer, 404, "route_not_found")


def test_an_unknown_method_is_a_problem(connection: http.client.HTTPConnection) -> None:
    assert_problem(ask(connection, "TRACE", "/v1/packages"), 501, "not_implemented")


def test_a_semicolon_is_part_of_a_path(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "GET", "/v1/packages/a;b").json["params"] == {"name": "a;b"}


def test_bytes_beyond_ascii_are_read_as_utf_8(url: str) -> None:
    received = exchange(url, "GET /v1/packages/é HTTP/1.1\r\nConnection: close\r\n\r\n".encode())

    assert json.loads(received.partition(b"\r\n\r\n")[2])["params"] == {"name": "é"}


def test_a_whole_address_may_be_asked_for(url: str) -> None:
    received = exchange(
        url, b"GET http://registry.example/v1/packages/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )

    assert json.loads(received.partition(b"\r\n\r\n")[2])["origin"] == "http://x"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"400", id="both-framings"),
        pytest.param(b"Content-Length: 5\r\nContent-Length: 6", b"400", id="two-lengths"),
        pytest.param(b"Content-Length: +5", b"400", id="signed-length"),
        pytest.param(b"Content-Length: 5, 6", b"400", id="list-of-lengths"),
        pytest.param(b"Transfer-Encoding: gzip, chunked", b"501", id="other-coding"),
        pytest.param(b"Content-Length: 999999999999", b"413", id="too-large"),
    ],
)
def test_a_body_without_a_certain_end_is_refused_and_nothing_after_it_is_read(
    url: str, head: bytes, status: bytes
) -> None:
    next_request = b"0\r\n\r\nGET /v1/packages/smuggled HTTP/1.1\r\n\r\n"

    received = exchange(url, b"PUT /v1/uploads/1 HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n" + next_request)

    assert received.startswith(b"HTTP/1.1 " + status)
    assert received.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in received
    assert b'"requestId"' in received


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"5\r\nhello!\r\n0\r\n\r\n", id="longer-than-said"),
        pytest.param(b"x\r\n", id="no-size"),
        pytest.param(b"-5\r\nhello\r\n0\r\n\r\n", id="negative-size"),
        pytest.param(b"0\r\n" + b"a: b\r\n" * 100 + b"\r\n", id="endless-trailers"),
    ],
)
def test_a_broken_chunk_is_refused(url: str, body: bytes) -> None:
    received = exchange(url, UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n" + body)

    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1


def test_chunk_extensions_and_unknown_trailers_change_nothing(url: str) -> None:
    received = exchange(
        url,
        UPLOAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5;name=value\r\nhello\r\n0\r\nDigest: x\r\n\r\n",
    )

    assert b'"received":5' in received


def test_the_body_is_asked_for_at_once(url: str) -> None:
    head = UPLOAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as raw:
        raw.sendall(head)

        assert raw.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(b"ok")
        assert raw.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_would_be_refused_is_not_asked_for(url: str) -> None:
    received = exchange(
        url,
        b"PUT /v1/uploads/1 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        b"Content-Length: 999999999999\r\n\r\n",
    )

    assert received.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"nonsense\r\n\r\n", b"400", id="no-http"),
        pytest.param(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414", id="long-address"),
        pytest.param(b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n\r\n", b"431", id="long-header"),
    ],
)
def test_what_is_not_http_is_a_problem_too(url: str, sent: bytes, status: bytes) -> None:
    received = exchange(url, sent)

    assert received.split(b" ")[1] == status
    assert b"application/problem+json" in received


def test_the_first_connections_may_come_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    deploy = PrismApp.route

    def slowly(self: PrismApp, path: str, **told: Any) -> Any:
        time.sleep(0.01)
        return deploy(self, path, **told)

    monkeypatch.setattr(PrismApp, "route", slowly)
    with running(demo_app()) as url, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: exchange(url, b"GET /v1/packages/a HTTP/1.0\r\n\r\n"), range(8)))

    assert {answer.split(b" ")[1] for answer in answers} == {b"200"}


def test_requests_side_by_side_are_not_mixed_up(url: str) -> None:
    wrong: list[str] = []

    def worker(number: int) -> None:
        opened = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        for turn in range(30):
            name = f"p{number}-{turn}"
            if ask(opened, "GET", f"/v1/packages/{name}").json["params"]["name"] != name:
                wrong.append(name)
        opened.close()

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_stop_lets_the_request_being_worked_on_finish() -> None:
    slow, entered, proceed = Routes(), threading.Event(), threading.Event()

    @slow.get("/slow", summary="Slow")
    def wait(request: Request) -> Answer:
        entered.set()
        assert proceed.wait(10)
        return json_answer("done")

    app = PrismApp("slow")
    app.mount([slow])
    answers: list[Received] = []
    with running(app) as address:
        client = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
        asking = threading.Thread(target=lambda: answers.append(ask(client, "GET", "/slow")))
        asking.start()
        assert entered.wait(10)
        threading.Timer(0.2, proceed.set).start()
    asking.join()
    client.close()

    assert [answer.json for answer in answers] == ["done"]


def test_the_command_says_where_it_is_and_what_to_try(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert server.url in server.greeting
        assert "prism publish" in server.greeting
        assert "prism resolve" in server.greeting
        assert f"curl {server.url}/v1/packages" in server.greeting
        port = urlsplit(server.url).port
        assert f"npm config set registry http://localhost:{port}/npm/" in server.greeting


@pytest.mark.parametrize("given", [None, "https://packages.example"])
def test_packuments_are_rendered_for_the_port_it_listens_on_unless_an_address_is_set(
    tmp_path: Path, given: str | None
) -> None:
    with serving(tmp_path, **({"PRISM_REGISTRY_URL": given} if given else {})) as server:
        port = urlsplit(server.url).port
        sent = urllib.request.Request(
            f"{server.url}/v1/packages/demo", package(), {"Content-Type": "application/gzip"}, method="POST"
        )
        urllib.request.urlopen(sent, timeout=20).close()
    stored = (tmp_path / "npm/demo/full.json.gz").read_bytes()

    assert seen(stored).base == f"{given or f'http://localhost:{port}'}/npm/"


def test_where_tokens_are_asked_for_the_commands_to_try_send_one() -> None:
    with_admin = greeting("http://127.0.0.1:8000", Settings(access="token", admin_token="a" * 20))
    without = greeting("http://127.0.0.1:8000", Settings(access="token"))

    assert 'curl -H "Authorization: Bearer $PRISM_TOKEN" http://127.0.0.1:8000/v1/packages' in with_admin
    assert "control-access.md" in with_admin
    assert "PRISM_ADMIN_TOKEN is not set" not in with_admin
    assert "PRISM_ADMIN_TOKEN is not set" in without


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_stops_cleanly_when_told(tmp_path: Path, stop: signal.Signals) -> None:
    with serving(tmp_path) as server:
        idle = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
        ask(idle, "GET", "/v1/health")

        server.process.send_signal(stop)

        assert server.process.wait(10) == 0
        idle.close()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({"PORT": "eighty"}, "PORT is `eighty`", id="port-no-number"),
        pytest.param({"PORT": "70000"}, "PORT is `70000`", id="port-too-high"),
        pytest.param({"HOST": "203.0.113.1"}, "set HOST", id="host-of-another-machine"),
        pytest.param({"PRISM_STORAGE_DRIVER": "floppy"}, "PRISM_STORAGE_DRIVER", id="unknown-driver"),
        pytest.param({"PRISM_STORAGE_DRIVER": "s3"}, "PRISM_S3_BUCKET", id="no-bucket"),
    ],
)
def test_a_wrong_setting_stops_the_command_with_one_sentence(given: dict[str, str], sentence: str) -> None:
    ended = start(**given)

    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ")
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_port_in_use_is_told_by_its_variable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ended = start(PORT=str(port))

    assert ended.returncode == 2
    assert ended.stderr == f"error: port {port} is in use; set PORT to another, or to 0 for any free one\n"


def start(**given: str) -> "subprocess.CompletedProcess[str]":
    """Run the command, expecting it to end by itself."""
    return subprocess.run(
        [sys.executable, "serve.py"],
        cwd=ROOT,
        env=environment(given),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        pytest.param(
            {"PRISM_STORAGE_DRIVER": "no_such_module:Store"}, "no_such_module:Store", id="a missing driver"
        ),
        pytest.param({"STORAGE_ROOT": "/dev/null/storage"}, "STORAGE_ROOT", id="a folder that cannot be"),
    ],
)
def test_storage_that_cannot_be_opened_is_told_before_anything_is_served(
    variables: dict[str, str], told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "serve.py"],
        cwd=ROOT,
        env=environment(variables),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
