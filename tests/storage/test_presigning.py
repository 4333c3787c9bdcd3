"""Presigned URLs are signed with SigV4 in every region, over every condition.

The emulator verifies no signatures, so they are computed here from the specification: AWS Signature
Version 4, authenticating requests with query parameters.
"""

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit
from urllib.request import Request, urlopen

import pytest

from chalicelib.settings import R2Settings, S3Settings
from chalicelib.storage.bucket.client import connect
from chalicelib.storage.bucket.signing import LONG_SECONDS, STEADY_SECONDS, rounded
from chalicelib.storage.disposition import content_disposition
from chalicelib.storage.port import InvalidKey, Presigned
from chalicelib.storage.r2 import R2Store, as_s3
from chalicelib.storage.s3 import S3Store

SECRET = "secret"
DIGEST = sha256(b"body").hexdigest()
CONDITIONS: dict[str, Any] = {
    "content_type": "application/gzip",
    "content_length": 4,
    "sha256": DIGEST,
    "if_absent": True,
}
HEADERS = {
    "content-length": "4",
    "content-type": "application/gzip",
    "if-none-match": "*",
    "x-amz-checksum-sha256": "Iw2DWNyOiJC0xY3utikS7i8gNXrpKlzIYbmOaP4xrLU=",
}


def signature(method: str, url: SplitResult, headers: dict[str, str]) -> str:
    """Compute the signature that the URL must carry if the request has these headers."""
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    scope = query["X-Amz-Credential"].partition("/")[2]
    pairs = sorted(
        (quote(n, safe="-_.~"), quote(v, safe="-_.~")) for n, v in query.items() if n != "X-Amz-Signature"
    )
    everything = {"host": url.netloc, **headers}
    names = ";".join(sorted(everything))
    canonical = "\n".join(
        [
            method,
            url.path,
            "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{everything[name]}" for name in sorted(everything)),
            "",
            names,
            "UNSIGNED-PAYLOAD",
        ]
    )
    to_sign = "\n".join(
        ["AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def parsed(signed: Presigned | str | None) -> tuple[SplitResult, dict[str, str]]:
    assert signed is not None
    parts = urlsplit(signed if isinstance(signed, str) else signed.url)
    return parts, dict(parse_qsl(parts.query, keep_blank_values=True))


@pytest.fixture(scope="module", params=["us-east-1", "us-west-2", "eu-central-1"])
def region(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def store(region: str) -> Iterator[S3Store]:
    client = connect(S3Settings("bucket", region, access_key_id="id", secret_access_key=SECRET))
    yield S3Store(client, "bucket")
    client.close()


def test_a_read_is_signed_for_its_bucket_and_region(store: S3Store, region: str) -> None:
    url, query = parsed(store.presign_get("@acme/a b+c%2F.tgz", expires=60))

    assert url.netloc == f"bucket.s3.{region}.amazonaws.com"
    assert unquote(url.path) == "/@acme/a b+c%2F.tgz"
    assert query["X-Amz-Credential"].endswith(f"/{region}/s3/aws4_request")
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == ("AWS4-HMAC-SHA256", "60")
    assert query["X-Amz-Signature"] == signature("GET", url, {})


def test_a_read_may_name_the_file(store: S3Store) -> None:
    url, query = parsed(store.presign_get("a", expires=60, filename="café 1.tgz"))

    disposition = "attachment; filename=\"caf_ 1.tgz\"; filename*=UTF-8''caf%C3%A9%201.tgz"
    assert query["response-content-disposition"] == disposition
    assert query["X-Amz-Signature"] == signature("GET", url, {})


def test_a_read_that_is_good_for_long_is_the_same_for_a_while(store: S3Store) -> None:
    url, query = parsed(store.presign_get("a", expires=LONG_SECONDS, filename="a.tgz"))

    assert query["X-Amz-Date"] == rounded(query["X-Amz-Date"])
    assert query["X-Amz-Expires"] == str(LONG_SECONDS + STEADY_SECONDS)
    assert query["X-Amz-Signature"] == signature("GET", url, {})


def test_a_read_that_is_good_for_short_is_signed_when_it_is_asked_for(store: S3Store) -> None:
    _, query = parsed(store.presign_get("a", expires=LONG_SECONDS - 1))

    signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - signed).total_seconds()) < 60
    assert query["X-Amz-Expires"] == str(LONG_SECONDS - 1)


def test_no_read_is_signed_for_longer_than_there_is(store: S3Store) -> None:
    _, query = parsed(store.presign_get("a", expires=7 * 24 * 3600))

    assert query["X-Amz-Expires"] == str(7 * 24 * 3600)


def test_a_time_is_rounded_down_to_the_quarter_of_an_hour() -> None:
    times = ["20260101T000000Z", "20260101T001459Z", "20260101T001500Z", "20261231T235959Z"]

    assert [rounded(time) for time in times] == [
        "20260101T000000Z",
        "20260101T000000Z",
        "20260101T001500Z",
        "20261231T234500Z",
    ]


def test_a_write_is_signed_over_every_condition(store: S3Store) -> None:
    url, query = parsed(store.presign_put("a", expires=60, **CONDITIONS))

    assert query["X-Amz-SignedHeaders"] == ";".join(sorted(["host", *HEADERS]))
    assert query["X-Amz-Signature"] == signature("PUT", url, HEADERS)


def test_a_write_without_conditions_is_signed_over_the_host_alone(store: S3Store) -> None:
    url, query = parsed(store.presign_put("a", expires=60))

    assert query["X-Amz-SignedHeaders"] == "host"
    assert query["X-Amz-Signature"] == signature("PUT", url, {})


def test_a_part_is_signed_for_its_upload_and_number(store: S3Store) -> None:
    url, query = parsed(store.presign_part("a", upload_id="up/load+1", part_number=7, expires=60))

    assert (query["uploadId"], query["partNumber"]) == ("up/load+1", "7")
    assert query["X-Amz-Signature"] == signature("PUT", url, {})


def test_a_part_may_be_signed_for_its_length(store: S3Store) -> None:
    url, query = parsed(store.presign_part("a", upload_id="u", part_number=7, expires=60, content_length=4))

    assert query["X-Amz-SignedHeaders"] == "content-length;host"
    assert query["X-Amz-Signature"] == signature("PUT", url, {"content-length": "4"})


def test_the_headers_to_be_sent_are_told(store: S3Store) -> None:
    write = store.presign_put("a", expires=60, **CONDITIONS)
    part = store.presign_part("a", upload_id="u", part_number=1, expires=60, content_length=4)
    assert write is not None
    assert part is not None

    assert {name.lower(): value for name, value in write.headers.items()} == HEADERS
    assert part.headers == {"Content-Length": "4"}


def test_a_key_that_can_name_nothing_is_not_signed(store: S3Store) -> None:
    with pytest.raises(InvalidKey):
        store.presign_get("../a", expires=60)


def test_r2_is_signed_for_its_account_and_region_auto() -> None:
    client = connect(as_s3(R2Settings("account", "bucket", "id", SECRET)))
    url, query = parsed(R2Store(client, "bucket").presign_put("a", expires=60, **CONDITIONS))
    client.close()

    assert (url.netloc, url.path) == ("account.r2.cloudflarestorage.com", "/bucket/a")
    assert query["X-Amz-Credential"].endswith("/auto/s3/aws4_request")
    assert query["X-Amz-Signature"] == signature("PUT", url, HEADERS)


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        pytest.param("a.tgz", "filename=\"a.tgz\"; filename*=UTF-8''a.tgz", id="plain"),
        pytest.param('a"b\\c.tgz', "filename=\"a_b_c.tgz\"; filename*=UTF-8''a%22b%5Cc.tgz", id="quotes"),
        pytest.param(
            "a\r\nb: c", "filename=\"a__b: c\"; filename*=UTF-8''a%0D%0Ab%3A%20c", id="header injection"
        ),
        pytest.param(
            "@a/b%41.tgz", "filename=\"@a/b_41.tgz\"; filename*=UTF-8''%40a%2Fb%2541.tgz", id="percent"
        ),
        pytest.param("a\ud800b", "filename=\"a_b\"; filename*=UTF-8''a%3Fb", id="half a character"),
        pytest.param("日本", "filename=\"__\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC", id="han"),
    ],
)
def test_a_download_is_named_for_old_clients_and_new_ones(filename: str, expected: str) -> None:
    assert content_disposition(filename) == f"attachment; {expected}"


