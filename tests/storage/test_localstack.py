"""The S3 and R2 drivers keep the port's promises on LocalStack, which judges races and presigned URLs as S3 does.

It differs from S3 in what no driver here relies on (conditions on copies and removals), and in one thing that a
driver does: from the second page on, its listings leave out keys beyond ASCII. The contract's long listings are ASCII.
"""

import time
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from chalicelib.settings import R2Settings, S3Settings
from chalicelib.storage.bucket.client import connect
from chalicelib.storage.r2 import R2Store, as_s3
from chalicelib.storage.s3 import S3Store
from tests.emulators import S3Emulator
from tests.storage.buckets import BucketContract
from tests.storage.proxy import running_proxy
from tests.storage.test_r2 import Clock, R2Rules

BODY = b"body"
CONDITIONS: dict[str, Any] = {
    "content_type": "application/gzip",
    "content_length": len(BODY),
    "sha256": sha256(BODY).hexdigest(),
    "if_absent": True,
}
HEADERS = {
    "Content-Type": "application/gzip",
    "If-None-Match": "*",
    "x-amz-checksum-sha256": b64encode(sha256(BODY).digest()).decode(),
}


@pytest.fixture(scope="module")
def s3_endpoint(localstack: S3Emulator) -> str:
    return localstack.endpoint


@pytest.fixture(scope="module")
def direct(localstack: S3Emulator) -> Iterator[Any]:
    client = localstack.client("s3")
    yield client
    client.close()


@pytest.fixture
def bucket(direct: Any) -> str:
    name = f"bucket-{uuid4().hex}"
    direct.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="module")
