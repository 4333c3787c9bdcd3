"""Checksums that come after the bytes, over a socket of the local server."""

import base64
import hashlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.api.uploads.talking import LOCAL, Talker, talking


@pytest.fixture
def talker() -> Iterator[Talker]:
    """A client of the local server."""
    with talking(LOCAL) as client:
        yield client


def patched(address: str, data: bytes, trailer: bytes) -> bytes:
    """Answer what a server says to bytes in two chunks, and a header after them."""
    parts, middle = urlsplit(address), len(data) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (data[:middle], data[middle:]))
    sent = (
        f"PATCH {parts.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTus-Resumable: 1.0.0\r\n"
        "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
        "Transfer-Encoding: chunked\r\nTrailer: Upload-Checksum\r\n\r\n"
    ).encode()
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=10) as raw:
        raw.sendall(sent + chunks + b"0\r\n" + trailer + b"\r\n")
        return b"".join(iter(lambda: raw.recv(65536), b""))


def checksum(data: bytes) -> bytes:
    """Answer the header that comes after bytes."""
    return b"Upload-Checksum: sha1 " + base64.b64encode(hashlib.sha1(data).digest()) + b"\r\n"


def test_a_checksum_after_the_bytes_lets_them_in(talker: Talker) -> None:
    address = talker.begin(5)

    assert patched(address, b"hello", checksum(b"hello")).startswith(b"HTTP/1.1 204 ")
    assert talker.send("GET", address).body == b"hello"


def test_bytes_with_another_checksum_after_them_are_not_kept(talker: Talker) -> None:
    address = talker.begin(5)

    answer = patched(address, b"jello", checksum(b"hello"))

    assert answer.startswith(b"HTTP/1.1 460 Checksum Mismatch\r\n")
    assert b"Tus-Resumable: 1.0.0\r\n" in answer
    assert talker.tus("HEAD", address).headers["upload-offset"] == "0"


def test_both_checksums_have_to_hold(talker: Talker) -> None:
    address = talker.begin(5)
    wrong = "sha256 " + base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    parts = urlsplit(address)

    answer = patched(address, b"hello", checksum(b"hello") + b"X: y\r\n")
    assert answer.startswith(b"HTTP/1.1 204 ")

    refused = talker.tus(
        "POST",
        f"{parts.scheme}://{parts.netloc}/v1/uploads",
        b"hello",
        Upload_Length="5",
        Upload_Checksum=wrong,
    )
    assert refused.status == 460
