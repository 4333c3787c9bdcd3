"""What the HTTP edge needs for uploads: headers after a body, a status of tus alone, and headers on every answer."""

import io

import pytest

from chalicelib.api.answers import Answer, phrase_of
from chalicelib.api.errors import CHECKSUM_MISMATCH, MalformedRequest
from chalicelib.api.gateway import METHODS, gateway_table
from chalicelib.api.local.bodies import Framing, read_body
from chalicelib.api.local.handler import head_of
from chalicelib.api.requests import Request
from chalicelib.api.sharing import with_common_headers
from chalicelib.api.uploads.routes import routes

CHUNKED = Framing(chunked=True)


def test_the_gateway_takes_every_method_of_uploads() -> None:
    table = gateway_table(routes)

    assert table["/v1/uploads"] == table["/v1/uploads/{p1}/{p2}"] == METHODS


def test_headers_after_a_chunked_body_are_kept_by_their_names_in_lower_case() -> None:
    sent = b"5\r\nhello\r\n0\r\nUpload-Checksum: sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\nX-Other:  1 \r\n\r\n"

    body = read_body(io.BytesIO(sent), CHUNKED, limit=10)

    assert body.data == b"hello"
    assert body.trailers == {"upload-checksum": "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", "x-other": "1"}


def test_of_repeated_headers_after_a_body_the_first_counts() -> None:
    body = read_body(io.BytesIO(b"0\r\na: 1\r\nA: 2\r\n\r\n"), CHUNKED, limit=10)

    assert body.trailers == {"a": "1"}


def test_a_body_of_stated_length_has_no_headers_after_it() -> None:
    body = read_body(io.BytesIO(b"hello"), Framing(length=5), limit=10)

    assert body == (b"hello", {})


@pytest.mark.parametrize("end", [b"a: 1", b"a: 1\n", b"a" * 9000 + b"\r\n\r\n"])
def test_headers_after_a_body_that_do_not_end_are_refused(end: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read_body(io.BytesIO(b"0\r\n" + end), CHUNKED, limit=10)


def test_the_status_of_a_wrong_checksum_has_a_name() -> None:
    head = head_of(Answer(CHECKSUM_MISMATCH, b""), "PATCH", stays=True)

    assert head.startswith(b"HTTP/1.1 460 Checksum Mismatch\r\n")
    assert phrase_of(404) == "Not Found"


@pytest.mark.parametrize("method", ["HEAD", "POST", "PATCH", "DELETE", "PUT"])
def test_what_is_no_route_below_uploads_says_the_version_of_tus_and_is_readable_by_pages(method: str) -> None:
    answer = with_common_headers(Answer(405), Request(method, "/v1/uploads/a/b"), None)

    assert answer.header("Tus-Resumable") == "1.0.0"
    assert answer.header("Access-Control-Allow-Origin") == "*"
    assert "Upload-Offset" in str(answer.header("Access-Control-Expose-Headers"))


def test_asking_what_is_spoken_states_no_version() -> None:
    answer = with_common_headers(Answer(204), Request("OPTIONS", "/v1/uploads"), None)

    assert answer.header("Tus-Resumable") is None
    assert answer.header("Access-Control-Allow-Origin") == "*"


def test_who_speaks_the_ietfs_draft_is_answered_in_it() -> None:
    request = Request("PATCH", "/v1/uploads/a/b", headers={"upload-draft-interop-version": "8"})

    answer = with_common_headers(Answer(204), request, None)

    assert answer.header("Upload-Draft-Interop-Version") == "8"
    assert answer.header("Tus-Resumable") is None


@pytest.mark.parametrize("path", ["/v1/uploadsx", "/v1/packages/uploads", "/"])
def test_other_writes_are_not_for_pages_of_other_origins(path: str) -> None:
    answer = with_common_headers(Answer(405), Request("POST", path), None)

    assert answer.header("Access-Control-Allow-Origin") is None
    assert answer.header("Tus-Resumable") is None
