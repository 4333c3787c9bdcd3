"""tus 1.0.0 as its text has it: each request, its answer, and each way it is refused."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from tests.api.callers import assert_problem
from tests.api.uploads.talking import CHUNK, DOORS, GATEWAY, LOCAL, TUS, Talker, described, talking
from tests.worlds import package

DATA: Final = bytes(range(256)) * 2048  # 512 KiB, two of the smallest chunks
HALF: Final = len(DATA) // 2
NEVER: Final = "/v1/uploads/0123456789ab/6d9f2c1e-0b8e-4a55-9c11-1f2f3a4b5c6d"
EVERY: Final = ("HEAD", "PATCH", "DELETE")


@pytest.fixture(params=DOORS)
def talker(request: pytest.FixtureRequest) -> Iterator[Talker]:
    """A client at either door."""
    with talking(request.param) as client:
        yield client


def sha(algorithm: str, data: bytes) -> str:
    """Answer a checksum as a header holds it."""
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def test_options_tell_versions_extensions_and_limits(talker: Talker) -> None:
    answer = talker.send("OPTIONS", "/v1/uploads")

    assert answer.status == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert "tus-resumable" not in answer.headers
    assert {
        "creation",
        "creation-with-upload",
        "creation-defer-length",
        "expiration",
        "checksum",
        "termination",
        "concatenation",
    } <= set(answer.headers["tus-extension"].split(","))
    assert {"sha1", "sha256"} <= set(answer.headers["tus-checksum-algorithm"].split(","))
    assert int(answer.headers["tus-max-size"]) > 1 << 30
    assert "max-append-size=" in answer.headers["upload-limit"]


def test_options_ignore_the_version_that_a_client_states(talker: Talker) -> None:
    assert talker.send("OPTIONS", NEVER, {"Tus-Resumable": "0.2.2"}).status == 204


@pytest.mark.parametrize(("door", "told"), [(GATEWAY, False), (LOCAL, True)])
def test_checksums_after_the_bytes_are_offered_where_they_arrive(door: str, *, told: bool) -> None:
    with talking(door) as client:
        extensions = client.send("OPTIONS", "/v1/uploads").headers["tus-extension"].split(",")

    assert ("checksum-trailer" in extensions) is told


@pytest.mark.parametrize(("door", "most"), [(GATEWAY, 4 << 20), (LOCAL, 8 << 20)])
def test_what_one_request_may_bring_is_told_for_who_is_asked(door: str, most: int) -> None:
    with talking(door) as client:
        address = client.begin(10)
        answers = [
            client.send("OPTIONS", "/v1/uploads"),
            client.tus("POST", "/v1/uploads", Upload_Length="10"),
            client.tus("HEAD", address),
        ]

    assert all(f"max-append-size={most}" in answer.headers["upload-limit"] for answer in answers)


def test_an_upload_begins_empty(talker: Talker) -> None:
    begun = talker.tus("POST", "/v1/uploads", Upload_Length="100")

    assert (begun.status, begun.body) == (201, b"")
    assert "upload-offset" not in begun.headers
    state = talker.tus("HEAD", begun.headers["location"])
    assert (state.status, state.body) == (200, b"")
    assert (state.headers["upload-offset"], state.headers["upload-length"]) == ("0", "100")
    assert state.headers["cache-control"] == "no-store"


def test_an_address_is_whole(talker: Talker) -> None:
    assert talker.begin(1).startswith("http://")


def test_bytes_are_added_where_the_upload_ends(talker: Talker) -> None:
    address = talker.begin(len(DATA))

    first = talker.tus("PATCH", address, DATA[:HALF], Upload_Offset="0")
    between = talker.tus("HEAD", address)
    second = talker.tus("PATCH", address, DATA[HALF:], Upload_Offset=str(HALF))

    assert (first.status, first.headers["upload-offset"]) == (204, str(HALF))
    assert between.headers["upload-offset"] == str(HALF)
    assert (second.status, second.headers["upload-offset"]) == (204, str(len(DATA)))
    assert talker.send("GET", address).body == DATA


def test_an_upload_may_begin_with_its_bytes(talker: Talker) -> None:
    begun = talker.tus("POST", "/v1/uploads", DATA[:HALF], Upload_Length=str(len(DATA)))

    assert (begun.status, begun.headers["upload-offset"]) == (201, str(HALF))


def test_an_upload_may_begin_and_end_with_one_request(talker: Talker) -> None:
    begun = talker.tus("POST", "/v1/uploads", b"hello", Upload_Length="5")

    assert begun.headers["upload-offset"] == "5"
    assert talker.send("GET", begun.headers["location"]).body == b"hello"


def test_an_upload_of_nothing_is_complete_at_once(talker: Talker) -> None:
    address = talker.begin(0)

    assert talker.tus("HEAD", address).headers["upload-offset"] == "0"
    assert talker.send("GET", address).body == b""
    assert talker.tus("PATCH", address, Upload_Offset="0", **CHUNK).status == 204


def test_an_empty_request_at_the_end_is_a_success(talker: Talker) -> None:
    address = talker.uploaded(b"hello")

    again = talker.tus("PATCH", address, Upload_Offset="5", **CHUNK)

    assert (again.status, again.headers["upload-offset"]) == (204, "5")


def test_a_length_may_be_told_with_the_last_bytes(talker: Talker) -> None:
    address = talker.begin()
    assert talker.tus("HEAD", address).headers["upload-defer-length"] == "1"

    talker.tus("PATCH", address, DATA[:HALF], Upload_Offset="0")
    last = talker.tus("PATCH", address, DATA[HALF:], Upload_Offset=str(HALF), Upload_Length=str(len(DATA)))

    assert last.status == 204
    state = talker.tus("HEAD", address)
    assert state.headers["upload-length"] == str(len(DATA))
    assert "upload-defer-length" not in state.headers
    assert talker.send("GET", address).body == DATA


def test_a_length_may_be_told_without_bytes(talker: Talker) -> None:
    address = talker.begin()
    talker.tus("PATCH", address, DATA, Upload_Offset="0")

    told = talker.tus("PATCH", address, Upload_Offset=str(len(DATA)), Upload_Length=str(len(DATA)), **CHUNK)

    assert told.status == 204
    assert talker.send("GET", address).body == DATA


def test_metadata_are_told_as_they_were_sent(talker: Talker) -> None:
    header = described(filename="日本語 и é.tgz", filetype="text/plain")["Upload-Metadata"]
    address = talker.begin(1, Upload_Metadata=f"{header}, note ,flag")

    assert talker.tus("HEAD", address).headers["upload-metadata"] == f"{header}, note ,flag"


def test_a_checksum_that_holds_lets_bytes_in(talker: Talker) -> None:
    for algorithm in ("sha1", "sha256", "sha512", "md5"):
        address = talker.begin(len(DATA))

        added = talker.tus("PATCH", address, DATA, Upload_Offset="0", Upload_Checksum=sha(algorithm, DATA))

        assert added.status == 204


def test_bytes_with_another_checksum_are_not_kept(talker: Talker) -> None:
    address = talker.begin(len(DATA))

    added = talker.tus("PATCH", address, DATA, Upload_Offset="0", Upload_Checksum=sha("sha1", b"other"))

    assert_problem(added, 460, "checksum_mismatch")
    assert talker.tus("HEAD", address).headers["upload-offset"] == "0"
    assert talker.tus("PATCH", address, DATA, Upload_Offset="0").status == 204


def test_an_upload_does_not_begin_with_bytes_of_another_checksum(talker: Talker) -> None:
    begun = talker.tus(
        "POST", "/v1/uploads", b"hello", Upload_Length="5", Upload_Checksum=sha("sha1", b"other")
    )

    assert_problem(begun, 460, "checksum_mismatch")
    assert "location" not in begun.headers
    assert not [info for info in talker.store.list("") if "uploads/" in str(info)]


def test_an_upload_expires_and_says_when(talker: Talker) -> None:
    begun = talker.tus("POST", "/v1/uploads", Upload_Length=str(len(DATA)))
    address = begun.headers["location"]
    added = talker.tus("PATCH", address, DATA[:HALF], Upload_Offset="0")

    moments = [parsedate_to_datetime(answer.headers["upload-expires"]) for answer in (begun, added)]
    assert all(moment > datetime.now(UTC) + timedelta(hours=1) for moment in moments)

    talker.passed = moments[0] - datetime.now(UTC) + timedelta(minutes=1)
    for method in EVERY:
        gone = talker.tus(method, address, Upload_Offset=str(HALF), **(CHUNK if method == "PATCH" else {}))
        assert gone.status == 410, method
        assert "upload-offset" not in gone.headers


def test_an_upload_that_was_ended_is_gone(talker: Talker) -> None:
    for address in (talker.begin(10), talker.uploaded(b"hello")):
        ended = talker.tus("DELETE", address)

        assert (ended.status, ended.body) == (204, b"")
        for method in EVERY:
            again = talker.tus(method, address, Upload_Offset="0", **CHUNK)
            assert again.status == 410
            assert "upload-offset" not in again.headers
        assert talker.send("GET", address).status == 410


def test_uploads_are_joined_in_the_order_they_are_named(talker: Talker) -> None:
    one, two = (talker.uploaded(data, Upload_Concat="partial") for data in (b"hello ", b"world"))
    empty = talker.begin(0, Upload_Concat="partial")

    parts = f"final;{one} {two} {empty} {urlsplit(one).path}"
    joined = talker.tus("POST", "/v1/uploads", Upload_Concat=parts, **described(filename="whole"))

    assert joined.status == 201, joined.body
    address = joined.headers["location"]
    assert talker.send("GET", address).body == b"hello worldhello "
    state = talker.tus("HEAD", address)
    assert (state.headers["upload-length"], state.headers["upload-offset"]) == ("17", "17")
    assert state.headers["upload-concat"] == parts
    assert state.headers["upload-metadata"] == described(filename="whole")["Upload-Metadata"]
    assert talker.tus("HEAD", one).headers["upload-concat"] == "partial"


def test_nothing_is_added_to_what_is_made_of_others(talker: Talker) -> None:
    part = talker.uploaded(b"hello", Upload_Concat="partial")
    whole = talker.tus("POST", "/v1/uploads", Upload_Concat=f"final;{part}").headers["location"]

    assert_problem(talker.tus("PATCH", whole, b"x", Upload_Offset="5"), 403, "upload_complete")


def test_what_is_made_of_others_stays_when_those_are_ended(talker: Talker) -> None:
    part = talker.uploaded(b"hello", Upload_Concat="partial")
    whole = talker.tus("POST", "/v1/uploads", Upload_Concat=f"final;{part}").headers["location"]

    assert talker.tus("DELETE", part).status == 204
    assert talker.send("GET", whole).body == b"hello"


def test_a_post_stands_in_for_what_a_client_cannot_send(talker: Talker) -> None:
    address = talker.begin(5)

    added = talker.tus("POST", address, b"hello", Upload_Offset="0", X_HTTP_Method_Override="PATCH")
    state = talker.tus("POST", address, X_HTTP_Method_Override="HEAD")
    ended = talker.tus("POST", address, X_HTTP_Method_Override="delete")

    assert (added.status, added.headers["upload-offset"]) == (204, "5")
    assert (state.status, state.headers["upload-offset"]) == (200, "5")
    assert ended.status == 204
    assert talker.tus("HEAD", address).status == 410


@pytest.mark.parametrize("method", ["", "PUT", "POST", "OPTIONS", "GET", "TRACE"])
def test_a_post_stands_in_for_nothing_else(talker: Talker, method: str) -> None:
    answer = talker.tus("POST", NEVER, X_HTTP_Method_Override=method)

    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


def test_a_package_is_published_when_its_last_bytes_arrive(talker: Talker) -> None:
    data = package(name="by-tus")
    address = talker.begin(len(data), **described(package="by-tus", tag="next"))

    added = talker.tus("PATCH", address, data, Upload_Offset="0")

    assert added.status == 204
    job = added.headers["prism-job"]
    assert job.startswith("publish-")
    assert talker.tus("HEAD", address).headers["prism-job"] == job
    assert talker.send("GET", added.headers["prism-job-url"]).json["state"] == "completed"
    assert talker.send("GET", "/v1/packages/by-tus").json["tags"]["next"] == "1.0.0"


def test_a_package_may_be_published_by_one_request(talker: Talker) -> None:
    data = package(name="at-once")

    begun = talker.tus(
        "POST", "/v1/uploads", data, Upload_Length=str(len(data)), **described(package="at-once")
    )

    assert begun.headers["prism-job"]
    assert talker.send("GET", "/v1/packages/at-once").status == 200


def test_a_package_of_another_digest_is_not_published_and_says_so(talker: Talker) -> None:
    data = package(name="altered")
    address = talker.begin(len(data), **described(package="altered", sha256="0" * 64))

    added = talker.tus("PATCH", address, data, Upload_Offset="0")

    assert added.status == 204
    assert added.headers["prism-problem"] == "digest_mismatch"
    assert "prism-job" not in added.headers
    assert talker.tus("HEAD", address).headers["prism-problem"] == "digest_mismatch"
    assert talker.send("GET", "/v1/packages/altered").status == 404


def test_what_is_no_package_ends_in_its_job(talker: Talker) -> None:
    added = talker.tus(
        "POST", "/v1/uploads", b"no tarball", Upload_Length="10", **described(package="no-tarball")
    )

    assert added.status == 201
    job = talker.send("GET", added.headers["prism-job-url"]).json
    assert job["state"] == "failed"


PATCHED: Final[dict[str, Any]] = {"Upload-Offset": "0", **TUS, **CHUNK}
REFUSALS: Final = [
    pytest.param("POST", {"Upload-Length": "1"}, b"", 412, "tus_version", id="post-no-version"),
    pytest.param(
        "POST",
        {"Upload-Length": "1", "Tus-Resumable": "0.2.2"},
        b"",
        412,
        "tus_version",
        id="post-old-version",
    ),
    pytest.param("POST", TUS, b"", 400, "invalid_upload_header", id="post-no-length"),
    pytest.param(
        "POST",
        {**TUS, "Upload-Length": "1", "Upload-Defer-Length": "1"},
        b"",
        400,
        "invalid_upload_header",
        id="post-two-lengths",
    ),
    pytest.param(
        "POST",
        {**TUS, "Upload-Defer-Length": "2"},
        b"",
        400,
        "invalid_upload_header",
        id="post-deferred-by-2",
    ),
    pytest.param(
        "POST", {**TUS, "Upload-Length": "-1"}, b"", 400, "invalid_upload_header", id="post-negative"
    ),
    pytest.param(
        "POST", {**TUS, "Upload-Length": "1x"}, b"", 400, "invalid_upload_header", id="post-no-number"
    ),
    pytest.param("POST", {**TUS, "Upload-Length": "9" * 30}, b"", 413, "upload_too_large", id="post-huge"),
    pytest.param(
        "POST",
        {**TUS, "Upload-Length": "1", "Upload-Metadata": "a YQ==,a Yg=="},
        b"",
        400,
        "invalid_upload_header",
        id="post-key-twice",
    ),
    pytest.param(
        "POST",
        {**TUS, "Upload-Length": "1", "Upload-Metadata": "a !"},
        b"",
        400,
        "invalid_upload_header",
        id="post-no-base64",
    ),
    pytest.param(
        "POST",
        {**TUS, "Upload-Length": "1", "Upload-Metadata": f"{'k' * 300} YQ=="},
        b"",
        400,
        "invalid_upload",
        id="post-long-key",
    ),
    pytest.param(
        "POST",
        {**TUS, "Upload-Length": "9", **described(package="../up")},
        b"",
        400,
        "invalid_name",
        id="post-no-package",
    ),
    pytest.param(
        "POST",
        {**TUS, "Upload-Length": "9", **described(package="a", tag="1.0.0")},
        b"",
        400,
        "invalid_tag",
        id="post-no-tag",
    ),
    pytest.param(
        "POST", {**TUS, "Upload-Length": "5"}, b"hello", 415, "unsupported_media_type", id="post-no-type"
    ),
    pytest.param(
        "POST",
        {**TUS, "Upload-Length": "5", "Content-Type": "text/plain"},
        b"hello",
        415,
        "unsupported_media_type",
        id="post-other-type",
    ),
    pytest.param(
        "POST",
        {**TUS, **CHUNK, "Upload-Length": "4"},
        b"hello",
        413,
        "upload_too_large",
        id="post-too-many-bytes",
    ),
    pytest.param(
        "POST",
        {**TUS, **CHUNK, "Upload-Length": "9"},
        b"hello",
        400,
        "upload_append_too_small",
        id="post-too-few-bytes",
    ),
    pytest.param(
        "POST",
        {**TUS, **CHUNK, "Upload-Length": "5", "Upload-Checksum": "crc32 AAAA"},
        b"hello",
        400,
        "unsupported_checksum",
        id="post-other-checksum",
    ),
    pytest.param(
        "POST", {**TUS, "Upload-Concat": "final"}, b"", 400, "invalid_upload_header", id="final-of-nothing"
    ),
    pytest.param(
        "POST",
        {**TUS, "Upload-Concat": f"final;{NEVER}", "Upload-Length": "1"},
        b"",
        400,
        "invalid_upload_header",
        id="final-with-a-length",
    ),
    pytest.param(
        "POST",
        {**TUS, "Upload-Concat": f"final;{NEVER}", **CHUNK},
        b"hello",
        400,
        "invalid_upload_header",
        id="final-with-bytes",
    ),
    pytest.param(
        "POST",
        {**TUS, "Upload-Concat": f"final;{NEVER}"},
        b"",
        400,
        "invalid_concatenation",
        id="final-of-unknown",
    ),
]


@pytest.mark.parametrize(("method", "headers", "body", "status", "code"), REFUSALS)
def test_an_upload_that_cannot_be_does_not_begin(
    talker: Talker, method: str, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    answer = talker.send(method, "/v1/uploads", headers, body)

    assert_problem(answer, status, code)
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "location" not in answer.headers
    if status == 412:
        assert answer.headers["tus-version"] == "1.0.0"
    assert not list(talker.store.list("prism/uploads/"))


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        pytest.param({**CHUNK, "Upload-Offset": "0"}, b"hello", 412, "tus_version", id="no-version"),
        pytest.param({**PATCHED, "Tus-Resumable": "2.0.0"}, b"hello", 412, "tus_version", id="other-version"),
        pytest.param({**TUS, **CHUNK}, b"hello", 400, "invalid_upload_header", id="no-offset"),
        pytest.param(
            {**PATCHED, "Upload-Offset": "-5"}, b"hello", 400, "invalid_upload_header", id="negative"
        ),
        pytest.param({**TUS, "Upload-Offset": "0"}, b"hello", 415, "unsupported_media_type", id="no-type"),
        pytest.param(
            {**PATCHED, "Content-Type": "application/octet-stream"},
            b"hello",
            415,
            "unsupported_media_type",
            id="other-type",
        ),
        pytest.param(
            {**PATCHED, "Content-Type": "text/plain"},
            b"",
            415,
            "unsupported_media_type",
            id="other-type-no-bytes",
        ),
        pytest.param(
            {**PATCHED, "Upload-Offset": "5"}, b"hello", 409, "upload_offset_conflict", id="too-far"
        ),
        pytest.param(PATCHED, bytes(HALF * 2 + 1), 413, "upload_too_large", id="more-than-the-length"),
        pytest.param(PATCHED, b"hello", 400, "upload_append_too_small", id="too-few"),
        pytest.param(
            {**PATCHED, "Upload-Length": "7"}, DATA[:HALF], 400, "invalid_upload", id="another-length"
        ),
        pytest.param(
            {**PATCHED, "Upload-Length": "x"}, b"hello", 400, "invalid_upload_header", id="no-length"
        ),
        pytest.param(
            {**PATCHED, "Upload-Checksum": "crc32 AAAA"},
            DATA,
            400,
            "unsupported_checksum",
            id="other-algorithm",
        ),
        pytest.param(
            {**PATCHED, "Upload-Checksum": "sha1"}, DATA, 400, "unsupported_checksum", id="no-digest"
        ),
    ],
)
def test_bytes_that_do_not_belong_are_refused_and_change_nothing(
    talker: Talker, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    address = talker.begin(len(DATA))

    answer = talker.send("PATCH", address, headers, body)

    assert_problem(answer, status, code)
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "upload-offset" in answer.headers["access-control-expose-headers"].lower()
    if status == 412:
        assert answer.headers["tus-version"] == "1.0.0"
    assert talker.tus("HEAD", address).headers["upload-offset"] == "0"


def test_more_than_one_request_may_bring_is_refused_with_what_it_may(talker: Talker) -> None:
    most = talker.container.uploading.limits.append
    address = talker.begin(3 * most)

    answer = talker.tus("PATCH", address, bytes(most + 1), Upload_Offset="0")

    document = assert_problem(answer, 413, "upload_too_large")
    assert document["chunkSize"] == most
    assert f"max-append-size={most}" in answer.headers["upload-limit"]


@pytest.mark.parametrize("path", [NEVER, "/v1/uploads/a/b", "/v1/uploads/0123456789ab/..%2F..%2Fx"])
def test_what_no_upload_is_called_is_not_found(talker: Talker, path: str) -> None:
    for method in EVERY:
        answer = talker.send(method, path, PATCHED)
        assert answer.status == 404, method
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert "upload-offset" not in answer.headers
    assert talker.send("GET", path).status == 404


@pytest.mark.parametrize("method", EVERY)
def test_every_request_states_the_version(talker: Talker, method: str) -> None:
    address = talker.begin(5)

    answer = talker.send(method, address, {"Upload-Offset": "0", **CHUNK})

    assert answer.status == 412
    assert answer.headers["tus-version"] == "1.0.0"
    assert talker.tus("HEAD", address).headers["upload-offset"] == "0"


def test_what_is_not_finished_cannot_be_read(talker: Talker) -> None:
    assert_problem(talker.send("GET", talker.begin(5)), 409, "upload_unfinished")


@pytest.mark.parametrize("path", ["/v1/uploads", NEVER])
def test_a_page_of_another_origin_may_upload(talker: Talker, path: str) -> None:
    preflight = talker.send(
        "OPTIONS",
        path,
        {
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "tus-resumable,upload-offset,content-type",
        },
    )

    headers = preflight.headers
    assert headers["access-control-allow-origin"] == "*"
    assert {"POST", "PATCH", "HEAD", "DELETE"} <= set(headers["access-control-allow-methods"].split(", "))
    allowed = {name.strip().lower() for name in headers["access-control-allow-headers"].split(",")}
    assert {
        "authorization",
        "content-type",
        "tus-resumable",
        "upload-checksum",
        "upload-concat",
        "upload-defer-length",
        "upload-length",
        "upload-metadata",
        "upload-offset",
        "x-http-method-override",
        "x-requested-with",
    } <= allowed


def test_a_page_reads_the_headers_of_every_answer(talker: Talker) -> None:
    address = talker.begin(5)
    for answer in (
        talker.tus("POST", "/v1/uploads", Upload_Length="1"),
        talker.tus("HEAD", address),
        talker.tus("PATCH", address, b"hello", Upload_Offset="0"),
        talker.tus("PATCH", address, b"hello", Upload_Offset="0"),
        talker.tus("DELETE", address),
        talker.tus("HEAD", address),
        talker.tus("PUT", address),
        talker.tus("GET", "/v1/uploads"),
    ):
        exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
        assert {"Location", "Upload-Offset", "Upload-Length", "Tus-Resumable", "Prism-Job"} <= exposed
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["tus-resumable"] == "1.0.0"


def test_a_page_of_another_origin_does_not_publish_in_the_name_of_nobody(talker: Talker) -> None:
    data = package(name="by-a-page")
    wanted = {**TUS, **CHUNK, "Upload-Length": str(len(data)), **described(package="by-a-page")}

    foreign = talker.send("POST", "/v1/uploads", {**wanted, "Origin": "https://page.example"}, data)

    assert_problem(foreign, 401, "authentication_required")
    assert talker.send("GET", "/v1/packages/by-a-page").status == 404
