"""Reads: whole objects, slices, conditions and descriptions."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.storage.port import NOT_MODIFIED, ObjectNotFound, ObjectStore, StoredObject
from chalicelib.storage.testing.contract.base import ContractBase, read

DIGITS = b"0123456789"

SLICES = [
    pytest.param(None, None, id="everything"),
    pytest.param(0, None, id="from the first byte"),
    pytest.param(0, 1, id="first byte"),
    pytest.param(3, 7, id="middle"),
    pytest.param(9, 10, id="last byte"),
    pytest.param(5, None, id="from the middle"),
    pytest.param(None, 4, id="up to the middle"),
    pytest.param(8, 100, id="over the end"),
    pytest.param(10, None, id="at the end"),
    pytest.param(100, None, id="past the end"),
    pytest.param(100, 200, id="wholly past the end"),
    pytest.param(-3, None, id="suffix"),
    pytest.param(-100, None, id="suffix longer than the object"),
    pytest.param(-5, -2, id="inside the suffix"),
    pytest.param(2, -2, id="up to a suffix"),
    pytest.param(None, -3, id="all but a suffix"),
    pytest.param(-100, 4, id="from before the start"),
    pytest.param(None, -100, id="up to before the start"),
    pytest.param(0, 0, id="nothing"),
    pytest.param(5, 5, id="nothing in the middle"),
    pytest.param(7, 3, id="backwards"),
]


class ReadingContract(ContractBase):
    """What get, head and stream promise."""

    def test_get_answers_what_lies_in_the_medium(self, store: ObjectStore) -> None:
        self.plant(store, "a/b.json", b"planted")

        assert read(store, "a/b.json").data == b"planted"

    def test_get_of_a_missing_object_names_its_key(self, store: ObjectStore) -> None:
        with pytest.raises(ObjectNotFound) as caught:
            store.get("not/here")

        assert caught.value.key == "not/here"

    def test_head_of_a_missing_object_raises(self, store: ObjectStore) -> None:
        with pytest.raises(ObjectNotFound):
            store.head("not/here")

    def test_stream_of_a_missing_object_raises_before_it_is_read(self, store: ObjectStore) -> None:
        with pytest.raises(ObjectNotFound):
            store.stream("not/here")

    def test_an_object_below_another_key_is_missing(self, store: ObjectStore) -> None:
        self.plant(store, "a", b"")

        with pytest.raises(ObjectNotFound):
            store.get("a/b")

    def test_the_beginning_of_a_key_is_missing(self, store: ObjectStore) -> None:
        self.plant(store, "a/b", b"")

        for look in (store.get, store.head, store.stream):
            with pytest.raises(ObjectNotFound):
                look("a")

    def test_an_empty_object_is_an_object(self, store: ObjectStore) -> None:
        self.plant(store, "empty", b"")

        assert read(store, "empty").data == b""
        assert store.head("empty").size == 0

    def test_head_describes_what_get_reads(self, store: ObjectStore) -> None:
        etag = store.put("a", DIGITS)

        assert store.head("a") == read(store, "a").info
        assert (store.head("a").key, store.head("a").size, store.head("a").etag) == ("a", 10, etag)

    def test_modified_is_now_in_utc(self, store: ObjectStore) -> None:
        store.put("a", b"")
        modified = store.head("a").modified

        assert modified.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - modified) < timedelta(minutes=1)

    def test_what_is_read_is_a_copy(self, store: ObjectStore) -> None:
        store.put("a", DIGITS)

        assert type(read(store, "a").data) is bytes
        assert read(store, "a").data == DIGITS

    def test_get_unless_the_etag_answers_not_modified(self, store: ObjectStore) -> None:
        etag = store.put("a", DIGITS)

        assert store.get("a", unless_etag=etag) is NOT_MODIFIED
        assert store.get("a", start=2, end=4, unless_etag=etag) is NOT_MODIFIED
        assert store.get("a", start=-4, end=-2, unless_etag=etag) is NOT_MODIFIED

    def test_get_unless_an_older_etag_answers_the_object(self, store: ObjectStore) -> None:
        etag = store.put("a", b"old")
        store.put("a", b"new")
        found = store.get("a", unless_etag=etag)

        assert isinstance(found, StoredObject)
        assert found.data == b"new"

    @pytest.mark.parametrize("etag", ["*", '"', 'W/"x"', "a, b", "", "é", "line\nbreak"])
    def test_get_unless_an_etag_that_none_has_answers_the_object(self, store: ObjectStore, etag: str) -> None:
        store.put("a", DIGITS)
        found = store.get("a", unless_etag=etag)

        assert isinstance(found, StoredObject)
        assert found.data == DIGITS

    def test_get_of_a_missing_object_raises_whatever_the_etag(self, store: ObjectStore) -> None:
        with pytest.raises(ObjectNotFound):
            store.get("a", unless_etag="0")

    @pytest.mark.parametrize(("start", "end"), SLICES)
    def test_get_reads_the_bytes_of_the_slice(
        self, store: ObjectStore, start: int | None, end: int | None
    ) -> None:
        self.plant(store, "digits", DIGITS)
        found = read(store, "digits", start, end)

        assert found.data == DIGITS[start:end]
        assert found.info == store.head("digits")

    @pytest.mark.parametrize(("start", "end"), SLICES)
    def test_stream_reads_the_bytes_of_the_slice(
        self, store: ObjectStore, start: int | None, end: int | None
    ) -> None:
        self.plant(store, "digits", DIGITS)

        assert b"".join(store.stream("digits", start=start, end=end)) == DIGITS[start:end]

    @pytest.mark.parametrize(("start", "end"), SLICES)
    def test_any_slice_of_an_empty_object_is_empty(
        self, store: ObjectStore, start: int | None, end: int | None
    ) -> None:
        self.plant(store, "empty", b"")

        assert read(store, "empty", start, end).data == b""
        assert b"".join(store.stream("empty", start=start, end=end)) == b""

    def test_an_empty_slice_of_a_missing_object_raises(self, store: ObjectStore) -> None:
        with pytest.raises(ObjectNotFound):
            store.get("a", start=3, end=3)
