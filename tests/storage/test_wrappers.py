"""The stores around a store pass everything on, count it, and fail exactly where they are told to."""

from collections.abc import Callable
from itertools import count

import pytest

from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectNotFound, ObjectStore, StorageUnavailable
from chalicelib.storage.testing import Call, CountingStore, Death, Fault, FaultyStore, ObjectStoreContract

NEVER = 1_000_000


class WrapperContract(ObjectStoreContract):
    """The contract with back doors into the memory behind a wrapper."""

    bounded_memory = False

    def peek(self, store: ObjectStore, key: str) -> bytes | None:
        assert isinstance(store, CountingStore | FaultyStore)
        assert isinstance(store.inner, MemoryStore)
        found = store.inner._objects.get(key)
        return found.data if found else None

    def plant(self, store: ObjectStore, key: str, data: bytes) -> None:
        assert isinstance(store, CountingStore | FaultyStore)
        store.inner.put(key, data)


class TestCountingStore(WrapperContract):
    """Counting changes nothing."""

    @pytest.fixture
    def store(self) -> CountingStore:
        return CountingStore(MemoryStore())


class TestFaultyStore(WrapperContract):
    """A fault that is never reached changes nothing."""

    @pytest.fixture
    def store(self) -> FaultyStore:
        return FaultyStore(MemoryStore(), Fault.DEATH_BEFORE, at=NEVER)


class TestCounting:
    """Every call is recorded, with the bytes that went in and came out."""

    def test_calls_are_recorded_in_order(self) -> None:
        store = CountingStore(MemoryStore())
        store.put("a", b"12345")
        store.get("a", start=1, end=3)
        store.get("a", unless_etag=store.head("a").etag)
        store.copy("a", "b")
        list(store.list("p/"))
        store.delete("a")

        assert store.calls == [
            Call("put", "a", 5, 0),
            Call("get", "a", 0, 2),
            Call("head", "a", 0, 0),
            Call("get", "a", 0, 0),
            Call("copy", "b", 0, 0),
            Call("list", "p/", 0, 0),
            Call("delete", "a", 0, 0),
        ]

    def test_streams_are_counted_as_they_are_read(self) -> None:
        store = CountingStore(MemoryStore())
        store.put_stream("a", iter([b"123", b"45"]))
        pieces = store.stream("a")
        assert store.calls[-1] == Call("stream", "a", 0, 0)
        list(pieces)

        assert store.calls == [Call("put_stream", "a", 5, 0), Call("stream", "a", 0, 5)]

    def test_calls_that_fail_are_recorded_too(self) -> None:
        store = CountingStore(MemoryStore())
        with pytest.raises(ObjectNotFound):
            store.get("a")

        assert store.calls == [Call("get", "a", 0, 0)]

    def test_reset_forgets(self) -> None:
        store = CountingStore(MemoryStore())
        store.put("a", b"")
        store.reset()

        assert store.calls == []


def two_writes(store: ObjectStore) -> None:
    """Do what a publish does, in small."""
    store.put("a", b"1")
    store.get("a")
    store.put("b", b"2")


class TestFaults:
    """A fault strikes at its call, before it or after it."""

    @pytest.mark.parametrize(
        ("fault", "raised", "left"),
        [
            pytest.param(Fault.DEATH_BEFORE, Death, ["", "a", "a"], id="death before"),
            pytest.param(Fault.DEATH_AFTER, Death, ["a", "a", "ab"], id="death after"),
            pytest.param(Fault.UNAVAILABLE, StorageUnavailable, ["", "a", "a"], id="unavailable"),
            pytest.param(Fault.LOST_RESPONSE, StorageUnavailable, ["a", "a", "ab"], id="lost response"),
        ],
    )
    def test_every_call_can_be_struck_in_turn(
        self, fault: Fault, raised: type[BaseException], left: list[str]
    ) -> None:
        found = []
        for at in count(1):
            store = FaultyStore(MemoryStore(), fault, at=at)
            try:
                two_writes(store)
            except raised:
                assert store.struck
            else:
                break
            found.append("".join(key for key in "ab" if list(store.inner.list(key))))

        assert not store.struck
        assert found == left

    def test_the_dead_do_nothing_more(self) -> None:
        store = FaultyStore(MemoryStore(), Fault.DEATH_AFTER, at=1)
        with pytest.raises(Death):
            store.put("a", b"")
        with pytest.raises(Death):
            store.delete("a")

        assert store.inner.head("a").size == 0

    def test_death_passes_every_handler_of_errors(self) -> None:
        assert not issubclass(Death, Exception)

    def test_an_outage_may_last(self) -> None:
        store = FaultyStore(MemoryStore(), Fault.UNAVAILABLE, at=2, times=2, retryable=False)
        store.put("a", b"")
        for _ in range(2):
            with pytest.raises(StorageUnavailable) as caught:
                store.get("a")
            assert not caught.value.retryable
        store.get("a")

        assert store.calls == 4

    def test_an_answer_that_is_lost_hides_what_it_was(self) -> None:
        store = FaultyStore(MemoryStore(), Fault.LOST_RESPONSE, at=1)

        with pytest.raises(StorageUnavailable):
            store.get("missing")

    @pytest.mark.parametrize(
        "call",
        [
            pytest.param(lambda store: store.list(""), id="list"),
            pytest.param(lambda store: store.stream("a"), id="stream"),
        ],
    )
    def test_a_call_that_answers_an_iterator_fails_when_it_is_made(
        self, call: Callable[[ObjectStore], object]
    ) -> None:
        store = FaultyStore(MemoryStore(), Fault.UNAVAILABLE, at=1)

        with pytest.raises(StorageUnavailable):
            call(store)