def client(s3_endpoint: str) -> Iterator[Any]:
    """Give the client that the driver makes of settings."""
    client = connect(S3Settings("any", "us-east-1", "", s3_endpoint, True, "test", "test"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def r2_client(s3_endpoint: str, clock: Clock) -> Iterator[Any]:
    """Give a client of LocalStack under the rules that R2 adds."""
    with running_proxy(s3_endpoint) as proxy:
        proxy.rules.append(R2Rules(clock))
        client = connect(as_s3(R2Settings("account", "any", "test", "test", endpoint=proxy.url)))
        yield client
        client.close()


class TestS3StoreOnLocalStack(BucketContract):
    """The contract, races included."""

    races = True

    @pytest.fixture
    def store(self, client: Any, bucket: str) -> S3Store:
        return S3Store(client, bucket)


class TestR2StoreOnLocalStack(BucketContract):
    """The contract under R2's rules, races included."""

    races = True
    throttles = True
    # The proxy that lays the rules over LocalStack lives in this process, and its memory would count.
    bounded_memory = False

    @pytest.fixture
    def store(self, r2_client: Any, clock: Clock, bucket: str) -> R2Store:
        return R2Store(r2_client, bucket, sleep=clock.sleep)


@pytest.fixture
def store(client: Any, bucket: str) -> S3Store:
    return S3Store(client, bucket)


def test_a_stream_is_sent_in_parts_by_a_client_with_the_checksums_that_aws_gets(
    direct: Any, bucket: str
) -> None:
    assert direct.meta.config.request_checksum_calculation == "when_supported"
    store = S3Store(direct, bucket)

    store.put_stream("a", [b"x" * (9 << 20)])

    assert store.head("a").size == 9 << 20


def test_parts_need_no_checksums_by_a_client_that_sends_them_itself(direct: Any, bucket: str) -> None:
    assert direct.meta.config.request_checksum_calculation == "when_supported"
    store = S3Store(direct, bucket)
    upload_id = store.begin_multipart("a") or ""
    signed = store.presign_part("a", upload_id=upload_id, part_number=1, expires=60, content_length=4)
    assert signed is not None
    assert "checksum" not in signed.url
    assert Answered("PUT", signed.url, BODY).status == 200

    store.complete_multipart("a", upload_id=upload_id, parts=store.list_parts("a", upload_id=upload_id))

    assert b"".join(store.stream("a")) == BODY


class Answered:
    """What a server answers to a client that has a URL and no SDK."""

    def __init__(self, method: str, url: str | None, body: bytes = b"", **headers: str) -> None:
        assert url is not None
        parts = urlsplit(url)
        connection = HTTPConnection(parts.netloc)
        try:
            target = f"{parts.path}?{parts.query}"
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body or None, named)
            answer = connection.getresponse()
            self.status, self.headers, self.body = answer.status, answer.headers, answer.read()
        finally:
            connection.close()


def signed(store: S3Store, key: str = "a") -> str:
    """Answer a URL that writes BODY once, under every condition."""
    found = store.presign_put(key, expires=60, **CONDITIONS)
    assert found is not None
    return found.url


def part_url(store: S3Store, upload: dict[str, str], number: int = 1, *, length: int | None = None) -> str:
    """Answer a URL that writes a part of an upload."""
    found = store.presign_part(
        "a", upload_id=upload["UploadId"], part_number=number, expires=60, content_length=length
    )
    assert found is not None
    return found.url


class TestPresignedWrites:
    """A URL writes what was signed, and nothing else."""

    def test_what_was_signed_is_taken(self, store: S3Store, direct: Any) -> None:
        assert Answered("PUT", signed(store), BODY, **HEADERS).status == 200

        found = direct.get_object(Bucket=store.bucket, Key="a")
        with found["Body"] as body:
            assert (body.read(), found["ContentType"]) == (BODY, "application/gzip")

    @pytest.mark.parametrize(
        ("body", "headers"),
        [
            pytest.param(b"bodys", HEADERS, id="another length"),
            pytest.param(BODY, HEADERS | {"Content-Type": "text/html"}, id="another content type"),
            pytest.param(BODY, HEADERS | {"If-None-Match": "x"}, id="another condition"),
            pytest.param(BODY, {**HEADERS, "x-amz-checksum-sha256": "A" * 43 + "="}, id="another digest"),
            *(
                pytest.param(BODY, {n: v for n, v in HEADERS.items() if n != name}, id=f"no {name}")
                for name in HEADERS
            ),
        ],
    )
    def test_what_was_not_signed_is_refused(
        self, store: S3Store, body: bytes, headers: dict[str, str]
    ) -> None:
        answered = Answered("PUT", signed(store), body, **headers)

        assert answered.status == 403
        assert list(store.list("")) == []

    def test_other_bytes_of_the_same_length_are_refused(self, store: S3Store) -> None:
        answered = Answered("PUT", signed(store), b"evil", **HEADERS)

        assert (answered.status, b"BadDigest" in answered.body) == (400, True)
        assert list(store.list("")) == []

    def test_a_key_that_is_taken_stays_as_it_is(self, store: S3Store) -> None:
        store.put("a", b"first")

        assert Answered("PUT", signed(store), BODY, **HEADERS).status == 412
        assert b"".join(store.stream("a")) == b"first"

    def test_a_url_writes_once(self, store: S3Store) -> None:
        url = signed(store)

        assert [Answered("PUT", url, BODY, **HEADERS).status for _ in range(2)] == [200, 412]

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            pytest.param("/a?", "/b?", id="another key"),
            pytest.param("X-Amz-Expires=60", "X-Amz-Expires=6000", id="a longer life"),
            pytest.param("X-Amz-Signature=", "X-Amz-Signature=0", id="another signature"),
            pytest.param("%3Bif-none-match", "", id="fewer signed headers"),
        ],
    )
    def test_a_url_that_was_changed_is_refused(self, store: S3Store, old: str, new: str) -> None:
        url = signed(store)
        assert old in url

        assert Answered("PUT", url.replace(old, new), BODY, **HEADERS).status == 403
        assert list(store.list("")) == []

    def test_a_url_that_reads_does_not_write(self, store: S3Store) -> None:
        assert Answered("PUT", store.presign_get("a", expires=60), BODY).status == 403
        assert list(store.list("")) == []


