"""The index is a snapshot plus its tail: found at once, folded now and then, never lost."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import pytest

from chalicelib.domain.index import SHARD_ENTRIES, IndexEntry
from chalicelib.domain.keys import ObjectKeys
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectExists, ObjectInfo, ObjectStore
from chalicelib.storage.testing.wrappers import CountingStore, Death, Fault, FaultyStore
from chalicelib.storage.wrappers.passing import PassingStore
from chalicelib.stores.index import FOLD_AT, Index

Answer = TypeVar("Answer")


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


@pytest.mark.parametrize("name", ["a", "@acme/widget", "package-00001", "zebra"])
@pytest.mark.parametrize("folds", [0, 1, 2])
def test_the_entry_of_one_package_is_its_newest_wherever_it_lies(name: str, folds: int) -> None:
    store = MemoryStore()
    index = filled(store, 5)
    for seq in (10, 11):
        index.record(entry(name, seq=seq, latest=None if seq == 11 else "1.0.0"))
        for _ in range(folds):
            index.fold()

    assert Index(store, ObjectKeys()).entry(name) == entry(name, seq=11, latest=None)


@pytest.mark.parametrize("name", ["aaa", "package-0000", "package-000000", "zzz"])
@pytest.mark.parametrize("folded", [False, True])
def test_a_package_that_was_never_recorded_has_no_entry(name: str, folded: bool) -> None:
    index = filled(MemoryStore(), 5)
    if folded:
        index.fold()

    assert index.entry(name) is None


def test_an_old_entry_left_in_the_tail_does_not_hide_a_newer_one() -> None:
    store = MemoryStore()
    index = Index(store, ObjectKeys())
    index.record(entry("a", seq=2))
    index.fold()
    index.record(entry("a", seq=1))

    found = index.entry("a")

    assert found is not None
    assert found.seq == 2


@pytest.mark.parametrize("count", [1, 3 * SHARD_ENTRIES])
def test_the_entry_of_one_package_costs_a_listing_and_a_read_once_its_shard_is_known(count: int) -> None:
    store = CountingStore(MemoryStore())
    filled(store, count).fold()
    index = Index(store, ObjectKeys())
    index.entry("package-00000")
    store.reset()

    index.entry("package-00000")

    assert [(call.verb, call.bytes_out) for call in store.calls] == [("list", 0), ("get", 0)]


class _Meeting(PassingStore):
    """Lets something happen just before the `at`-th call."""

    def __init__(self, inner: ObjectStore, at: int, what: Callable[[], object]) -> None:
        super().__init__(inner)
        self.met = False
        self._left = at
        self._what = what

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        self._left -= 1
        if self._left == 0:
            self.met = True
            self._what()
        return call()


def unnamed(store: ObjectStore) -> list[str]:
    """Answer the digests of the shards that no snapshot names."""
    room = ObjectKeys().index_shards
    there = [
        info.key.removeprefix(room).removesuffix(".json")
        for info in store.list(room)
        if isinstance(info, ObjectInfo)
    ]
    return sorted(Index(store, ObjectKeys()).unnamed_shards(there))


def with_an_orphan(count: int = 20) -> MemoryStore:
    """Answer an index whose fold has died before its swap: the next one makes the very same shard."""
    store = MemoryStore()
    index = filled(store, count)
    index.fold()
    index.record(entry("package-00003", seq=2, latest="2.0.0"))
    with suppress(Death):
        Index(_DyingBeforeTheSwap(store), ObjectKeys()).fold()
    assert len(unnamed(store)) == 1
    return store


class _DyingBeforeTheSwap(PassingStore):
    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if (verb, key) == ("put", ObjectKeys().index_snapshot):
            raise Death
        return call()


def latest(store: ObjectStore) -> dict[str, str | None]:
    return {found.name: found.latest for found in Index(store, ObjectKeys()).all()}


def test_a_shard_that_no_snapshot_names_is_removed() -> None:
    store = MemoryStore()
    filled(store, 20).fold()
    store.put(ObjectKeys().index_shard("0" * 64), b"{}")

    assert Index(store, ObjectKeys()).remove_shard("0" * 64)
    assert unnamed(store) == []
    assert len(latest(store)) == 20


def test_a_shard_that_the_snapshot_names_is_never_removed() -> None:
    store = MemoryStore()
    index = filled(store, 20)
    index.fold()
    used = Index(store, ObjectKeys())
    named = [
        info.key.removeprefix(ObjectKeys().index_shards).removesuffix(".json")
        for info in store.list(ObjectKeys().index_shards)
        if isinstance(info, ObjectInfo)
    ]

    assert [used.remove_shard(digest) for digest in named] == [False] * len(named)
    assert len(latest(store)) == 20


@pytest.mark.parametrize("folder", [False, True], ids=["remover-is-met", "folder-is-met"])
def test_a_fold_that_makes_the_same_shard_as_is_being_removed_keeps_it(folder: bool) -> None:
    for at in range(1, 60):
        store = with_an_orphan()
        (orphan,) = unnamed(store)

        def remove(via: ObjectStore, digest: str = orphan) -> None:
            Index(via, ObjectKeys()).remove_shard(digest)

        def fold(via: ObjectStore) -> None:
            Index(via, ObjectKeys()).fold()

        slow, quick = (fold, remove) if folder else (remove, fold)
        meeting = _Meeting(store, at, partial(quick, store))
        slow(meeting)

        assert len(latest(store)) == 20
        assert latest(store)["package-00003"] == "2.0.0"
        if not meeting.met:
            return
    pytest.fail("it never came to its end")


@pytest.mark.parametrize(
    "fault", [Fault.DEATH_BEFORE, Fault.DEATH_AFTER], ids=lambda fault: fault.name.lower()
)
def test_death_at_any_call_of_a_removal_loses_no_package_and_the_next_one_removes(fault: Fault) -> None:
    for at in range(1, 60):
        store = with_an_orphan()
        (orphan,) = unnamed(store)
        faulty = FaultyStore(store, fault, at=at)
        with suppress(Death):
            Index(faulty, ObjectKeys()).remove_shard(orphan)
        assert len(latest(store)) == 20

        for digest in unnamed(store):
            Index(store, ObjectKeys()).remove_shard(digest)
        Index(store, ObjectKeys()).fold()

        assert (unnamed(store), len(latest(store))) == ([], 20)
        if not faulty.struck:
            return
    pytest.fail("the removal never came to its end")
