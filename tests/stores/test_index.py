"""The index is a snapshot plus its tail: found at once, folded now and then, never lost."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.domain.index import SHARD_ENTRIES, IndexEntry
from chalicelib.domain.keys import ObjectKeys
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectExists
from chalicelib.storage.testing.wrappers import CountingStore, Death, Fault, FaultyStore
from chalicelib.stores.index import FOLD_AT, Index


def entry(name: str, seq: int = 1, latest: str | None = "1.0.0") -> IndexEntry:
    """Answer an entry of a package."""
    return IndexEntry(name=name, seq=seq, latest=latest)


def filled(store: object, count: int) -> Index:
    """Answer an index of `count` packages that were recorded one by one."""
    index = Index(store, ObjectKeys())  # type: ignore[arg-type]  # wrappers satisfy the port
    for number in range(count):
        index.record(entry(f"package-{number:05d}"))
    return index


def names(index: Index, after: str = "", limit: int = 10_000) -> list[str]:
    """Answer the names on a page."""
    return [found.name for found in index.page(after, limit)]


def test_a_recorded_package_is_found_at_once() -> None:
    store = MemoryStore()
    filled(store, 1)

    assert names(Index(store, ObjectKeys())) == ["package-00000"]


def test_pages_cover_everything_in_order_across_shards_and_tail() -> None:
    store = MemoryStore()
    index = filled(store, 3 * SHARD_ENTRIES + 7)
    index.record(entry("aaa"))

    walked: list[str] = []
    while page := names(index, walked[-1] if walked else "", 100):
        walked.extend(page)

    assert walked == sorted(walked)
    assert len(walked) == 3 * SHARD_ENTRIES + 8


def test_an_entry_that_another_writer_recorded_and_folded_meanwhile_is_no_failure() -> None:
    class FoldedMeanwhile(MemoryStore):
        def put(self, key: str, data: bytes, *, if_absent: bool = False, **rest: Any) -> str:
            if if_absent and "index/tail/" in key:
                raise ObjectExists(key)
            return super().put(key, data, if_absent=if_absent, **rest)

    Index(FoldedMeanwhile(), ObjectKeys()).record(entry("a"))


def test_the_newest_entry_of_a_package_wins_wherever_it_lies() -> None:
    store = MemoryStore()
    index = filled(store, FOLD_AT)
    index.record(entry("package-00003", seq=3, latest="3.0.0"))
    index.record(entry("package-00003", seq=2, latest="2.0.0"))

    found = {line.name: line.latest for line in index.all()}
    index.fold()

    assert found["package-00003"] == "3.0.0"
    assert {line.name: line.latest for line in index.all()} == found


def test_a_package_without_versions_is_not_listed() -> None:
    index = filled(MemoryStore(), 2)

    index.record(entry("package-00000", seq=2, latest=None))

    assert names(index) == ["package-00001"]


def test_a_page_costs_the_same_whatever_the_number_of_packages() -> None:
    def calls(count: int) -> list[str]:
        store = CountingStore(MemoryStore())
        filled(store, count).fold()
        store.reset()
        names(Index(store, ObjectKeys()), limit=20)
        return [call.verb for call in store.calls]

    assert calls(2 * SHARD_ENTRIES) == calls(8 * SHARD_ENTRIES) == ["list", "get", "get"]


def test_the_tail_stays_short_as_packages_are_recorded() -> None:
    store = MemoryStore()

    filled(store, 5 * FOLD_AT + 3)

    assert len(list(store.list(ObjectKeys().index_tail))) < FOLD_AT


def test_a_fold_that_another_writer_has_won_changes_nothing() -> None:
    store = MemoryStore()
    filled(store, 10)
    interrupted = _Interrupted(store, lambda: Index(store, ObjectKeys()).fold())
    slow = Index(interrupted, ObjectKeys())  # type: ignore[arg-type]  # passes on the verbs it is asked for

    assert slow.fold() is False
    assert len(names(Index(store, ObjectKeys()))) == 10


class _Interrupted:
    """Lets a rival act just before the first swap."""

    def __init__(self, store: MemoryStore, rival: Callable[[], object]) -> None:
        self._store = store
        self._rival: Callable[[], object] | None = rival

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def put(self, key: str, data: bytes, **conditions: object) -> str:
        if key == ObjectKeys().index_snapshot and self._rival:
            rival, self._rival = self._rival, None
            rival()
        return self._store.put(key, data, **conditions)  # type: ignore[arg-type]  # passed through


def test_death_at_any_call_of_a_fold_loses_no_package() -> None:
    for number in range(1, 200):
        store = MemoryStore()
        filled(store, 20)
        faulty = FaultyStore(store, Fault.DEATH_AFTER, at=number)
        try:
            Index(faulty, ObjectKeys()).fold()
        except Death:
            assert len(names(Index(store, ObjectKeys()))) == 20
            Index(store, ObjectKeys()).fold()
            assert len(names(Index(store, ObjectKeys()))) == 20
        else:
            return
    pytest.fail("the fold never came to its end")
