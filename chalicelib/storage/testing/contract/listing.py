"""Listings: order, prefixes, folding, where to start and where to stop."""

from itertools import islice

import pytest

from chalicelib.storage.port import ObjectInfo, ObjectStore, Prefix
from chalicelib.storage.testing.contract.base import ContractBase, names

# Ascending by UTF-8 bytes. `!` and `.` sort before `/`, and the last two are the other way round in UTF-16.
ORDERED = [
    "A",
    "a!",
    "a.b",
    "a/b",
    "a/c!",
    "a/c/d",
    "a/c/e",
    "a/c0",
    "a0",
    "aa",
    "ab/c",
    "b",
    "é/x",
    "日",
    "\uffee",
    "\U0001f600",
]

DIRECTORY = ["a/1", "a/2/x", "a/2/y", "a/3", "a/4/z", "a-1", "ab", "b/1"]


class ListingContract(ContractBase):
    """What list promises."""

    def test_list_of_an_empty_store_is_empty(self, store: ObjectStore) -> None:
        assert names(store.list("")) == []
        assert names(store.list("a/", delimiter="/")) == []

    def test_list_ascends_by_utf8_bytes(self, store: ObjectStore) -> None:
        self.plant_all(store, reversed(ORDERED))

        assert names(store.list("")) == ORDERED

    def test_list_describes_each_object_as_head_does(self, store: ObjectStore) -> None:
        store.put("a/b", b"12345")
        found = next(store.list("a"))

        assert isinstance(found, ObjectInfo)
        assert (found.key, found.size, found.etag) == ("a/b", 5, store.head("a/b").etag)
        assert abs((found.modified - store.head("a/b").modified).total_seconds()) <= 1

    def test_numbers_sort_as_text_unless_padded(self, store: ObjectStore) -> None:
        self.plant_all(store, ["n/9", "n/10", "p/000000009", "p/000000010", "p/900000000"])

        assert names(store.list("")) == ["n/10", "n/9", "p/000000009", "p/000000010", "p/900000000"]

    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [
            pytest.param("a", DIRECTORY[:-1], id="letters are not folders"),
            pytest.param("a/", ["a/1", "a/2/x", "a/2/y", "a/3", "a/4/z"], id="one folder"),
            pytest.param("a/2", ["a/2/x", "a/2/y"], id="part of a segment"),
            pytest.param("a/2/y", ["a/2/y"], id="a whole key"),
            pytest.param("a/2/yy", [], id="longer than any key"),
            pytest.param("ab/", [], id="a key is no folder"),
            pytest.param("c", [], id="nothing"),
        ],
    )
    def test_list_holds_the_keys_that_start_with_the_prefix(
        self, store: ObjectStore, prefix: str, expected: list[str]
    ) -> None:
        self.plant_all(store, DIRECTORY)

        assert names(store.list(prefix)) == sorted(expected)

    @pytest.mark.parametrize(
        ("prefix", "after"),
        [
            pytest.param("", "a/2/x", id="a key"),
            pytest.param("", "a/2/xx", id="between keys"),
            pytest.param("", "a/2", id="the beginning of keys"),
            pytest.param("", "a/2/", id="a folder"),
            pytest.param("", "a/2/\U0010ffff", id="the end of a folder"),
            pytest.param("", "\U0010ffff", id="past everything"),
            pytest.param("a/", "0", id="before the prefix"),
            pytest.param("a/", "a/", id="the prefix"),
            pytest.param("a/", "a/3", id="inside the prefix"),
            pytest.param("a/", "b", id="past the prefix"),
            pytest.param("a/", "a/2/x\0", id="a key and nul"),
            pytest.param("", "a/2/x\ud800", id="lone surrogate"),
        ],
    )
    def test_list_starts_after_the_key_given(self, store: ObjectStore, prefix: str, after: str) -> None:
        self.plant_all(store, DIRECTORY)
        wanted = [key for key in sorted(DIRECTORY) if key.startswith(prefix) and key > after]

        assert names(store.list(prefix, after=after)) == wanted

    @pytest.mark.parametrize(
        ("prefix", "delimiter", "expected"),
        [
            pytest.param("", "/", ["a-1", "a/", "ab", "b/"], id="the root"),
            pytest.param("a/", "/", ["a/1", "a/2/", "a/3", "a/4/"], id="a folder"),
            pytest.param("a", "/", ["a-1", "a/", "ab"], id="part of a segment"),
            pytest.param("a/2/", "/", ["a/2/x", "a/2/y"], id="no folders in it"),
            pytest.param("", "-", ["a-", *sorted(DIRECTORY)[1:]], id="a dash"),
            pytest.param("a/", "2/", ["a/1", "a/2/", "a/3", "a/4/z"], id="two characters"),
        ],
    )
    def test_list_folds_what_lies_past_the_delimiter(
        self, store: ObjectStore, prefix: str, delimiter: str, expected: list[str]
    ) -> None:
        self.plant_all(store, DIRECTORY)

        assert names(store.list(prefix, delimiter=delimiter)) == expected

    def test_list_tells_objects_from_prefixes(self, store: ObjectStore) -> None:
        self.plant_all(store, ["a", "b/c"])

        assert [type(entry) for entry in store.list("", delimiter="/")] == [ObjectInfo, Prefix]

    @pytest.mark.parametrize(
        ("after", "expected"),
        [
            pytest.param("a/1", ["a/2/", "a/3", "a/4/"], id="a key"),
            pytest.param("a/2/", ["a/3", "a/4/"], id="a prefix"),
            pytest.param("a/2/x", ["a/3", "a/4/"], id="a key below a prefix"),
            pytest.param("a/2", ["a/2/", "a/3", "a/4/"], id="the beginning of a prefix"),
            pytest.param("a/4/", [], id="the last prefix"),
        ],
    )
    def test_a_folded_list_starts_after_the_entry_given(
        self, store: ObjectStore, after: str, expected: list[str]
    ) -> None:
        self.plant_all(store, DIRECTORY)

        assert names(store.list("a/", after=after, delimiter="/")) == expected

    @pytest.mark.parametrize("limit", [0, 1, 3, 8, 9])
    def test_list_stops_at_the_limit(self, store: ObjectStore, limit: int) -> None:
        self.plant_all(store, DIRECTORY)

        assert names(store.list("", limit=limit)) == sorted(DIRECTORY)[:limit]

    def test_a_list_can_be_read_page_by_page(self, store: ObjectStore) -> None:
        self.plant_all(store, DIRECTORY)
        pages: list[list[str]] = [names(store.list("", delimiter="/", limit=3))]
        pages.append(names(store.list("", after=pages[0][-1], delimiter="/", limit=3)))

        assert pages == [["a-1", "a/", "ab"], ["b/"]]

    def test_more_than_a_thousand_objects_are_listed(self, store: ObjectStore) -> None:
        keys = [f"many/{number:05d}" for number in range(1005)]
        self.plant_all(store, keys)

        assert names(store.list("many/")) == keys
        assert names(store.list("many/", after=keys[2], limit=1001)) == keys[3:1004]
        assert names(islice(store.list("many/"), 2)) == keys[:2]

    def test_what_is_written_is_listed_at_once(self, store: ObjectStore) -> None:
        for number in range(5):
            store.put(f"a/{number}", b"")
            assert len(names(store.list("a/"))) == number + 1
