"""Objects of any size, written and read in pieces."""

import tracemalloc
from collections.abc import Iterator
from hashlib import sha256
from itertools import repeat

import pytest

from chalicelib.storage.port import ObjectExists, ObjectNotFound, ObjectStore
from chalicelib.storage.testing.contract.base import ContractBase, names

MIB = 1 << 20


class BrokenOffError(Exception):
    """The sender of a stream went away."""


def broken_off(megabytes: int) -> Iterator[bytes]:
    """Send some megabytes and fail."""
    yield from repeat(b"x" * MIB, megabytes)
    raise BrokenOffError


def counted(pieces: int, size: int) -> Iterator[bytes]:
    """Send pieces that differ from each other, none of which is kept here."""
    for number in range(pieces):
        yield number.to_bytes(4, "big") * (size // 4)


class StreamingContract(ContractBase):
    """What put_stream and stream promise."""

    @pytest.mark.parametrize(
        "pieces",
        [
            pytest.param([], id="no pieces"),
            pytest.param([b""], id="an empty piece"),
            pytest.param([b"one"], id="one piece"),
            pytest.param([b"", b"on", b"", b"e, two", b""], id="empty pieces between"),
        ],
    )
    def test_put_stream_writes_the_pieces_in_order(self, store: ObjectStore, pieces: list[bytes]) -> None:
        etag = store.put_stream("a", iter(pieces), content_type="text/plain")

        assert self.peek(store, "a") == b"".join(pieces)
        assert store.head("a").etag == etag

    def test_put_stream_takes_one_great_piece(self, store: ObjectStore) -> None:
        data = b"".join(counted(17, MIB))
        etag = store.put_stream("a", [b"head", data, b"tail"])

        assert self.peek(store, "a") == b"head" + data + b"tail"
        assert store.head("a").etag == etag

    def test_put_stream_of_many_pieces_keeps_few_in_memory(self, store: ObjectStore) -> None:
        size, piece = 48 * MIB, MIB // 4
        wanted = sha256()
        for data in counted(size // piece, piece):
            wanted.update(data)

        tracemalloc.start()
        try:
            store.put_stream("big", counted(size // piece, piece))
            found = sha256()
            longest = 0
            for data in store.stream("big"):
                found.update(data)
                longest = max(longest, len(data))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

        assert found.digest() == wanted.digest()
        assert longest <= 2 * MIB
        assert not self.bounded_memory or peak < size // 2

    def test_put_stream_replaces(self, store: ObjectStore) -> None:
        store.put("a", b"old")
        store.put_stream("a", [b"new"])

        assert self.peek(store, "a") == b"new"

    @pytest.mark.parametrize("megabytes", [0, 1, 20])
    def test_put_stream_if_absent_keeps_the_first(self, store: ObjectStore, megabytes: int) -> None:
        self.plant(store, "a", b"first")

        with pytest.raises(ObjectExists):
            store.put_stream("a", repeat(b"x" * MIB, megabytes), if_absent=True)

        assert self.peek(store, "a") == b"first"

    @pytest.mark.parametrize("megabytes", [0, 1, 20])
    def test_put_stream_if_absent_creates(self, store: ObjectStore, megabytes: int) -> None:
        etag = store.put_stream("a", repeat(b"x" * MIB, megabytes), if_absent=True)

        assert self.peek(store, "a") == b"x" * MIB * megabytes
        assert store.head("a").etag == etag

    @pytest.mark.parametrize("megabytes", [0, 1, 20])
    def test_a_stream_that_breaks_off_leaves_nothing(self, store: ObjectStore, megabytes: int) -> None:
        with pytest.raises(BrokenOffError):
            store.put_stream("a", broken_off(megabytes))

        assert self.peek(store, "a") is None
        assert names(store.list("")) == []

    @pytest.mark.parametrize("megabytes", [0, 1, 20])
    def test_a_stream_that_breaks_off_leaves_what_was_there(self, store: ObjectStore, megabytes: int) -> None:
        store.put("a", b"old")

        with pytest.raises(BrokenOffError):
            store.put_stream("a", broken_off(megabytes))

        assert self.peek(store, "a") == b"old"

    def test_stream_reads_one_state_of_the_object(self, store: ObjectStore) -> None:
        store.put("a", b"1" * 8 * MIB)
        pieces = store.stream("a")
        first = next(pieces)
        store.put("a", b"2" * 8 * MIB)

        assert {first[:1]} | {piece[:1] for piece in pieces} == {b"1"}

    def test_a_stream_may_be_left_unread(self, store: ObjectStore) -> None:
        store.put("a", b"1" * 3 * MIB)

        store.stream("a")
        next(store.stream("a"))

        store.put("a", b"2")
        assert self.peek(store, "a") == b"2"

    def test_join_makes_one_object_of_others_in_the_order_they_are_named(self, store: ObjectStore) -> None:
        whole = [b"a" * (5 * MIB), b"b" * (5 * MIB), b"the end"]
        for number, data in enumerate(whole):
            store.put(f"part/{number}", data)

        etag = store.join([f"part/{number}" for number in range(3)], "joined")

        assert self.peek(store, "joined") == b"".join(whole)
        assert store.head("joined").etag == etag
        assert names(store.list("")) == ["joined", "part/0", "part/1", "part/2"]

    def test_join_of_nothing_is_empty(self, store: ObjectStore) -> None:
        store.join([], "joined")

        assert self.peek(store, "joined") == b""

    def test_join_of_what_is_not_there_writes_nothing(self, store: ObjectStore) -> None:
        store.put("here", b"one")

        with pytest.raises(ObjectNotFound):
            store.join(["here", "there"], "joined")

        assert names(store.list("")) == ["here"]

    def test_join_loses_against_an_object_that_is_there(self, store: ObjectStore) -> None:
        store.put("part", b"one")
        store.put("joined", b"before")

        with pytest.raises(ObjectExists):
            store.join(["part"], "joined", if_absent=True)

        assert self.peek(store, "joined") == b"before"
