"""The S3 driver against a busy, broken or unreachable service, played by a proxy before the emulator."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.settings import S3Settings
from chalicelib.storage.bucket.client import connect
from chalicelib.storage.port import (
    ObjectExists,
    ObjectNotFound,
    ObjectStore,
    PreconditionFailed,
    Prefix,
    StorageUnavailable,
    StoredObject,
)
from chalicelib.storage.s3 import S3Store
from tests.storage.proxy import Proxy, after, answer, cut, drop, lose, refuse

MIB = 1 << 20
CONFLICT = refuse(409, "ConditionalRequestConflict")
SLOW_DOWN = refuse(503, "SlowDown")
LARGE = [b"x" * 5 * MIB, b"y" * 4 * MIB]

VERBS: list[Any] = [
    pytest.param(lambda store: store.get("there"), "GET", id="get"),
    pytest.param(lambda store: b"".join(store.stream("there")), "GET", id="stream"),
    pytest.param(lambda store: store.head("there"), "HEAD", id="head"),
    pytest.param(lambda store: store.put("new", b""), "PUT", id="put"),
    pytest.param(lambda store: store.put("new", b"", if_absent=True), "PUT", id="create"),
    pytest.param(lambda store: store.put_stream("new", [b"x" * 9 * MIB]), "POST.*uploads", id="begin"),
    pytest.param(lambda store: store.put_stream("new", [b"x" * 9 * MIB]), "partNumber=2", id="send a part"),
    pytest.param(lambda store: store.put_stream("new", [b"x" * 9 * MIB]), "POST.*uploadId", id="complete"),
    pytest.param(lambda store: store.copy("there", "new"), "PUT", id="copy"),
    pytest.param(lambda store: store.delete("there"), "DELETE", id="delete"),
    pytest.param(lambda store: list(store.list("")), "GET", id="list"),
]


WRITING = {"put", "create", "begin", "complete", "copy", "delete"}


@pytest.fixture(scope="module")
def repeating_client(running: Proxy, make_client: Callable[..., Any]) -> Iterator[Any]:
    client = make_client(running.url, attempts=2)
    yield client
    client.close()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def store(proxy: Proxy, client: Any, bucket: str, waits: list[float]) -> S3Store:
    return S3Store(client, bucket, sleep=waits.append, jitter=lambda: 1.0)


@pytest.fixture
def there(direct: Any, bucket: str) -> str:
    direct.put_object(Bucket=bucket, Key="there", Body=b"bytes")
    return "there"


def write_directly(store: S3Store, direct: Any, key: str, data: bytes) -> Callable[[], object]:
    """Give an action that writes as another process would."""
    return lambda: direct.put_object(Bucket=store.bucket, Key=key, Body=data)


def bytes_of(store: ObjectStore, key: str) -> bytes:
    found = store.get(key)
    assert isinstance(found, StoredObject)
    return found.data


class TestABusyService:
    """429, 503 and 409 wrote nothing, and are repeated until the eighth attempt."""

    @pytest.mark.parametrize(("call", "pattern"), VERBS)
    @pytest.mark.usefixtures("there")
    def test_every_verb_is_repeated(
        self,
        store: S3Store,
        proxy: Proxy,
        waits: list[float],
        call: Callable[[S3Store], object],
        pattern: str,
    ) -> None:
        proxy.plan(pattern, SLOW_DOWN, refuse(429, "TooManyRequests"), SLOW_DOWN)
        call(store)

        assert waits == [0.1, 0.2, 0.4]

    @pytest.mark.parametrize(("call", "pattern"), [verb for verb in VERBS if verb.id in WRITING])
    @pytest.mark.usefixtures("there")
    def test_a_write_that_meets_another_is_repeated(
        self,
        store: S3Store,
        proxy: Proxy,
        waits: list[float],
        call: Callable[[S3Store], object],
        pattern: str,
    ) -> None:
        proxy.plan(pattern, refuse(409, "OperationAborted"))
        call(store)

        assert waits == [0.1]

    @pytest.mark.usefixtures("there")
    def test_after_eight_attempts_only_the_caller_may_repeat(
        self, store: S3Store, proxy: Proxy, waits: list[float]
    ) -> None:
        proxy.plan("GET", *[SLOW_DOWN] * 100)

        with pytest.raises(StorageUnavailable, match="8 attempts") as caught:
            store.get("there")

        assert caught.value.retryable
        assert len(proxy.seen) == 8
        assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0]

    def test_waiting_times_are_drawn_from_zero_up(self, proxy: Proxy, bucket: str, client: Any) -> None:
        waits: list[float] = []
        store = S3Store(client, bucket, sleep=waits.append, jitter=iter([0.0, 0.25, 0.5]).__next__)
        proxy.plan("PUT", SLOW_DOWN, SLOW_DOWN, SLOW_DOWN)
        store.put("a", b"")

        assert waits == [0.0, 0.05, 0.2]

    def test_a_create_that_conflicts_is_done_once(self, store: S3Store, proxy: Proxy) -> None:
        proxy.plan("PUT", CONFLICT, CONFLICT)
        store.put("a", b"1", if_absent=True)

        assert bytes_of(store, "a") == b"1"
        assert proxy.lines()[:3] == ["PUT", "PUT", "PUT"]

    def test_a_create_that_conflicts_with_a_winner_has_lost(
        self, store: S3Store, proxy: Proxy, direct: Any
    ) -> None:
        proxy.plan("PUT", after(write_directly(store, direct, "a", b"1"), CONFLICT))

        with pytest.raises(ObjectExists):
            store.put("a", b"1", if_absent=True)

        assert proxy.lines() == ["PUT", "PUT"]

    def test_a_swap_that_conflicts_is_judged_anew(self, store: S3Store, proxy: Proxy, direct: Any) -> None:
        etag = store.put("a", b"1")
        proxy.plan("PUT", after(write_directly(store, direct, "a", b"2"), CONFLICT))

        with pytest.raises(PreconditionFailed):
            store.put("a", b"3", if_etag=etag)

    def test_a_swap_that_conflicts_is_done_once(self, store: S3Store, proxy: Proxy) -> None:
        etag = store.put("a", b"1")
        proxy.plan("PUT", CONFLICT, CONFLICT)
        store.put("a", b"2", if_etag=etag)

        assert bytes_of(store, "a") == b"2"
        assert proxy.lines()[:4] == ["PUT"] * 4

    @pytest.mark.parametrize(
        "condition", [{"if_absent": True}, {"if_etag": "0" * 32}], ids=["create", "swap"]
    )
    def test_conflicts_without_end_are_told_to_the_caller_who_may_repeat(
        self, store: S3Store, proxy: Proxy, condition: dict[str, Any]
    ) -> None:
        proxy.plan("PUT", *[CONFLICT] * 100)

        with pytest.raises(StorageUnavailable, match="8 attempts") as caught:
            store.put("a", b"1", **condition)

        assert caught.value.retryable
        assert proxy.lines() == ["PUT"] * 8


class TestABrokenService:
    """After 500 or a lost connection nobody knows whether the request was done."""

    @pytest.mark.parametrize("step", [refuse(500, "InternalError"), drop], ids=["500", "lost connection"])
    @pytest.mark.parametrize(("call", "pattern"), VERBS)
    @pytest.mark.usefixtures("there")
    def test_every_verb_is_repeated(
        self,
        store: S3Store,
        proxy: Proxy,
        call: Callable[[S3Store], object],
        pattern: str,
        step: Any,
    ) -> None:
        proxy.plan(pattern, step)
        call(store)

        assert len([request for request in proxy.seen if re.search(pattern, request.line)]) >= 2

    @pytest.mark.usefixtures("there")
    def test_after_four_attempts_only_the_caller_may_repeat(self, store: S3Store, proxy: Proxy) -> None:
        proxy.plan("GET", *[drop] * 100)

        with pytest.raises(StorageUnavailable, match="4 attempts") as caught:
            store.get("there")

        assert caught.value.retryable
        assert len(proxy.seen) == 4

    def test_a_service_out_of_reach_may_come_back(self, make_client: Callable[..., Any]) -> None:
        client = make_client("http://127.0.0.1:9")

        with pytest.raises(StorageUnavailable) as caught:
            S3Store(client, "bucket", sleep=lambda _: None).put("a", b"", if_absent=True)

        assert caught.value.retryable
        client.close()

    @pytest.mark.usefixtures("there")
    def test_a_copy_that_fails_after_its_headers_is_repeated(
        self, store: S3Store, proxy: Proxy, waits: list[float]
    ) -> None:
        proxy.plan("PUT", refuse(200, "InternalError"))
        store.copy("there", "new")

        assert bytes_of(store, "new") == b"bytes"
        assert waits == [0.1]

    @pytest.mark.usefixtures("there")
    def test_a_body_that_is_cut_is_read_again(self, store: S3Store, proxy: Proxy) -> None:
        proxy.plan("GET", cut(2), cut(0))

        assert bytes_of(store, "there") == b"bytes"

    def test_a_stream_that_is_cut_is_taken_up_where_it_broke(self, store: S3Store, proxy: Proxy) -> None:
        data = b"".join(bytes([number]) * MIB for number in range(5))
        etag = store.put("a", data)
        proxy.plan("GET", cut(2 * MIB + 7), cut(1 * MIB + 7))

        assert b"".join(store.stream("a", start=5)) == data[5:]
        reads = [request.headers for request in proxy.seen if request.method == "GET"]
        assert [read.get("if-match") for read in reads] == [None, f'"{etag}"', f'"{etag}"']
        assert reads[0]["range"] == "bytes=5-"
        assert reads[1]["range"].endswith(f"-{5 * MIB - 1}")
        assert 0 <= int(reads[1]["range"][len("bytes=") :].split("-")[0]) - (5 + 2 * MIB) <= 7

    @pytest.mark.parametrize("key", ["a", "b"], ids=["replaced", "removed"])
    def test_a_stream_never_mixes_two_states(
        self, store: S3Store, proxy: Proxy, direct: Any, key: str
    ) -> None:
        store.put(key, b"1" * 4 * MIB)
        proxy.plan("GET", cut(2 * MIB))
        pieces = store.stream(key)
        assert next(pieces) == b"1" * MIB
        if key == "a":
            write_directly(store, direct, key, b"2" * 4 * MIB)()
        else:
            direct.delete_object(Bucket=store.bucket, Key=key)

        with pytest.raises(StorageUnavailable, match="replaced while it was read") as caught:
            list(pieces)

        assert caught.value.retryable


class TestALostAnswer:
    """A write that was done without our knowing meets itself; one of another writer is told from it."""

    def test_a_create_succeeds(self, store: S3Store, proxy: Proxy, direct: Any) -> None:
        proxy.plan("PUT", lose)
        etag = store.put("a", b"1", if_absent=True)

        assert proxy.lines() == ["PUT", "PUT", "GET"]
        assert direct.get_object(Bucket=store.bucket, Key="a")["ETag"] == f'"{etag}"'

    def test_a_create_that_was_not_done_succeeds(self, store: S3Store, proxy: Proxy) -> None:
        proxy.plan("PUT", drop, drop)
        store.put("a", b"1", if_absent=True)

        assert bytes_of(store, "a") == b"1"

    @pytest.mark.parametrize("theirs", [b"2", b"22", b""])
    def test_a_create_loses_to_other_bytes(
        self, store: S3Store, proxy: Proxy, direct: Any, theirs: bytes
    ) -> None:
        proxy.plan("PUT", after(write_directly(store, direct, "a", theirs), drop))

        with pytest.raises(ObjectExists):
            store.put("a", b"1", if_absent=True)

        assert bytes_of(store, "a") == theirs

    def test_a_create_that_was_answered_loses_to_equal_bytes(
        self, store: S3Store, proxy: Proxy, direct: Any
    ) -> None:
        write_directly(store, direct, "a", b"1")()

        with pytest.raises(ObjectExists):
            store.put("a", b"1", if_absent=True)

        assert proxy.lines() == ["PUT"]

    def test_a_create_that_was_throttled_loses_to_equal_bytes(
        self, store: S3Store, proxy: Proxy, direct: Any
    ) -> None:
        proxy.plan("PUT", after(write_directly(store, direct, "a", b"1"), SLOW_DOWN))

        with pytest.raises(ObjectExists):
            store.put("a", b"1", if_absent=True)

    def test_a_create_that_was_removed_since_has_lost(
        self, store: S3Store, proxy: Proxy, direct: Any
    ) -> None:
        proxy.plan("PUT", lose)
        proxy.plan("GET", after(lambda: direct.delete_object(Bucket=store.bucket, Key="a"), _forward))

        with pytest.raises(ObjectExists):
            store.put("a", b"1", if_absent=True)

    def test_a_swap_succeeds(self, store: S3Store, proxy: Proxy) -> None:
        first = store.put("a", b"1")
        proxy.plan("PUT", lose)
        second = store.put("a", b"2", if_etag=first)

        assert store.head("a").etag == second
        assert bytes_of(store, "a") == b"2"

    def test_a_swap_that_was_replaced_since_has_lost(self, store: S3Store, proxy: Proxy, direct: Any) -> None:
        first = store.put("a", b"1")
        proxy.plan("PUT", lose, after(write_directly(store, direct, "a", b"3"), _forward))

        with pytest.raises(PreconditionFailed):
            store.put("a", b"2", if_etag=first)

        assert bytes_of(store, "a") == b"3"

    def test_a_swap_of_what_was_removed_since_has_lost(
        self, store: S3Store, proxy: Proxy, direct: Any
    ) -> None:
        first = store.put("a", b"1")
        removal = after(lambda: direct.delete_object(Bucket=store.bucket, Key="a"), _forward)
        proxy.plan("PUT", lose, removal)

        with pytest.raises(PreconditionFailed):
            store.put("a", b"2", if_etag=first)

    def test_a_create_that_the_sdk_repeated_succeeds(
        self, repeating_client: Any, proxy: Proxy, bucket: str
    ) -> None:
        store = S3Store(repeating_client, bucket)
        proxy.plan("PUT", lose)
        store.put("a", b"1", if_absent=True)

        assert proxy.lines() == ["PUT", "PUT", "GET"]

    def test_a_swap_that_the_sdk_repeated_succeeds(
        self, repeating_client: Any, proxy: Proxy, bucket: str
    ) -> None:
        store = S3Store(repeating_client, bucket)
        first = store.put("a", b"1")
        proxy.plan("PUT", lose)

        assert store.put("a", b"2", if_etag=first) == store.head("a").etag


class TestAStream:
    """Multipart uploads end whole or not at all, and leave no parts."""

    @pytest.fixture
    def store(self, proxy: Proxy, client: Any, bucket: str, waits: list[float]) -> S3Store:
        return S3Store(client, bucket, part_bytes=5 * MIB, sleep=waits.append)

    @pytest.fixture(autouse=True)
    def _nothing_is_left(self, bucket: str, direct: Any) -> Iterator[None]:
        yield
        assert "Uploads" not in direct.list_multipart_uploads(Bucket=bucket)

    def test_a_part_whose_answer_was_lost_is_sent_again(self, store: S3Store, proxy: Proxy) -> None:
        proxy.plan("partNumber=1", lose)
        store.put_stream("a", LARGE)

        assert bytes_of(store, "a") == b"".join(LARGE)

    @pytest.mark.parametrize("if_absent", [True, False])
    def test_an_upload_whose_completion_was_not_answered_succeeds(
        self, store: S3Store, proxy: Proxy, if_absent: bool
    ) -> None:
        proxy.plan("POST.*uploadId", lose)
        etag = store.put_stream("a", LARGE, if_absent=if_absent)

        assert store.head("a").etag == etag
        assert bytes_of(store, "a") == b"".join(LARGE)

    def test_an_upload_loses_to_other_bytes(self, store: S3Store, proxy: Proxy, direct: Any) -> None:
        proxy.plan("POST.*uploadId", after(write_directly(store, direct, "a", b"theirs"), drop))

        with pytest.raises(ObjectExists):
            store.put_stream("a", LARGE, if_absent=True)

        assert bytes_of(store, "a") == b"theirs"

    def test_an_upload_that_conflicts_must_be_sent_again_by_the_caller(
        self, store: S3Store, proxy: Proxy
    ) -> None:
        proxy.plan("POST.*uploadId", CONFLICT)

        with pytest.raises(StorageUnavailable, match="must be sent again") as caught:
            store.put_stream("a", LARGE, if_absent=True)

        assert caught.value.retryable
        with pytest.raises(ObjectNotFound):
            store.head("a")

    def test_an_upload_that_conflicted_succeeds_when_all_of_it_is_sent_again(
        self, store: S3Store, proxy: Proxy
    ) -> None:
        proxy.plan("POST.*uploadId", CONFLICT)
        with pytest.raises(StorageUnavailable):
            store.put_stream("a", LARGE, if_absent=True)

        store.put_stream("a", LARGE, if_absent=True)

        assert bytes_of(store, "a") == b"".join(LARGE)
        assert proxy.lines().count("POST uploads") == 2

    def test_an_upload_that_was_swept_must_be_sent_again_by_the_caller(
        self, store: S3Store, proxy: Proxy
    ) -> None:
        proxy.plan("POST.*uploadId", refuse(404, "NoSuchUpload"))

        with pytest.raises(StorageUnavailable, match="must be sent again"):
            store.put_stream("a", LARGE)

    def test_an_upload_is_aborted_when_the_service_gives_up(self, store: S3Store, proxy: Proxy) -> None:
        proxy.plan("partNumber=2", *[refuse(500, "InternalError")] * 4)

        with pytest.raises(StorageUnavailable):
            store.put_stream("a", LARGE)

    def test_an_object_too_large_to_be_copied_at_once_is_copied_in_parts(
        self,
        client: Any,
        bucket: str,
        proxy: Proxy,
        direct: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("chalicelib.storage.bucket.multipart.COPIED_PART_BYTES", 5 * MIB)
        store = S3Store(client, bucket, most_copied_at_once=8 * MIB)
        store.put_stream("a", LARGE, content_type="application/gzip")
        proxy.plan("PUT .*/b$", refuse(400, "InvalidRequest"))
        etag = store.copy("a", "b")

        found = direct.head_object(Bucket=store.bucket, Key="b")
        assert (found["ETag"], found["ContentType"]) == (f'"{etag}"', "application/gzip")
        assert bytes_of(store, "b") == b"".join(LARGE)


class TestCosts:
    """A verb asks the service no more often than it must."""

    @pytest.mark.parametrize(
        ("call", "lines"),
        [
            pytest.param(lambda store: store.get("there", start=1, end=3), ["GET"], id="get a slice"),
            pytest.param(lambda store: store.get("there", start=-3), ["GET"], id="get a suffix"),
            pytest.param(lambda store: b"".join(store.stream("there")), ["GET"], id="stream"),
            pytest.param(lambda store: store.put_stream("new", [b"1", b"2"]), ["PUT"], id="small stream"),
            pytest.param(lambda store: store.copy("there", "new"), ["PUT copy"], id="copy"),
            pytest.param(lambda store: store.head("there"), ["HEAD"], id="head"),
            pytest.param(lambda store: list(store.list("", limit=1)), ["GET list-type"], id="limited list"),
            pytest.param(lambda store: list(store.list("", limit=0)), [], id="list nothing"),
            pytest.param(lambda store: list(store.list("../")), [], id="list what cannot be"),
        ],
    )
    @pytest.mark.usefixtures("there")
    def test_one_request_is_enough(
        self, store: S3Store, proxy: Proxy, direct: Any, call: Callable[[S3Store], object], lines: list[str]
    ) -> None:
        direct.put_object(Bucket=store.bucket, Key="there too", Body=b"")
        call(store)

        assert proxy.lines() == lines


class TestAListing:
    """Services differ in whether a key after `after` folds into a prefix that is not after it."""

    @pytest.mark.parametrize("folded", ["a/1/", "a/2/"])
    def test_a_prefix_that_does_not_sort_after_is_left_out(
        self, store: S3Store, proxy: Proxy, folded: str
    ) -> None:
        page = (
            "<ListBucketResult><IsTruncated>false</IsTruncated>"
            f"<CommonPrefixes><Prefix>{folded}</Prefix></CommonPrefixes>"
            "<CommonPrefixes><Prefix>a/3/</Prefix></CommonPrefixes></ListBucketResult>"
        ).encode()
        proxy.plan("GET", answer(page))

        assert list(store.list("a/", after="a/2/x", delimiter="/")) == [Prefix("a/3/")]


class TestARefusal:
    """What no repeat can help is told at once, with what is wrong."""

    @pytest.mark.parametrize(
        ("call", "_pattern"), [verb for verb in VERBS if verb.id not in ("send a part", "complete")]
    )
    def test_a_missing_bucket_is_not_a_missing_object(
        self, direct: Any, call: Callable[[S3Store], object], _pattern: str
    ) -> None:
        with pytest.raises(StorageUnavailable, match="there is no bucket `nowhere`") as caught:
            call(S3Store(direct, "nowhere"))

        assert not caught.value.retryable

    @pytest.mark.parametrize(("call", "pattern"), VERBS)
    def test_missing_permission_is_told(
        self, store: S3Store, proxy: Proxy, call: Callable[[S3Store], object], pattern: str
    ) -> None:
        store.put("there", b"bytes")
        proxy.plan(pattern, refuse(403, "AccessDenied"))

        with pytest.raises(StorageUnavailable, match="ListBucket") as caught:
            call(store)

        assert not caught.value.retryable

    def test_an_unknown_refusal_rises_as_it_is(self, store: S3Store, proxy: Proxy) -> None:
        proxy.plan("PUT", refuse(400, "EntityTooLarge"))

        with pytest.raises(ClientError, match="EntityTooLarge"):
            store.put("a", b"")

    def test_missing_credentials_are_told(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        client = connect(
            S3Settings("bucket", "us-east-1", endpoint="http://127.0.0.1:9", force_path_style=True)
        )

        with pytest.raises(StorageUnavailable, match="no credentials") as caught:
            S3Store(client, "bucket").get("a")

        assert not caught.value.retryable
        client.close()


def _forward(request: Any, forward: Callable[[Any], Any]) -> Any:
    return forward(request)
