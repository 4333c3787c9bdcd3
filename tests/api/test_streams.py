"""Answers whose bytes are read while they are sent."""

import http.client
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from chalicelib.api.answers import stream_answer
from chalicelib.api.gateway import MOST_BYTES, PrismApp
from chalicelib.api.local.server import running
from chalicelib.api.routing import Answer, Request, Routes
from chalicelib.domain.errors import FileMissing
from tests.api.callers import Received, assert_problem, call

PIECE = b"0123456789abcdef" * 4096
MANY = 3000


class Source:
    """Pieces that tell how far they were read and whether they were closed."""

    def __init__(self) -> None:
        self.read = 0
        self.ended = threading.Event()
        self.whole = False

    def pieces(self, count: int) -> Iterator[bytes]:
        """Answer so many pieces."""
        try:
            for _ in range(count):
                self.read += 1
                yield PIECE
            self.whole = True
        finally:
            self.ended.set()


def streaming(make: Callable[[], Iterator[bytes]], length: int) -> PrismApp:
    """Make an app with one stream at `/`."""
    routes, app = Routes(tag="demo"), PrismApp("demo")

    @routes.get("/", summary="A stream", scope=None)
    def stream(request: Request) -> Answer:
        return stream_answer(make(), length=length, content_type="application/octet-stream", etag="s1")

    app.mount([routes])
    return app


def ask(url: str, method: str = "GET", headers: dict[str, str] | None = None) -> Received:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)) as connection:
        connection.request(method, "/", headers=headers or {})
        with connection.getresponse() as response:
            told = {name.lower(): value for name, value in response.getheaders()}
            return Received(response.status, told, response.read())


def test_a_stream_arrives_whole_with_its_length() -> None:
    source = Source()

    with running(streaming(lambda: source.pieces(10), 10 * len(PIECE))) as url:
        received = ask(url)

    assert received.body == PIECE * 10
    assert received.headers["content-length"] == str(10 * len(PIECE))
    assert source.whole


def test_a_stream_is_sent_in_constant_memory() -> None:
    source, length = Source(), MANY * len(PIECE)

    with running(streaming(lambda: source.pieces(MANY), length)) as url:
        tracemalloc.start()
        try:
            with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)) as connection:
                connection.request("GET", "/")
                response = connection.getresponse()
                received = sum(len(part) for part in iter(lambda: response.read(65536), b""))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert received == length
    assert peak < 4 << 20


def test_head_and_what_is_not_modified_read_nothing() -> None:
    source = Source()

    with running(streaming(lambda: source.pieces(10), 10 * len(PIECE))) as url:
        head, same = ask(url, "HEAD"), ask(url, headers={"If-None-Match": '"s1"'})

    assert (head.status, head.headers["content-length"], head.body) == (200, str(10 * len(PIECE)), b"")
    assert (same.status, same.body) == (304, b"")
    assert source.read == 0


def test_a_client_that_goes_away_ends_the_stream() -> None:
    source = Source()

    with running(streaming(lambda: source.pieces(MANY), MANY * len(PIECE))) as url:
        host, port = urlsplit(url).hostname, urlsplit(url).port
        assert host is not None
        assert port is not None
        with socket.create_connection((host, port), timeout=20) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            raw.recv(1000)
        assert source.ended.wait(20)

    assert not source.whole
    assert source.read < MANY


def failing() -> Iterator[bytes]:
    raise FileMissing("demo", "1.0.0", "x.js")
    yield b""


def test_a_stream_that_cannot_begin_is_the_failure_it_is() -> None:
    with running(streaming(failing, 10)) as url:
        assert_problem(ask(url), 404, FileMissing.code)


@pytest.mark.parametrize(
    "length", [pytest.param(len(PIECE) - 1, id="longer"), pytest.param(len(PIECE) + 1, id="shorter")]
)
def test_a_stream_of_another_length_than_told_is_seen_to_be_broken(length: int) -> None:
    source = Source()

    with (
        running(streaming(lambda: source.pieces(1), length)) as url,
        pytest.raises(http.client.IncompleteRead),
    ):
        ask(url)

    assert source.ended.wait(20)


def test_the_gateway_gets_a_stream_in_one_piece() -> None:
    source = Source()

    received = call(streaming(lambda: source.pieces(64), 64 * len(PIECE)), "GET", "/")

    assert len(received.body) == MOST_BYTES
    assert source.whole


def test_the_gateway_refuses_a_stream_that_it_cannot_carry() -> None:
    source = Source()

    received = call(streaming(lambda: source.pieces(65), 65 * len(PIECE)), "GET", "/")

    facts = assert_problem(received, 501, "answer_too_large")
    assert (facts["size"], facts["limit"]) == (65 * len(PIECE), MOST_BYTES)
    assert source.ended.is_set()
    assert not source.whole
