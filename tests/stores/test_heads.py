"""Heads are read through a cache that revalidates and changed by compare-and-swap."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from chalicelib.domain.errors import Busy
from chalicelib.domain.head import SPILL_EVENTS, Change, Head
from chalicelib.domain.keys import ObjectKeys
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import PreconditionFailed
from chalicelib.storage.testing.wrappers import CountingStore, Fault, FaultyStore
from chalicelib.stores.heads import Heads

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def publish(version: str) -> Change:
    """Answer a publish of a version."""
    return Change(type="publish", version=version, integrity="sha512-x", tags=["latest"])


def heads(store: object, **options: object) -> Heads:
    """Make a process's heads over a store."""
    return Heads(store, ObjectKeys(), now=lambda: NOON, **options)  # type: ignore[arg-type]  # wrappers and fakes


def test_a_package_that_was_never_published_has_no_head() -> None:
    assert heads(MemoryStore()).get("demo") is None


def test_a_change_is_seen_by_other_processes() -> None:
    store = MemoryStore()

    heads(store).change("demo", lambda _: publish("1.0.0"), actor="alice")

    seen = heads(store).get("demo")
    assert seen is not None
    assert seen.view.latest == "1.0.0"
    assert seen.events[0].actor == "alice"


def test_a_head_read_again_costs_one_read_without_bytes() -> None:
    store = CountingStore(MemoryStore())
    reader = heads(store)
    reader.change("demo", lambda _: publish("1.0.0"), actor="alice")
    store.reset()

    reader.get("demo")

    assert [(call.verb, call.bytes_out) for call in store.calls] == [("get", 0)]


def test_a_version_seen_once_is_known_without_a_read() -> None:
    store = CountingStore(MemoryStore())
    reader = heads(store)
    reader.change("demo", lambda _: publish("1.0.0"), actor="alice")
    store.reset()

    assert reader.committed("demo", "1.0.0")
    assert store.calls == []


def test_no_change_writes_nothing() -> None:
    store = CountingStore(MemoryStore())

    head, changed = heads(store).change("demo", lambda _: None, actor="alice")

    assert (head.seq, changed) == (0, False)
    assert [call.verb for call in store.calls] == ["get"]


def test_a_lost_swap_is_decided_again_from_what_the_winner_left() -> None:
    store = MemoryStore()
    rival, late = heads(store), heads(store, sleep=lambda _: None)
    seen: list[int] = []

    def decide(head: Head) -> Change:
        seen.append(head.seq)
        if len(seen) == 1:
            rival.change("demo", lambda _: publish("1.0.0"), actor="bob")
        return publish("1.1.0")

    head, changed = late.change("demo", decide, actor="alice")

    assert changed
    assert seen == [0, 1]
    assert list(head.view.versions) == ["1.0.0", "1.1.0"]


def test_writers_who_lose_for_too_long_are_told_to_come_again() -> None:
    class Contended(MemoryStore):
        def put(self, key: str, data: bytes, **conditions: object) -> str:
            raise PreconditionFailed(key)

    with pytest.raises(Busy):
        heads(Contended(), sleep=lambda _: None, patience=0.01).change(
            "demo", lambda _: publish("1.0.0"), actor="alice"
        )


def test_a_swap_whose_answer_was_lost_counts_as_made() -> None:
    store = MemoryStore()
    unlucky = FaultyStore(store, Fault.LOST_RESPONSE, at=2)

    head, changed = heads(unlucky, sleep=lambda _: None).change(
        "demo", lambda _: publish("1.0.0"), actor="alice"
    )

    assert unlucky.struck
    assert (head.seq, changed) == (1, True)


def test_sixteen_processes_appending_at_once_lose_no_event() -> None:
    store = MemoryStore()

    def append(number: int) -> None:
        heads(store).change("demo", lambda _: publish(f"1.0.{number}"), actor=f"writer-{number}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(append, range(48)))

    head = heads(store).get("demo")
    assert head is not None
    assert [event.seq for event in head.events] == list(range(1, 49))
    assert len(head.view.versions) == 48


def test_a_long_history_is_spilled_and_still_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.domain.head.SPILL_BYTES", 16 * 1024)
    store = MemoryStore()
    writer = heads(store)
    count = SPILL_EVENTS + 40
    for number in range(count):
        writer.change("demo", lambda _, number=number: publish(f"1.0.{number}"), actor="alice")  # type: ignore[misc]  # bound default

    head = heads(store).get("demo")

    assert head is not None
    assert len(head.segments) == 1
    assert [event.seq for event in heads(store).events(head)] == list(range(1, count + 1))
    first = heads(store).events(head)[0]
    assert list(heads(store).as_of(head, first.at).view.versions) == ["1.0.0"]


def test_a_history_of_many_segments_is_read_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.domain.head.SPILL_BYTES", 1)
    monkeypatch.setattr("chalicelib.domain.head.SPILL_EVENTS", 40)
    store = MemoryStore()
    writer = heads(store)
    for number in range(100):
        writer.change("demo", lambda _, number=number: publish(f"1.0.{number}"), actor="alice")  # type: ignore[misc]  # bound default

    head = heads(store).get("demo")

    assert head is not None
    assert len(head.segments) > 2
    assert [event.seq for event in heads(store).events(head)] == list(range(1, 101))
