"""Nothing is written to a store that does not honour conditional writes."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.settings import S3Settings, Settings
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import (
    ObjectInfo,
    ObjectNotFound,
    ObjectStore,
    StorageUnavailable,
    StorageUnsafe,
    StoredObject,
)
from chalicelib.storage.probing import BrokenPromise, probe
from chalicelib.storage.r2 import R2Store
from chalicelib.storage.s3 import S3Store
from chalicelib.storage.testing.wrappers import CountingStore, Fault, FaultyStore
from chalicelib.storage.wrappers import Guard, GuardedStore
from tests.storage.proxy import Proxy, Request, Response, Step, refuse
from tests.worlds import publish

PROBES = "prism/probes/"
PROOF = "prism/probes/conditional-writes.json"


class CreatesAgain(MemoryStore):
    """A store that ignores `if_absent`."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, **rest: Any) -> str:
        return super().put(key, data, **rest)


class StreamsAgain(MemoryStore):
    """A store that ignores `if_absent` of streams only."""

    def put_stream(self, key: str, chunks: Any, *, if_absent: bool = False, **rest: Any) -> str:
        return super().put_stream(key, chunks, **rest)


class SwapsAnything(MemoryStore):
    """A store that ignores `if_etag`."""

    def put(self, key: str, data: bytes, *, if_etag: str | None = None, **rest: Any) -> str:
        return super().put(key, data, **rest)