def test_the_emulator_takes_what_was_signed(direct: Any, bucket: str) -> None:
    store = S3Store(direct, bucket)
    signed = store.presign_put("a/b c", expires=60, **CONDITIONS)
    assert signed is not None
    with urlopen(Request(signed.url, b"body", dict(signed.headers), method="PUT")) as answer:
        assert answer.status == 200

    with urlopen(store.presign_get("a/b c", expires=60, filename="b.tgz") or "") as answer:
        assert answer.read() == b"body"
        assert (
            answer.headers["Content-Disposition"] == "attachment; filename=\"b.tgz\"; filename*=UTF-8''b.tgz"
        )


def test_parts_can_be_sent_to_the_emulator(direct: Any, bucket: str) -> None:
    store = S3Store(direct, bucket)
    upload = {
        "Bucket": bucket,
        "Key": "a",
        "UploadId": direct.create_multipart_upload(Bucket=bucket, Key="a")["UploadId"],
    }
    signed = store.presign_part("a", upload_id=upload["UploadId"], part_number=1, expires=60)
    assert signed is not None
    octets = {"Content-Type": "application/octet-stream"}
    with urlopen(Request(signed.url, b"body", octets, method="PUT")) as answer:
        part = {"PartNumber": 1, "ETag": answer.headers["ETag"]}
    direct.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})

    assert store.head("a").size == 4
