"""The contract finds drivers that break a promise: each of these breaks one."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import NOT_MODIFIED, ObjectInfo, Prefix, StorageError
from tests.storage.test_memory import TestMemoryStore as Contract


class CreatesAgain(MemoryStore):
    def put(self, key: str, data: bytes, *, if_absent: bool = False, **rest: Any) -> str:
        return super().put(key, data, **rest)


class LooksThenCreates(MemoryStore):
    def put(self, key: str, data: bytes, *, if_absent: bool = False, **rest: Any) -> str:
        if if_absent and any(info.key == key for info in self._all()):
            return super().put(key, data, if_absent=True)
        return super().put(key, data, **rest)

    def _all(self) -> list[Any]:
        import time

        found = list(super().list(""))
        time.sleep(0.01)
        return found


class SwapsAnything(MemoryStore):
    def put(self, key: str, data: bytes, *, if_etag: str | None = None, **rest: Any) -> str:
        return super().put(key, data, **rest)


class ListsByInsertion(MemoryStore):
    def list(self, prefix: str, **rest: Any) -> Iterator[ObjectInfo | Prefix]:
        return (item.info for key, item in self._objects.items() if key.startswith(prefix))


class ListsByUtf16(MemoryStore):
    def list(self, prefix: str, **rest: Any) -> Iterator[ObjectInfo | Prefix]:
        found = list(super().list(prefix, **rest))
        return iter(sorted(found, key=lambda entry: str(vars_of(entry)).encode("utf-16-be")))


class ListsInclusively(MemoryStore):
    def list(self, prefix: str, *, after: str | None = None, **rest: Any) -> Iterator[ObjectInfo | Prefix]:
        return super().list(prefix, after=after[:-1] if after else None, **rest)


class ListsAThousand(MemoryStore):
    def list(self, prefix: str, *, limit: int | None = None, **rest: Any) -> Iterator[ObjectInfo | Prefix]:
        return super().list(prefix, limit=min(limit or 1000, 1000), **rest)


class AppendsAsItGoes(MemoryStore):
    def put_stream(self, key: str, chunks: Iterable[bytes], **rest: Any) -> str:
        data, etag = b"", self.put(key, b"", **rest)
        for chunk in chunks:
            data += chunk
            etag = self.put(key, data)
        return etag


class StreamsLate(MemoryStore):
    def stream(self, key: str, **rest: Any) -> Iterator[bytes]:
        yield from super().stream(key, **rest)


class ForgetsTheCondition(MemoryStore):
    def get(self, key: str, *, unless_etag: str | None = None, **rest: Any) -> Any:
        return super().get(key, **rest)


class AlwaysNotModified(MemoryStore):
    def get(self, key: str, *, unless_etag: str | None = None, **rest: Any) -> Any:
        return NOT_MODIFIED if unless_etag else super().get(key, **rest)


class NormalizesKeys(MemoryStore):
    def put(self, key: str, data: bytes, **rest: Any) -> str:
        import unicodedata

        return super().put(unicodedata.normalize("NFC", key), data, **rest)


def vars_of(entry: ObjectInfo | Prefix) -> str:
    return entry.prefix if isinstance(entry, Prefix) else entry.key


@pytest.mark.parametrize(
    ("driver", "test", "arguments"),
    [
        (CreatesAgain, "test_put_if_absent_keeps_the_first", ()),
        (LooksThenCreates, "test_one_of_sixteen_creators_wins", ()),
        (SwapsAnything, "test_put_if_etag_refuses_a_stale_one", ()),
        (SwapsAnything, "test_no_increment_of_a_swapped_counter_is_lost", ()),
        (ListsByInsertion, "test_list_ascends_by_utf8_bytes", ()),
        (ListsByUtf16, "test_list_ascends_by_utf8_bytes", ()),
        (ListsInclusively, "test_list_starts_after_the_key_given", ("", "a/2/x")),
        (ListsAThousand, "test_more_than_a_thousand_objects_are_listed", ()),
        (AppendsAsItGoes, "test_a_stream_that_breaks_off_leaves_what_was_there", (1,)),
        (StreamsLate, "test_stream_of_a_missing_object_raises_before_it_is_read", ()),
        (ForgetsTheCondition, "test_get_unless_the_etag_answers_not_modified", ()),
        (AlwaysNotModified, "test_get_unless_an_older_etag_answers_the_object", ()),
        (NormalizesKeys, "test_keys_that_look_alike_are_different", ()),
        (StreamsLate, "test_a_verb_has_the_signature_of_the_port", ("stream",)),
    ],
)
def test_a_broken_promise_is_found(driver: type[MemoryStore], test: str, arguments: tuple[Any, ...]) -> None:
    run = getattr(Contract(), test)
    run(MemoryStore(), *arguments)

    with pytest.raises((AssertionError, pytest.fail.Exception, StorageError)):
        run(driver(), *arguments)