class RefusesAndWrites(MemoryStore):
    """A store that says no and does it."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, **rest: Any) -> str:
        if if_absent:
            etag = super().put(key, data, if_absent=False) if self._has(key) else None
            if etag:
                return super().put(key, data, if_absent=True)
        return super().put(key, data, if_absent=if_absent, **rest)

    def _has(self, key: str) -> bool:
        try:
            self.head(key)
        except ObjectNotFound:
            return False
        return True


class SwapsNothing(MemoryStore):
    """A store that refuses every swap."""

    def put(self, key: str, data: bytes, *, if_etag: str | None = None, **rest: Any) -> str:
        return super().put(key, data, if_etag=if_etag and "another", **rest)


class KnowsNoConditions(MemoryStore):
    """A store that cannot do it at all."""

    def put(
        self, key: str, data: bytes, *, if_absent: bool = False, if_etag: str | None = None, **rest: Any
    ) -> str:
        if if_absent or if_etag:
            raise NotImplementedError("conditions are not implemented")
        return super().put(key, data, **rest)


BROKEN = [
    pytest.param(CreatesAgain, "create-only write", id="create-only-replaces"),
    pytest.param(StreamsAgain, "create-only write", id="a-create-only-stream-replaces"),
    pytest.param(SwapsAnything, "on condition", id="a-swap-takes-any-etag"),
    pytest.param(RefusesAndWrites, "replaced the object all the same", id="refuses-and-writes"),
    pytest.param(SwapsNothing, "refused although its condition held", id="a-swap-takes-no-etag"),
    pytest.param(KnowsNoConditions, "not implemented", id="no-conditions-at-all"),
]


def guarded(store: ObjectStore, **options: Any) -> GuardedStore:
    return GuardedStore(store, Guard(store, "own", probes=PROBES, proof=PROOF, **options))


def own_keys(store: ObjectStore) -> list[str]:
    """Answer the keys of probes that were left behind."""
    found = [info.key for info in store.list(PROBES) if isinstance(info, ObjectInfo)]
    return [key for key in found if key != PROOF]


@pytest.mark.parametrize(("kind", "sentence"), BROKEN)
def test_a_store_that_breaks_a_promise_is_not_written_to(kind: type[MemoryStore], sentence: str) -> None:
    store = kind()
    registry = guarded(store)

    with pytest.raises(StorageUnsafe, match=sentence) as refused:
        registry.put("prism/a", b"1")

    assert not refused.value.retryable
    assert list(store.list("")) == []


WRITES: list[Any] = [
    pytest.param(lambda store: store.put("a", b""), id="put"),
    pytest.param(lambda store: store.put_stream("a", [b""]), id="put-stream"),
    pytest.param(lambda store: store.copy("there", "a"), id="copy"),
    pytest.param(lambda store: store.join(["there"], "a"), id="join"),
    pytest.param(lambda store: store.delete("there"), id="delete"),
    pytest.param(lambda store: store.presign_put("a", expires=1), id="presign-put"),
    pytest.param(
        lambda store: store.presign_part("a", upload_id="u", part_number=1, expires=1), id="presign-part"
    ),
]


@pytest.mark.parametrize("write", WRITES)
def test_every_kind_of_write_is_refused(write: Callable[[ObjectStore], object]) -> None:
    store = CreatesAgain()
    store.put("there", b"1")

    with pytest.raises(StorageUnsafe):
        write(guarded(store))

    assert [getattr(info, "key", None) for info in store.list("")] == ["there"]


def test_reads_of_an_unsafe_store_go_on_and_probe_nothing() -> None:
    store = CountingStore(CreatesAgain())
    store.inner.put("there", b"1")
    registry = guarded(store)

    found = registry.get("there")
    assert isinstance(found, StoredObject)
    assert b"".join(registry.stream("there")) == found.data == b"1"
    assert registry.head("there").size == len(list(registry.list(""))) == 1
    assert [call.verb for call in store.calls] == ["get", "stream", "head", "list"]


def test_the_first_writer_leaves_a_proof_and_no_probes() -> None:
    store = MemoryStore()

    guarded(store).put("prism/a", b"1")

    found = store.get(PROOF)
    assert isinstance(found, StoredObject)
    proof = json.loads(found.data)
    assert (proof["probe"], proof["driver"]) == (1, "own")
    assert proof["provenAt"].endswith("Z")
    assert own_keys(store) == []


def test_a_process_that_finds_the_proof_reads_it_once_and_probes_nothing() -> None:
    store = CountingStore(MemoryStore())
    guarded(store).put("prism/a", b"1")
    store.reset()
    second = guarded(store)

    for number in range(3):
        second.put(f"prism/{number}", b"1")

    assert [(call.verb, call.key) for call in store.calls] == [
        ("get", PROOF),
        *(("put", f"prism/{number}") for number in range(3)),
    ]


@pytest.mark.parametrize(
    "proof",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="no-object"),
        pytest.param(b'{"probe": 0, "driver": "own"}', id="of-an-older-probe"),
        pytest.param(b'{"probe": 1, "driver": "s3"}', id="of-another-driver"),
    ],
)
def test_a_proof_of_something_else_proves_nothing(proof: bytes) -> None:
    store = CreatesAgain()
    store.put(PROOF, proof)

    with pytest.raises(StorageUnsafe):
        guarded(store).put("prism/a", b"1")


def test_writers_at_the_same_moment_probe_once() -> None:
    store = CountingStore(MemoryStore())
    registry = guarded(store)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: registry.put(f"prism/{number}", b"1"), range(64)))

    probes = [call for call in store.calls if call.key.startswith(PROBES)]
    assert sum(call.key == PROOF and call.verb == "get" for call in probes) == 1
    assert len({call.key.removeprefix(PROBES).partition("/")[0] for call in probes if call.key != PROOF}) == 1


def test_a_medium_that_does_not_answer_is_unavailable_and_asked_again() -> None:
    store = MemoryStore()
    flaky = FaultyStore(store, Fault.UNAVAILABLE, at=1)
    registry = guarded(flaky)

    with pytest.raises(StorageUnavailable) as failed:
        registry.put("prism/a", b"1")

    assert failed.value.retryable
    assert registry.put("prism/a", b"1")


@pytest.mark.parametrize("at", range(1, 17))
def test_a_fault_at_any_call_of_the_probe_refuses_no_safe_store_for_good(at: int) -> None:
    registry = guarded(FaultyStore(MemoryStore(), Fault.UNAVAILABLE, at=at))

    for _ in range(2):
        with suppress(StorageUnavailable):
            registry.put("prism/a", b"1")

    assert registry.put("prism/a", b"1")


def test_a_store_that_failed_is_left_alone_for_a_minute_and_then_tried_again() -> None:
    clock = [0.0]
    store = CountingStore(CreatesAgain())
    registry = guarded(store, monotonic=lambda: clock[0])
    with pytest.raises(StorageUnsafe):
        registry.put("prism/a", b"1")
    store.reset()

    with pytest.raises(StorageUnsafe):
        registry.put("prism/a", b"1")
    assert store.calls == []

    clock[0], store.inner = 61.0, MemoryStore()
    assert registry.put("prism/a", b"1")


@pytest.fixture
def store(client: Any, bucket: str) -> S3Store:
    return S3Store(client, bucket, sleep=lambda _: None)


class TestABucket:
    """The same through the SDK, with a service in between that strips conditions."""

    def test_a_service_that_honours_conditions_passes(self, store: S3Store, proxy: Proxy) -> None:
        probe(store, PROBES)

        assert list(store.list("")) == []
        assert "POST uploadId" in proxy.lines(), "uploads in parts were tried too"

    def test_r2_passes_as_well(self, client: Any, bucket: str) -> None:
        probe(R2Store(client, bucket, sleep=lambda _: None), PROBES)

    @pytest.mark.parametrize(
        ("header", "method", "sentence"),
        [
            pytest.param("if-none-match", "PUT", "create-only write", id="create-only"),
            pytest.param("if-none-match", "POST", "sent in parts", id="create-only-in-parts"),
            pytest.param("if-match", "PUT", "on condition", id="swaps"),
        ],
    )
    def test_a_service_that_ignores_a_condition_is_found_out(
        self, store: S3Store, proxy: Proxy, header: str, method: str, sentence: str
    ) -> None:
        proxy.plan(f"^{method} ", *[stripping(header)] * 50)

        with pytest.raises(BrokenPromise, match=sentence):
            probe(store, PROBES)

        assert list(store.list("")) == []

    def test_a_service_that_knows_no_conditions_is_found_out(self, store: S3Store, proxy: Proxy) -> None:
        proxy.plan("^PUT ", refuse(501, "NotImplemented"))

        with pytest.raises(BrokenPromise, match="NotImplemented"):
            probe(store, PROBES)

    def test_a_service_that_is_down_is_not_found_unsafe(self, store: S3Store, proxy: Proxy) -> None:
        proxy.plan("^PUT ", *[refuse(503, "SlowDown")] * 8)

        with pytest.raises(StorageUnavailable):
            probe(store, PROBES)

    def test_a_registry_over_it_publishes_nothing_until_it_is_safe(self, proxy: Proxy, bucket: str) -> None:
        proxy.plan("^PUT .*probes", *[stripping("if-none-match")] * 50)
        registry = registry_over(proxy.url, bucket)

        with pytest.raises(StorageUnsafe, match="nothing is written"):
            publish(registry)
        assert registry.heads.get("demo") is None

        proxy.reset()
        assert publish(registry_over(proxy.url, bucket)).created

    def test_the_proof_names_the_bucket_and_the_service(self, proxy: Proxy, bucket: str, direct: Any) -> None:
        publish(registry_over(proxy.url, bucket))

        with direct.get_object(Bucket=bucket, Key=PROOF)["Body"] as body:
            proof = json.loads(body.read())
        assert (proof["driver"], proof["bucket"], proof["endpoint"]) == ("s3", bucket, proxy.url)

    def test_a_publish_costs_one_read_more_once_it_is_proven(self, proxy: Proxy, bucket: str) -> None:
        publish(registry_over(proxy.url, bucket), "1.0.0")
        proxy.reset()

        publish(registry_over(proxy.url, bucket), "2.0.0")

        asked = [request.line for request in proxy.seen if "/probes/" in request.target]
        assert asked == [f"GET /{bucket}/{PROOF}"]


def stripping(header: str) -> Step:
    """Forward a request without one of its headers, as a service would that does not know it."""

    def step(request: Request, forward: Callable[[Request], Response]) -> Response:
        headers = {name: value for name, value in request.headers.items() if name != header}
        return forward(Request(request.method, request.target, headers, request.body))

    return step


def registry_over(endpoint: str, bucket: str) -> Container:
    """Answer a new process of a registry in a bucket."""
    s3 = S3Settings(
        bucket,
        "us-east-1",
        endpoint=endpoint,
        force_path_style=True,
        access_key_id="a",
        secret_access_key="b",
    )
    return Container(Settings(storage_driver="s3", s3=s3))


def test_drivers_that_judge_conditions_themselves_are_not_asked() -> None:
    registry = Container(Settings(storage_driver="memory"))

    publish(registry)

    assert list(registry.store.list(PROBES)) == []


def test_a_driver_of_ones_own_is_asked() -> None:
    registry = Container(Settings(storage_driver="tests.storage.test_guard:CreatesAgain"))

    with pytest.raises(StorageUnsafe):
        publish(registry)
