"""Fetching ends in time and within bounds, whatever the other side does."""

import gzip
import hashlib
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from unittest.mock import patch

import pytest

from chalicelib.domain.upstream import (
    BadUpstream,
    UpstreamAddressRefused,
    UpstreamTooLarge,
    UpstreamUnavailable,
)
from chalicelib.services.upstream import fetching
from chalicelib.services.upstream.fetching import Digests, Fetching
from chalicelib.settings import UpstreamSettings
from tests.upstreams import Reply, Upstream, redirecting, send, upstream


def fetch(behind: Upstream, *, token: str | None = None, seconds: int = 5) -> Fetching:
    """Make what fetches from an upstream."""
    return Fetching(UpstreamSettings(behind.url, token=token, seconds=seconds), max_tarball=1000)


def tarball(behind: Upstream, url: str) -> bytes | None:
    """Fetch a tarball whole."""
    with fetch(behind).tarball(url, Digests()) as file:
        if file is None:
            return None
        file.seek(0)
        return file.read()


def dripping(first: bytes, *, seconds: float = 20) -> Reply:
    """Answer a reply that goes on for long, a byte at a time."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(first)
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    return reply


def test_a_document_comes_with_its_etag(behind: Upstream) -> None:
    behind.add("left")

    found = fetch(behind).document("left")

    assert found is not None
    assert found.data is not None
    assert b'"name": "left"' in found.data
    assert found.etag is not None
    again = fetch(behind).document("left", known=found.etag)
    assert again is not None
    assert again.data is None


def test_what_is_not_there_is_none(behind: Upstream) -> None:
    assert fetch(behind).document("left") is None
    assert tarball(behind, f"{behind.url}/left/-/left-1.0.0.tgz") is None


def test_a_document_may_come_compressed(behind: Upstream) -> None:
    behind.replies["/left"] = lambda handler: send(handler, gzip.compress(b"{}"), Content_Encoding="gzip")

    found = fetch(behind).document("left")

    assert found is not None
    assert found.data == b"{}"


def test_a_tarball_is_what_was_sent_whatever_it_is_said_to_be(behind: Upstream) -> None:
    data = gzip.compress(b"tar")
    behind.replies["/t.tgz"] = lambda handler: send(handler, data, Content_Encoding="gzip")
    digests = Digests()

    with fetch(behind).tarball(f"{behind.url}/t.tgz", digests) as file:
        assert file is not None
        file.seek(0)
        assert file.read() == data
    assert digests.of("sha512") == hashlib.sha512(data).digest()


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        pytest.param(lambda handler: send(handler, b"{", 500), UpstreamUnavailable, id="broken"),
        pytest.param(lambda handler: send(handler, b"{", 429), UpstreamUnavailable, id="busy"),
        pytest.param(lambda handler: send(handler, b"{", 401), BadUpstream, id="no-credentials"),
        pytest.param(lambda handler: send(handler, b"{", 418), BadUpstream, id="teapot"),
        pytest.param(lambda handler: send(handler, b"", 304), BadUpstream, id="not-modified-unasked"),
        pytest.param(lambda handler: send(handler, b"", 302), BadUpstream, id="redirect-to-nowhere"),
        pytest.param(lambda handler: send(handler, b"x", Content_Encoding="br"), BadUpstream, id="encoding"),
        pytest.param(
            lambda handler: send(handler, b"no gzip at all", Content_Encoding="gzip"),
            BadUpstream,
            id="no-gzip",
        ),
        pytest.param(
            lambda handler: send(handler, gzip.compress(b"{}")[:-9], Content_Encoding="gzip"),
            UpstreamUnavailable,
            id="gzip-cut-off",
        ),
        pytest.param(lambda _: None, UpstreamUnavailable, id="hangs-up"),
        pytest.param(lambda handler: handler.wfile.write(b"SSH-2.0\r\n"), BadUpstream, id="not-http"),
        pytest.param(
            lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
            UpstreamUnavailable,
            id="cut-off",
        ),
        pytest.param(
            lambda handler: handler.wfile.write(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}"
            ),
            UpstreamUnavailable,
            id="chunk-cut-off",
        ),
        pytest.param(
            lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + 200 * b"X-Y: z\r\n" + b"\r\n{}"),
            BadUpstream,
            id="too-many-headers",
        ),
        pytest.param(
            lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + bytes(70_000) + b"\r\n\r\n{}"),
            BadUpstream,
            id="header-too-long",
        ),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_apart_from_none(
    behind: Upstream, reply: Reply, failure: type[Exception]
) -> None:
    behind.replies["/left"] = reply

    with pytest.raises(failure):
        fetch(behind).document("left")


def test_nobody_at_the_address_is_an_upstream_that_is_away() -> None:
    with upstream() as behind:
        pass

    with pytest.raises(UpstreamUnavailable, match="nobody answers"):
        fetch(behind).document("left")


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", id="body-of-known-length"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Y: ", id="header"),
        pytest.param(b"", id="status-line"),
    ],
)
def test_an_answer_that_drips_is_given_up_in_time(behind: Upstream, first: bytes) -> None:
    behind.replies["/left"] = dripping(first, seconds=6)
    started = time.monotonic()

    with pytest.raises(UpstreamUnavailable, match="too long"):
        fetch(behind, seconds=1).document("left")

    assert time.monotonic() - started < 4


def test_a_document_larger_than_is_taken_is_refused(behind: Upstream) -> None:
    behind.replies["/left"] = bytes(2000)

    with patch.object(fetching, "MAX_DOCUMENT_BYTES", 1000), pytest.raises(UpstreamTooLarge, match="1000"):
        fetch(behind).document("left")


def test_a_document_that_unpacks_to_more_than_is_taken_is_refused(behind: Upstream) -> None:
    bomb = gzip.compress(bytes(50 << 20))
    behind.replies["/left"] = lambda handler: send(handler, bomb, Content_Encoding="gzip")

    with patch.object(fetching, "MAX_DOCUMENT_BYTES", 1 << 20), pytest.raises(UpstreamTooLarge):
        fetch(behind).document("left")


@pytest.mark.parametrize("says_it", [True, False])
def test_a_tarball_larger_than_a_payload_is_refused(behind: Upstream, says_it: bool) -> None:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        length = b"Content-Length: 1001\r\n" if says_it else b""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + bytes(1001))

    behind.replies["/t.tgz"] = reply

    with pytest.raises(UpstreamTooLarge):
        tarball(behind, f"{behind.url}/t.tgz")


@pytest.fixture
def elsewhere() -> Iterator[Upstream]:
    with upstream() as registry:
        yield registry


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://10.0.0.1/",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_a_place_that_is_not_public_is_refused(behind: Upstream, location: str) -> None:
    behind.replies["/left"] = redirecting(location)

    with pytest.raises(UpstreamAddressRefused):
        fetch(behind).document("left")


def test_a_redirect_to_another_port_of_the_upstreams_host_is_refused(
    behind: Upstream, elsewhere: Upstream
) -> None:
    behind.replies["/left"] = redirecting(f"{elsewhere.url}/left")
    elsewhere.add("left")

    with pytest.raises(UpstreamAddressRefused):
        fetch(behind).document("left")
    assert elsewhere.asked == []


def test_a_tarball_at_another_place_that_is_not_public_is_refused(
    behind: Upstream, elsewhere: Upstream
) -> None:
    elsewhere.add("left")

    with pytest.raises(UpstreamAddressRefused):
        tarball(behind, f"{elsewhere.url}/left/-/left-1.0.0.tgz")


def test_a_few_redirects_within_the_upstream_are_followed(behind: Upstream) -> None:
    behind.replies |= {
        "/left": redirecting("/a"),
        "/a": redirecting("/b"),
        "/b": redirecting("/c"),
        "/c": b"{}",
    }

    found = fetch(behind).document("left")

    assert found is not None
    assert found.data == b"{}"


def test_redirects_that_go_round_end(behind: Upstream) -> None:
    behind.replies["/left"] = redirecting("/left")

    with pytest.raises(BadUpstream, match="redirects more than 3 times"):
        fetch(behind).document("left")
    assert len(behind.asked) == 4


def test_a_name_is_resolved_once_so_that_it_cannot_become_another(behind: Upstream) -> None:
    behind.add("left")
    behind.replies["/left"] = redirecting("http://rebinding.example/left")
    asked = []

    def rebinding(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if host == "rebinding.example" else host, port))]

    with patch("socket.getaddrinfo", rebinding), pytest.raises(UpstreamAddressRefused):
        fetch(behind).document("left")

    assert asked.count("rebinding.example") == 1


def test_the_token_is_for_the_upstream_alone(behind: Upstream, elsewhere: Upstream) -> None:
    behind.add("left")
    behind.replies["/moved"] = redirecting(f"{elsewhere.url}/left")
    elsewhere.add("left")
    fetched = fetch(behind, token="secret")

    fetched.document("left")
    with patch.object(Fetching, "_trusts", return_value=True):
        fetched.document("moved")

    assert [headers.get("authorization") for _, headers in behind.asked] == ["Bearer secret"] * 2
    assert [headers.get("authorization") for _, headers in elsewhere.asked] == [None]


def test_proxies_of_the_environment_are_passed_over(
    behind: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind.add("left")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")

    assert fetch(behind).document("left") is not None


def test_a_certificate_that_is_not_trusted_is_refused(tmp_path: Path) -> None:
    import ssl
    import subprocess
    import threading
    from http.server import ThreadingHTTPServer

    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-days", "1"]
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            key,
            "-out",
            certificate,
            *subject,
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            return

    server = Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        with pytest.raises(BadUpstream, match="certificate"):
            fetch(Upstream(f"https://127.0.0.1:{server.server_address[1]}")).document("left")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
