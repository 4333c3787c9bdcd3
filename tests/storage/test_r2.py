"""The R2 driver keeps the port's promises under R2's rules, which are laid over the emulator."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any
from urllib.parse import unquote

import pytest

from chalicelib.settings import R2Settings, S3Settings
from chalicelib.storage.bucket.client import connect
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.r2 import R2Store, as_s3
from chalicelib.storage.s3 import S3Store
from tests.storage.buckets import BucketContract
from tests.storage.proxy import Proxy, Request, Response, refuse, running_proxy

MIB = 1 << 20
SETTINGS = R2Settings(account_id="account", bucket="bucket", access_key_id="test", secret_access_key="test")


class Clock:
    """Time that passes only while somebody waits, at least a second at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self._lock = Lock()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.waits.append(seconds)
            self.now += max(1.0, seconds)


class R2Rules:
    """What R2 refuses and S3 does not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._written: dict[str, float] = {}
        self._parts: dict[str, dict[int, int]] = defaultdict(dict)

    def __call__(self, request: Request) -> Response | None:
        return (
            self._region(request)
            or self._trailer(request)
            or self._parts_equal(request)
            or self._rate(request)
        )

    def _region(self, request: Request) -> Response | None:
        signed = unquote(request.headers.get("authorization", request.target))
        if re.search(r"Credential=[^/]+/\d{8}/auto/s3/", signed):
            return None
        return refuse(403, "SignatureDoesNotMatch")(request, _nowhere)

    def _trailer(self, request: Request) -> Response | None:
        return (
            refuse(501, "NotImplemented")(request, _nowhere) if "x-amz-trailer" in request.headers else None
        )

    def _parts_equal(self, request: Request) -> Response | None:
        upload = re.search(r"uploadId=([^&]+)", request.target)
        if upload is None:
            return None
        parts = self._parts[upload.group(1)]
        if number := re.search(r"partNumber=(\d+)", request.target):
            parts[int(number.group(1))] = len(request.body)
        elif request.method == "POST" and len({parts[number] for number in sorted(parts)[:-1]}) > 1:
            return refuse(400, "InvalidPart")(request, _nowhere)
        return None

    def _rate(self, request: Request) -> Response | None:
        key = request.target.partition("?")[0]
        completes = request.method == "POST" and "uploadId" in request.target
        if not completes and not (request.method == "PUT" and "partNumber" not in request.target):
            return None
        if self._clock.now - self._written.get(key, -1.0) < 1.0:
            return refuse(429, "TooManyRequests")(request, _nowhere)
        self._written[key] = self._clock.now
        return None


def _nowhere(request: Request) -> Response:
    raise AssertionError(f"{request.line} went on to the emulator")


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def r2_endpoint(s3_endpoint: str, clock: Clock) -> Iterator[Proxy]:
    with running_proxy(s3_endpoint) as proxy:
        proxy.rules.append(R2Rules(clock))
        yield proxy


@pytest.fixture
def proxy(r2_endpoint: Proxy, clock: Clock) -> Proxy:
    """Give the proxy with the rules, which has seen nothing yet."""
    r2_endpoint.seen.clear()
    clock.waits.clear()
    return r2_endpoint


@pytest.fixture(scope="module")
def client(r2_endpoint: Proxy) -> Iterator[Any]:
    client = connect(as_s3(R2Settings("account", "any", "test", "test", endpoint=r2_endpoint.url)))
    yield client
    client.close()


class TestR2Store(BucketContract):
    """The contract, over R2's rules."""

    # The proxy that lays the rules over the emulator lives in this process, and its memory would count.
    bounded_memory = False
    throttles = True

    @pytest.fixture
    def store(self, proxy: Proxy, client: Any, clock: Clock, bucket: str) -> R2Store:
        return R2Store(client, bucket, sleep=clock.sleep)

    def test_writes_to_one_key_are_spread_over_seconds(self, store: R2Store, clock: Clock) -> None:
        etag = store.put("head", b"1")
        store.put("head", b"2", if_etag=etag)

        assert self.peek(store, "head") == b"2"
        assert len(clock.waits) == 1

    def test_parts_are_equal_however_large_the_object(self, proxy: Proxy, client: Any, bucket: str) -> None:
        R2Store(client, bucket, part_bytes=5 * MIB).put_stream("a", [b"x" * MIB] * 12)

        sent = [len(request.body) for request in proxy.seen if "partNumber" in request.target]
        assert sent == [5 * MIB, 5 * MIB, 2 * MIB]

    def test_more_parts_than_there_are_numbers_are_refused(
        self, store: R2Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chalicelib.storage.bucket.multipart.MAX_PARTS", 2)

        with pytest.raises(StorageUnavailable, match="does not fit in 2 parts") as caught:
            store.put_stream("a", [b"x" * MIB] * 20)

        assert not caught.value.retryable
        assert self.peek(store, "a") is None

    def test_another_region_is_refused_by_these_rules(self, proxy: Proxy, bucket: str) -> None:
        client = connect(S3Settings(bucket, "us-east-1", "", proxy.url, True, "test", "test"))

        with pytest.raises(StorageUnavailable, match="SignatureDoesNotMatch"):
            S3Store(client, bucket).get("a")
        client.close()


def test_the_endpoint_is_made_from_the_account() -> None:
    client = connect(as_s3(SETTINGS))
    found = client.meta.endpoint_url, client.meta.region_name
    client.close()

    assert found == ("https://account.r2.cloudflarestorage.com", "auto")


def test_another_endpoint_may_be_named() -> None:
    given = R2Settings("account", "bucket", "test", "test", endpoint="https://account.eu.example")

    assert as_s3(given).endpoint == "https://account.eu.example"


@pytest.mark.parametrize("calculation", ["request_checksum_calculation", "response_checksum_validation"])
def test_checksums_are_sent_only_where_the_operation_requires_them(calculation: str) -> None:
    client = connect(as_s3(SETTINGS))
    found = getattr(client.meta.config, calculation)
    client.close()

    assert found == "when_required"


def test_equal_parts_cannot_be_switched_off(make_client: Callable[..., Any]) -> None:
    store = R2Store(make_client(), "bucket", equal_parts=False)

    assert next(zip(*[store._part_sizes(5)] * 2000, strict=False)) == (5,) * 2000
