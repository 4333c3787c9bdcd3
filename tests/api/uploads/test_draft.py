"""The IETF's draft of resumable uploads, for who names its interop version."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any, Final

import pytest

from chalicelib.api.uploads import metadata
from tests.api.callers import Received, assert_problem
from tests.api.uploads.talking import DOORS, Talker, described, talking
from tests.worlds import package

DATA: Final = bytes(range(256)) * 2048
HALF: Final = len(DATA) // 2
SPEAKS: Final = {"Upload-Draft-Interop-Version": "8"}
PART: Final = {"Content-Type": "application/partial-upload"}


@pytest.fixture(params=DOORS)
def talker(request: pytest.FixtureRequest) -> Iterator[Talker]:
    """A client at either door."""
    with talking(request.param) as client:
        yield client


def ask(talker: Talker, method: str, path: str, body: bytes = b"", /, **headers: str) -> Received:
    """Answer a request in the draft's words."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return talker.send(method, path, {**SPEAKS, **named}, body)


def add(talker: Talker, address: str, offset: int, data: bytes, *, last: bool, **headers: str) -> Received:
    """Add bytes to an upload."""
    complete = "?1" if last else "?0"
    return ask(
        talker, "PATCH", address, data, **PART, Upload_Offset=str(offset), Upload_Complete=complete, **headers
    )


def begin(talker: Talker, **headers: str) -> str:
    """Begin an upload without bytes, and answer its address."""
    begun = ask(talker, "POST", "/v1/uploads", Upload_Complete="?0", **headers)
    assert begun.status == 201, begun.body
    return begun.headers["location"]


def registered(answer: Received, status: int, name: str) -> Any:
    """Hold a failure to the type that the draft has registered for it, and answer its document."""
    document = answer.json
    assert (answer.status, document["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["type"] == f"https://iana.org/assignments/http-problem-types#{name}"
    return document


def test_an_upload_begins_with_what_is_not_complete(talker: Talker) -> None:
    begun = ask(talker, "POST", "/v1/uploads", Upload_Complete="?0", Upload_Length="100")

    assert begun.status == 201
    assert (begun.headers["upload-complete"], begun.headers["upload-offset"]) == ("?0", "0")
    assert begun.headers["upload-draft-interop-version"] == "8"
    assert "max-append-size=" in begun.headers["upload-limit"]
    assert "tus-resumable" not in begun.headers


def test_its_state_is_told_without_being_stored(talker: Talker) -> None:
    address = begin(talker, Upload_Length=str(len(DATA)))
    add(talker, address, 0, DATA[:HALF], last=False)

    state = ask(talker, "HEAD", address)

    assert (state.status, state.headers["upload-complete"]) == (204, "?0")
    assert (state.headers["upload-offset"], state.headers["upload-length"]) == (str(HALF), str(len(DATA)))
    assert state.headers["cache-control"] == "no-store"
    assert "max-append-size=" in state.headers["upload-limit"]


def test_it_ends_where_its_sender_says_so(talker: Talker) -> None:
    address = begin(talker)

    first = add(talker, address, 0, DATA[:HALF], last=False)
    last = add(talker, address, HALF, DATA[HALF:], last=True)

    assert (first.status, first.headers["upload-complete"]) == (204, "?0")
    assert (last.status, last.headers["upload-complete"]) == (204, "?1")
    assert ask(talker, "HEAD", address).headers["upload-complete"] == "?1"
    assert talker.send("GET", address).body == DATA


def test_it_may_end_with_a_request_that_brings_nothing(talker: Talker) -> None:
    address = begin(talker)
    add(talker, address, 0, DATA, last=False)

    last = add(talker, address, len(DATA), b"", last=True)

    assert (last.status, last.headers["upload-complete"]) == (204, "?1")
    assert ask(talker, "HEAD", address).headers["upload-length"] == str(len(DATA))


def test_it_may_begin_and_end_with_one_request(talker: Talker) -> None:
    begun = ask(talker, "POST", "/v1/uploads", b"hello", Upload_Complete="?1", Content_Type="text/plain")

    assert (begun.status, begun.headers["upload-complete"]) == (201, "?1")
    assert talker.send("GET", begun.headers["location"]).body == b"hello"


def test_an_empty_one_may_begin_complete(talker: Talker) -> None:
    begun = ask(talker, "POST", "/v1/uploads", Upload_Complete="?1")

    assert begun.headers["upload-complete"] == "?1"
    assert talker.send("GET", begun.headers["location"]).body == b""


def test_a_package_is_published_with_its_last_bytes(talker: Talker) -> None:
    data = package(name="drafted")
    address = begin(talker, **described(package="drafted"))

    last = add(talker, address, 0, data, last=True)

    assert last.headers["prism-job"].startswith("publish-")
    assert ask(talker, "HEAD", address).headers["prism-job"] == last.headers["prism-job"]
    assert talker.send("GET", "/v1/packages/drafted").status == 200


def test_bytes_at_another_offset_are_refused_with_the_right_one(talker: Talker) -> None:
    address = begin(talker)

    document = registered(add(talker, address, 7, DATA, last=True), 409, "mismatching-upload-offset")

    assert (document["expected-offset"], document["provided-offset"]) == (0, 7)
    assert add(talker, address, 7, DATA, last=True).headers["upload-offset"] == "0"


def test_nothing_is_added_to_what_is_complete(talker: Talker) -> None:
    begun = ask(talker, "POST", "/v1/uploads", b"hello", Upload_Complete="?1")

    again = add(talker, begun.headers["location"], 5, b"more", last=False)

    registered(again, 400, "inconsistent-upload-length")


def test_lengths_that_differ_are_refused(talker: Talker) -> None:
    address = begin(talker)
    begun = ask(talker, "POST", "/v1/uploads", b"hello", Upload_Complete="?1", Upload_Length="6")

    registered(begun, 400, "inconsistent-upload-length")
    registered(add(talker, address, 0, DATA, last=True, Upload_Length="7"), 400, "inconsistent-upload-length")
    assert ask(talker, "HEAD", address).headers["upload-offset"] == "0"


def test_an_end_before_the_length_that_was_told_is_refused(talker: Talker) -> None:
    address = begin(talker, Upload_Length="600000")

    registered(add(talker, address, 0, DATA, last=True), 400, "inconsistent-upload-length")
    assert ask(talker, "HEAD", address).headers["upload-complete"] == "?0"


def test_a_digest_that_does_not_hold_keeps_bytes_out(talker: Talker) -> None:
    address = begin(talker)
    right, wrong = (base64.b64encode(hashlib.sha256(data).digest()).decode() for data in (DATA, b"x"))

    refused = add(talker, address, 0, DATA, last=True, Content_Digest=f"sha-256=:{wrong}:")

    assert_problem(refused, 460, "checksum_mismatch")
    assert add(talker, address, 0, DATA, last=True, Content_Digest=f"sha-256=:{right}:").status == 204


def test_an_upload_that_was_cancelled_is_gone(talker: Talker) -> None:
    address = begin(talker)

    assert ask(talker, "DELETE", address).status == 204
    assert ask(talker, "HEAD", address).status == 410
    assert_problem(add(talker, address, 0, DATA, last=True), 410, "upload_gone")


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        pytest.param("PATCH", {"Upload-Complete": "?1", **PART}, 400, id="no-offset"),
        pytest.param("PATCH", {"Upload-Complete": "?1", "Upload-Offset": "0"}, 415, id="no-type"),
        pytest.param("PATCH", {"Upload-Complete": "?1", "Upload-Offset": "x", **PART}, 400, id="no-number"),
    ],
)
def test_a_request_that_is_none_of_the_draft_is_refused(
    talker: Talker, method: str, headers: dict[str, str], status: int
) -> None:
    address = begin(talker)

    refused = talker.send(method, address, {**SPEAKS, **headers}, DATA)

    assert refused.status == status
    assert refused.headers["upload-draft-interop-version"] == "8"