class TestPresignedParts:
    """A URL for a part writes that part of that upload."""

    @pytest.fixture
    def upload(self, direct: Any, bucket: str) -> dict[str, str]:
        begun = direct.create_multipart_upload(Bucket=bucket, Key="a")
        return {"Bucket": bucket, "Key": "a", "UploadId": begun["UploadId"]}

    def test_parts_become_the_object(self, store: S3Store, direct: Any, upload: dict[str, str]) -> None:
        sent = [b"x" * (5 << 20), b"tail"]
        parts = []
        for number, body in enumerate(sent, start=1):
            url = part_url(store, upload, number)
            answered = Answered("PUT", url, body)
            parts.append({"PartNumber": number, "ETag": answered.headers["ETag"]})
        direct.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

        assert b"".join(store.stream("a")) == b"".join(sent)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            pytest.param("partNumber=1", "partNumber=2", id="another part"),
            pytest.param("uploadId=", "uploadId=0", id="another upload"),
            pytest.param("/a?", "/b?", id="another key"),
        ],
    )
    def test_a_url_for_another_part_is_refused(
        self, store: S3Store, direct: Any, upload: dict[str, str], old: str, new: str
    ) -> None:
        url = part_url(store, upload)
        assert old in url

        assert Answered("PUT", url.replace(old, new), BODY).status == 403
        assert "Parts" not in direct.list_parts(**upload)

    @pytest.mark.parametrize(("body", "status"), [(b"tail", 200), (b"tails", 403), (b"", 403)])
    def test_a_part_of_another_length_is_refused(
        self, store: S3Store, direct: Any, upload: dict[str, str], body: bytes, status: int
    ) -> None:
        assert Answered("PUT", part_url(store, upload, length=4), body).status == status
        assert ("Parts" in direct.list_parts(**upload)) == (status == 200)


class TestPresignedReads:
    """A URL reads one object for a while."""

    def test_a_download_has_its_name(self, store: S3Store) -> None:
        store.put("@acme/a b+c%2F.tgz", BODY)

        answered = Answered("GET", store.presign_get("@acme/a b+c%2F.tgz", expires=60, filename="é 1.tgz"))

        assert (answered.status, answered.body) == (200, BODY)
        assert answered.headers["Content-Disposition"] == (
            "attachment; filename=\"_ 1.tgz\"; filename*=UTF-8''%C3%A9%201.tgz"
        )

    def test_a_range_of_the_object_can_be_read(self, store: S3Store) -> None:
        store.put("a", b"0123456789")

        answered = Answered("GET", store.presign_get("a", expires=60), Range="bytes=2-4")

        assert (answered.status, answered.body) == (206, b"234")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            pytest.param("/a?", "/secret?", id="another key"),
            pytest.param("X-Amz-Expires=60", "X-Amz-Expires=6000", id="a longer life"),
            pytest.param("a.tgz", "b.exe", id="another name"),
        ],
    )
    def test_a_url_that_was_changed_is_refused(self, store: S3Store, old: str, new: str) -> None:
        store.put("a", BODY)
        store.put("secret", b"treasure")
        url = store.presign_get("a", expires=60, filename="a.tgz") or ""
        assert old in url

        answered = Answered("GET", url.replace(old, new))

        assert (answered.status, b"treasure" in answered.body) == (403, False)

    def test_a_signature_by_another_secret_is_refused(self, store: S3Store, s3_endpoint: str) -> None:
        store.put("a", BODY)
        stranger = connect(S3Settings("any", "us-east-1", "", s3_endpoint, True, "test", "guessed"))

        assert Answered("GET", S3Store(stranger, store.bucket).presign_get("a", expires=60)).status == 403
        stranger.close()

    def test_urls_expire(self, store: S3Store) -> None:
        store.put("a", BODY)
        read, write = (
            store.presign_get("a", expires=1),
            store.presign_put("b", expires=1, **CONDITIONS),
        )
        assert Answered("GET", read).status == 200

        time.sleep(2)

        assert Answered("GET", read).status == 403
        assert write is not None
        assert Answered("PUT", write.url, BODY, **HEADERS).status == 403
