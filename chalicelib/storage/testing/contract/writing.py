"""Writes: plain, create-only and compare-and-swap; removals and copies."""

import pytest

from chalicelib.storage.port import ObjectExists, ObjectNotFound, ObjectStore, PreconditionFailed
from chalicelib.storage.testing.contract.base import ContractBase, names, read


class WritingContract(ContractBase):
    """What put, delete and copy promise."""

    def test_put_writes_to_the_medium(self, store: ObjectStore) -> None:
        store.put("a/b.json", b"{}", content_type="application/json")

        assert self.peek(store, "a/b.json") == b"{}"

    def test_put_replaces(self, store: ObjectStore) -> None:
        store.put("a", b"a longer one")
        store.put("a", b"short")

        assert self.peek(store, "a") == b"short"

    def test_put_writes_an_empty_object(self, store: ObjectStore) -> None:
        store.put("a", b"")

        assert self.peek(store, "a") == b""

    def test_put_answers_the_etag_that_reads_show(self, store: ObjectStore) -> None:
        etag = store.put("a", b"1")

        assert read(store, "a").info.etag == etag
        assert '"' not in etag

    def test_other_bytes_have_another_etag(self, store: ObjectStore) -> None:
        etags = [store.put("a", data) for data in (b"1", b"2", b"3")]

        assert len(set(etags)) == 3

    def test_what_need_not_be_durable_is_seen_at_once_and_on_the_same_conditions(
        self, store: ObjectStore
    ) -> None:
        etag = store.put("a/b", b"1", if_absent=True, durable=False)

        assert self.peek(store, "a/b") == b"1"
        with pytest.raises(ObjectExists):
            store.put("a/b", b"2", if_absent=True, durable=False)
        store.put("a/b", b"3", if_etag=etag, durable=False)
        with pytest.raises(PreconditionFailed):
            store.put("a/b", b"4", if_etag=etag, durable=False)
        assert self.peek(store, "a/b") == b"3"

    def test_what_is_removed_without_being_durable_is_gone_at_once(self, store: ObjectStore) -> None:
        store.put("a/b", b"1")
        store.delete("a/b", durable=False)

        assert self.peek(store, "a/b") is None
        assert names(store.list("", delimiter="/")) == []
        store.put("a", b"where only an empty folder is")
        assert self.peek(store, "a") == b"where only an empty folder is"

    def test_put_if_absent_creates(self, store: ObjectStore) -> None:
        store.put("a", b"first", if_absent=True)

        assert self.peek(store, "a") == b"first"

    def test_put_if_absent_keeps_the_first(self, store: ObjectStore) -> None:
        self.plant(store, "a", b"first")

        with pytest.raises(ObjectExists) as caught:
            store.put("a", b"second", if_absent=True)

        assert caught.value.key == "a"
        assert self.peek(store, "a") == b"first"

    def test_put_if_absent_of_equal_bytes_loses_too(self, store: ObjectStore) -> None:
        store.put("a", b"same", if_absent=True)

        with pytest.raises(ObjectExists):
            store.put("a", b"same", if_absent=True)

    def test_put_if_absent_creates_again_after_a_removal(self, store: ObjectStore) -> None:
        store.put("a", b"first", if_absent=True)
        store.delete("a")
        store.put("a", b"second", if_absent=True)

        assert self.peek(store, "a") == b"second"

    def test_put_if_etag_swaps(self, store: ObjectStore) -> None:
        first = store.put("a", b"1")
        second = store.put("a", b"2", if_etag=first)
        store.put("a", b"3", if_etag=second)

        assert self.peek(store, "a") == b"3"

    def test_put_if_etag_refuses_a_stale_one(self, store: ObjectStore) -> None:
        stale = store.put("a", b"1")
        store.put("a", b"2")

        with pytest.raises(PreconditionFailed) as caught:
            store.put("a", b"3", if_etag=stale)

        assert caught.value.key == "a"
        assert self.peek(store, "a") == b"2"

    def test_put_if_etag_refuses_where_nothing_is(self, store: ObjectStore) -> None:
        with pytest.raises(PreconditionFailed):
            store.put("a", b"1", if_etag="0123456789abcdef0123456789abcdef")

        assert self.peek(store, "a") is None

    def test_put_if_etag_refuses_after_a_removal(self, store: ObjectStore) -> None:
        etag = store.put("a", b"1")
        store.delete("a")

        with pytest.raises(PreconditionFailed):
            store.put("a", b"2", if_etag=etag)

    @pytest.mark.parametrize("etag", ["*", "", '"', "line\nbreak", "é"])
    def test_put_if_an_etag_that_none_has_is_refused(self, store: ObjectStore, etag: str) -> None:
        store.put("a", b"1")

        with pytest.raises(PreconditionFailed):
            store.put("a", b"2", if_etag=etag)

    def test_put_takes_one_condition(self, store: ObjectStore) -> None:
        with pytest.raises(ValueError, match="not both"):
            store.put("a", b"", if_absent=True, if_etag="x")

    def test_the_etag_of_a_listing_serves_a_swap(self, store: ObjectStore) -> None:
        self.plant(store, "a", b"planted")
        store.put("a", b"swapped", if_etag=store.head("a").etag)

        assert self.peek(store, "a") == b"swapped"

    def test_delete_removes(self, store: ObjectStore) -> None:
        self.plant(store, "a/b", b"")
        store.delete("a/b")

        assert self.peek(store, "a/b") is None
        assert names(store.list("")) == []
        with pytest.raises(ObjectNotFound):
            store.get("a/b")

    def test_delete_of_what_is_not_there_succeeds(self, store: ObjectStore) -> None:
        store.put("a/b", b"")

        store.delete("c")
        store.delete("a/c")
        store.delete("a/b")
        store.delete("a/b")

        assert names(store.list("")) == []

    def test_delete_of_the_beginning_of_a_key_removes_nothing(self, store: ObjectStore) -> None:
        store.put("a/b/c", b"kept")
        store.delete("a/b")
        store.delete("a")

        assert self.peek(store, "a/b/c") == b"kept"

    def test_delete_leaves_the_neighbours(self, store: ObjectStore) -> None:
        self.plant_all(store, ["a/b", "a/c", "ab"])
        store.delete("a/b")

        assert names(store.list("")) == ["a/c", "ab"]

    def test_copy_copies(self, store: ObjectStore) -> None:
        self.plant(store, "from/here", b"bytes")
        etag = store.copy("from/here", "to/there")

        assert self.peek(store, "to/there") == b"bytes"
        assert self.peek(store, "from/here") == b"bytes"
        assert store.head("to/there").etag == etag

    def test_copy_replaces_the_target(self, store: ObjectStore) -> None:
        store.put("a", b"new")
        stale = store.put("b", b"old")
        store.copy("a", "b")

        assert self.peek(store, "b") == b"new"
        with pytest.raises(PreconditionFailed):
            store.put("b", b"x", if_etag=stale)

    def test_copy_of_a_missing_object_names_the_source(self, store: ObjectStore) -> None:
        with pytest.raises(ObjectNotFound) as caught:
            store.copy("a", "b")

        assert caught.value.key == "a"
        assert self.peek(store, "b") is None

    def test_copy_onto_itself_changes_nothing(self, store: ObjectStore) -> None:
        etag = store.put("a", b"bytes")

        assert store.copy("a", "a") == etag
        assert self.peek(store, "a") == b"bytes"

    def test_source_and_copy_live_their_own_lives(self, store: ObjectStore) -> None:
        etag = store.put("a", b"first")
        store.copy("a", "b")
        store.copy("a", "c")

        store.put("b", b"changed copy")
        store.delete("c")
        assert (self.peek(store, "a"), store.head("a").etag) == (b"first", etag)

        store.copy("a", "b")
        store.put("a", b"changed source")
        assert self.peek(store, "b") == b"first"