@pytest.mark.parametrize("value", ["1", "true", "?2", ""])
def test_what_is_no_boolean_says_nothing(talker: Talker, value: str) -> None:
    address = begin(talker)

    added = ask(talker, "PATCH", address, DATA, **PART, Upload_Offset="0", Upload_Complete=value)

    assert (added.status, added.headers["upload-complete"]) == (204, "?0")
    assert ask(talker, "POST", "/v1/uploads", Upload_Complete=value).status == 400


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        pytest.param("inline; filename=a.txt", "a.txt", id="token"),
        pytest.param('inline; filename="a b.txt"', "a b.txt", id="quoted"),
        pytest.param("inline; filename=x; filename*=UTF-8''%e4%b8%96%20.txt", "世 .txt", id="encoded"),
        pytest.param("inline", None, id="none"),
        pytest.param(";;;=", None, id="broken"),
    ],
)
def test_a_name_is_taken_as_http_tells_it(talker: Talker, disposition: str, name: str | None) -> None:
    begun = ask(talker, "POST", "/v1/uploads", Upload_Complete="?1", Content_Disposition=disposition)

    told = talker.tus("HEAD", begun.headers["location"]).headers.get("upload-metadata")
    assert metadata.decode(told).get("filename") == name


def test_an_upload_that_says_nothing_of_its_end_does_not_begin(talker: Talker) -> None:
    assert_problem(ask(talker, "POST", "/v1/uploads", b"hello"), 400, "invalid_upload_header")


@pytest.mark.parametrize("version", ["1", "99", ""])
def test_a_version_that_is_not_known_is_no_version(talker: Talker, version: str) -> None:
    headers = {"Upload-Draft-Interop-Version": version, "Upload-Complete": "?1"}

    assert_problem(talker.send("POST", "/v1/uploads", headers), 412, "tus_version")
