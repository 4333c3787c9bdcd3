"""A gzip member put together from pieces is what every reader of gzip reads as the whole."""

import base64
import gzip
import json
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from itertools import pairwise
from threading import Thread
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.npm.gzipping import (
    MAX_EXTRA,
    NOTHING,
    Piece,
    combined,
    deflated,
    inflated,
    member,
    packed,
    taken_apart,
    unpacked,
)

TEXTS: Final = st.lists(st.binary(max_size=3000), max_size=8)
READERS: Final = """
const zlib = require('node:zlib'), fs = require('node:fs')
const data = fs.readFileSync(0)
const streamed = zlib.createGunzip()
const chunks = []
streamed.on('data', chunk => chunks.push(chunk))
streamed.on('end', () => {
  const whole = Buffer.concat(chunks)
  process.stdout.write(JSON.stringify({
    gunzip: zlib.gunzipSync(data).toString('base64'),
    unzip: zlib.unzipSync(data).toString('base64'),
    streamed: whole.toString('base64'),
  }))
})
for (let at = 0; at < data.length; at += 7) streamed.write(data.subarray(at, at + 7))
streamed.end()
"""


def whole(parts: Sequence[Piece | bytes], extra: bytes = b"{}") -> bytes:
    """Answer the member of parts."""
    return member(lambda _: extra, parts)


@contextmanager
def answering(data: bytes) -> Iterator[str]:
    """Serve bytes that are compressed by gzip at an address while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@given(st.binary(max_size=500), st.binary(max_size=500))
def test_checksums_combine_to_that_of_both_texts_in_a_row(first: bytes, second: bytes) -> None:
    assert combined(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@pytest.mark.parametrize("size", [1, 255, 256, 65_535, 65_536, (1 << 20) + 1, (1 << 24) - 1])
def test_checksums_combine_over_texts_of_any_size(size: int) -> None:
    first, second = b"first", bytes([size % 251]) * size

    assert combined(zlib.crc32(first), zlib.crc32(second), size) == zlib.crc32(first + second)


def test_the_checksum_of_more_than_four_gibibytes_does_not_depend_on_how_it_was_cut() -> None:
    def repeated(crc: int, size: int, times: int) -> int:
        whole = 0
        while times:
            if times & 1:
                whole = combined(whole, crc, size)
            crc, size, times = combined(crc, crc, size), size * 2, times >> 1
        return whole

    cuts = [(1 << 20, 9 << 10), (9 << 10, 1 << 20), (3 << 20, 3 << 10)]

    assert len({repeated(zlib.crc32(bytes(size)), size, times) for size, times in cuts}) == 1


@given(TEXTS)
def test_pieces_in_a_row_are_the_piece_of_the_whole(texts: list[bytes]) -> None:
    joined = NOTHING
    for text in texts:
        joined = joined.followed_by(deflated(text))

    assert inflated(joined.data) == b"".join(texts)
    assert joined.crc == zlib.crc32(b"".join(texts))
    assert joined.size == len(b"".join(texts))


@given(TEXTS, st.lists(st.booleans(), min_size=8, max_size=8), st.binary(max_size=300))
def test_a_member_of_pieces_and_texts_is_read_as_the_whole(
    texts: list[bytes], compressed: list[bool], extra: bytes
) -> None:
    parts = [deflated(text) if first else text for text, first in zip(texts, compressed, strict=False)]
    data = whole(parts, extra)

    assert gzip.decompress(data) == b"".join(texts)
    assert unpacked(data) == b"".join(texts)
    with gzip.GzipFile(fileobj=BytesIO(data)) as file:
        assert file.read() == b"".join(texts)


@given(TEXTS, st.binary(max_size=300))
def test_a_member_is_one_member_and_nothing_after_it(texts: list[bytes], extra: bytes) -> None:
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    assert reader.decompress(whole(texts, extra)) == b"".join(texts)
    assert reader.eof
    assert reader.unused_data == b""


@given(TEXTS, st.binary(max_size=300))
def test_a_member_taken_apart_has_its_extra_field_and_its_body(texts: list[bytes], extra: bytes) -> None:
    lengths: list[int] = []

    def described(told: Sequence[int]) -> bytes:
        lengths.extend(told)
        return extra

    data = member(described, texts)

    apart = taken_apart(data)

    assert apart.extra == extra
    assert [inflated(part) for part in _cut(apart.body, lengths)] == texts


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=5))
def test_equal_parts_give_equal_bytes(texts: list[bytes]) -> None:
    assert whole(texts) == whole([deflated(text) for text in texts])


def test_the_longest_extra_field_is_passed_over_and_a_longer_one_refused() -> None:
    assert gzip.decompress(whole([b"text"], b"x" * MAX_EXTRA)) == b"text"
    assert taken_apart(whole([b"text"], b"x" * MAX_EXTRA)).extra == b"x" * MAX_EXTRA
    with pytest.raises(ValueError, match="too long"):
        whole([b"text"], b"x" * (MAX_EXTRA + 1))


@pytest.mark.parametrize("cut", [0, 1, 9, 10, 11, 12, 13, 15, 16])
def test_a_member_that_was_cut_off_is_no_member(cut: int) -> None:
    with pytest.raises(ValueError, match="member"):
        taken_apart(whole([b"text"])[:cut])


@pytest.mark.parametrize("data", [b"", b"{}", gzip.compress(b"text", mtime=0), packed(b"text"), b"\0" * 100])
def test_other_bytes_are_no_member(data: bytes) -> None:
    with pytest.raises(ValueError, match="member"):
        taken_apart(data)


class TestReaders:
    """What the readers that matter make of a member."""

    TEXT: Final = b'{"versions":{' + b",\n".join(b'"%d":"\xe2\x80\xa8"' % n for n in range(3000)) + b"}}"

    @pytest.fixture
    def data(self) -> bytes:
        cuts = [0, 1, 100, 20_000, 20_000, len(self.TEXT)]
        pieces = [deflated(self.TEXT[a:b]) for a, b in pairwise(cuts)]
        return whole(pieces, b"e" * 5000)

    def test_node_reads_it_whole_and_in_small_chunks(self, data: bytes) -> None:
        done = subprocess.run(["node", "-e", READERS], input=data, capture_output=True, check=True)

        answers = json.loads(done.stdout)

        expected = base64.b64encode(self.TEXT).decode()
        assert answers == {"gunzip": expected, "unzip": expected, "streamed": expected}

    def test_curl_and_gzip_read_it(self, data: bytes) -> None:
        with answering(data) as address:
            done = subprocess.run(["curl", "-sS", "--compressed", address], capture_output=True, check=True)
        told = subprocess.run(["gzip", "-dc"], input=data, capture_output=True, check=True)
        tested = subprocess.run(["gzip", "-t"], input=data, capture_output=True, check=True)

        assert done.stdout == self.TEXT
        assert told.stdout == self.TEXT
        assert tested.stderr == b""


def _cut(body: bytes, lengths: list[int]) -> list[bytes]:
    parts, start = [], 0
    for length in lengths:
        parts.append(body[start : start + length])
        start += length
    return parts
