"""Keys: odd ones that are allowed, and those that can name nothing."""

from collections.abc import Callable

import pytest

from chalicelib.storage.port import InvalidKey, ObjectStore, Part
from chalicelib.storage.testing.contract.base import ContractBase, names, read

ODD_KEYS = [
    pytest.param("@scope/name", id="at sign"),
    pytest.param("a b/ c d ", id="spaces"),
    pytest.param("1.0.0-rc.1+build.5", id="plus"),
    pytest.param("a%2Fb", id="encoded slash"),
    pytest.param("a%20b%", id="percent"),
    pytest.param("a?b=c&d#e", id="query and fragment"),
    pytest.param("a\"b'c`<d>&amp;", id="quotes and markup"),
    pytest.param("a\\b:c*d|e", id="backslash, colon, star, bar"),
    pytest.param("~a/-b/_c/!d/(e)/[f]/{g}/$h/;i,j=", id="punctuation"),
    pytest.param(".hidden/..two/...", id="dots"),
    pytest.param("caf\u00e9", id="composed accent"),
    pytest.param("cafe\u0301", id="decomposed accent"),
    pytest.param("日本/語", id="han"),
    pytest.param("\U0001f600/\U0010fffd", id="beyond the basic plane"),
    pytest.param("a\u2028b\u0085c\ufeff", id="unicode line breaks"),
    pytest.param("/".join(["x" * 204] * 5), id="1,024 bytes"),
]

BAD_KEYS = [
    pytest.param("", id="empty"),
    pytest.param("/", id="slash"),
    pytest.param("/etc/passwd", id="absolute"),
    pytest.param("a/", id="folder"),
    pytest.param("a//b", id="empty segment"),
    pytest.param(".", id="dot"),
    pytest.param("..", id="dot dot"),
    pytest.param("../a", id="parent first"),
    pytest.param("a/../b", id="parent inside"),
    pytest.param("a/..", id="parent last"),
    pytest.param("a/./b", id="dot inside"),
    pytest.param("a\0b", id="nul"),
    pytest.param("a\nb", id="line feed"),
    pytest.param("a\x1fb", id="control"),
    pytest.param("a\x7f", id="delete"),
    pytest.param("x" * 1025, id="1,025 bytes"),
    pytest.param("é" * 513, id="1,026 bytes of 513 characters"),
    pytest.param("\ud800", id="lone surrogate"),
]

VERBS: list[Callable[[ObjectStore, str], object]] = [
    lambda store, key: store.get(key),
    lambda store, key: store.stream(key),
    lambda store, key: store.head(key),
    lambda store, key: store.put(key, b""),
    lambda store, key: store.put(key, b"", if_absent=True),
    lambda store, key: store.put(key, b"", if_etag="x"),
    lambda store, key: store.put_stream(key, [b""]),
    lambda store, key: store.copy(key, "target"),
    lambda store, key: store.copy("source", key),
    lambda store, key: store.delete(key),
    lambda store, key: store.presign_get(key, expires=60),
    lambda store, key: store.presign_put(key, expires=60),
    lambda store, key: store.begin_multipart(key),
    lambda store, key: store.presign_part(key, upload_id="u", part_number=1, expires=60),
    lambda store, key: store.list_parts(key, upload_id="u"),
    lambda store, key: store.complete_multipart(key, upload_id="u", parts=[Part(1, 1, "e")]),
    lambda store, key: store.abort_multipart(key, upload_id="u"),
]


class KeysContract(ContractBase):
    """What can name an object."""

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_an_odd_key_names_its_object(self, store: ObjectStore, key: str) -> None:
        store.put("source", b"odd")
        store.put(key, b"", if_absent=True)
        store.copy("source", key)

        assert self.peek(store, key) == b"odd"
        assert read(store, key).data == b"odd"
        assert store.head(key).key == key
        assert names(store.list(key)) == [key]

        store.copy(key, "target")
        store.delete(key)

        assert self.peek(store, key) is None
        assert self.peek(store, "target") == b"odd"

    def test_keys_that_look_alike_are_different(self, store: ObjectStore) -> None:
        alike = [
            "caf\u00e9",
            "cafe\u0301",
            "a/b",
            "a%2Fb",
            "a%2fb",
            "a b",
            "a+b",
            "a%20b",
            "\u212b",
            "\u00c5",
            "A\u030a",
        ]
        for key in alike:
            store.put(key, key.encode(), if_absent=True)

        assert [self.peek(store, key) for key in alike] == [key.encode() for key in alike]
        assert names(store.list("")) == sorted(alike, key=str.encode)

    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_a_key_that_can_name_nothing_is_refused_by_every_verb(self, store: ObjectStore, key: str) -> None:
        store.put("source", b"")

        for verb in VERBS:
            with pytest.raises(InvalidKey):
                verb(store, key)

        assert names(store.list("")) == ["source"]

    @pytest.mark.parametrize(
        "prefix", ["/", "//", "../", "a/../", "..", "a//", "./", "a\0", "\ud800", "a\n", "x" * 1025]
    )
    def test_a_prefix_that_no_key_has_lists_nothing(self, store: ObjectStore, prefix: str) -> None:
        store.put("a/b", b"")

        assert names(store.list(prefix)) == []

    def test_a_key_may_lie_below_another(self, store: ObjectStore) -> None:
        store.put("a", b"1")
        store.put("b/c", b"2")
        below: dict[str, bytes] = {"a/b": b"3", "b": b"4"}

        for key, data in below.items():
            if self.nests:
                store.put(key, data)
                assert self.peek(store, key) == data
            else:
                for if_absent in (True, False):
                    with pytest.raises(InvalidKey, match="cannot hold both"):
                        store.put(key, data, if_absent=if_absent)

        assert (self.peek(store, "a"), self.peek(store, "b/c")) == (b"1", b"2")
