"""Uploads whose parts clients send by themselves, and writes by URLs."""

from collections.abc import Sequence
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

import pytest

from chalicelib.storage.port import (
    MultipartMissing,
    ObjectExists,
    ObjectStore,
    Part,
    PartsRefused,
    Presigned,
)
from chalicelib.storage.testing.contract.base import ContractBase, names

PART = 5 << 20
"""The smallest size that every medium takes for a part that is not the last."""
GONE = "a" * 64
"""What no upload is called."""


def send(signed: Presigned | None, body: bytes) -> int:
    """Use a URL as a client does that has no SDK, and answer the status."""
    assert signed is not None
    parts = urlsplit(signed.url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.netloc, timeout=60)
    try:
        connection.request("PUT", f"{parts.path}?{parts.query}", body, dict(signed.headers))
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def begun(store: ObjectStore, key: str = "a") -> str:
    """Begin an upload, which the medium can."""
    upload_id = store.begin_multipart(key)
    assert upload_id
    return upload_id


def send_part(store: ObjectStore, upload_id: str, number: int, body: bytes) -> None:
    """Send a part to the upload under the key `a`."""
    signed = store.presign_part(
        "a", upload_id=upload_id, part_number=number, expires=60, content_length=len(body)
    )
    assert send(signed, body) == 200


def numbers(parts: Sequence[Part]) -> list[int]:
    """Answer the number of each part."""
    return [part.number for part in parts]


class PartsContract(ContractBase):
    """What begin_multipart and its kin promise; on a medium without URLs, that they say so."""

    def test_a_medium_without_urls_says_so(self, store: ObjectStore) -> None:
        if self.presigns:
            return
        assert store.presign_put("a", expires=60) is None
        assert store.begin_multipart("a") is None
        assert store.presign_part("a", upload_id=GONE, part_number=1, expires=60) is None

    def test_what_was_never_begun_is_missing(self, store: ObjectStore) -> None:
        with pytest.raises(MultipartMissing):
            store.list_parts("a", upload_id=GONE)
        with pytest.raises(MultipartMissing):
            store.complete_multipart("a", upload_id=GONE, parts=[Part(1, 1, "0" * 32)])
        store.abort_multipart("a", upload_id=GONE)

    def test_a_url_writes_the_object(self, store: ObjectStore) -> None:
        if self.presigns:
            signed = store.presign_put("a", expires=60, content_length=3, if_absent=True)

            assert send(signed, b"one") == 200
            assert self.peek(store, "a") == b"one"

    def test_parts_become_the_object_however_they_come(self, store: ObjectStore) -> None:
        if not self.presigns:
            return
        upload_id = begun(store)
        for number, body in ((3, b"3"), (1, b"lost" + b"x" * (PART - 4)), (2, b"2" * PART), (1, b"1" * PART)):
            send_part(store, upload_id, number, body)

        parts = store.list_parts("a", upload_id=upload_id)
        assert [(part.number, part.size) for part in parts] == [(1, PART), (2, PART), (3, 1)]
        assert names(store.list("")) == []

        etag = store.complete_multipart("a", upload_id=upload_id, parts=parts, if_absent=True)

        assert store.head("a").etag == etag
        assert self.peek(store, "a") == b"1" * PART + b"2" * PART + b"3"

    def test_parts_are_listed_in_pages(self, store: ObjectStore) -> None:
        if not self.presigns:
            return
        upload_id = begun(store)
        for number in (2, 3, 5):
            send_part(store, upload_id, number, b"x")

        def listed(after: int, limit: int | None) -> list[int]:
            return numbers(store.list_parts("a", upload_id=upload_id, after=after, limit=limit))

        assert [listed(0, None), listed(2, None), listed(0, 2), listed(3, 2), listed(5, 1), listed(0, 0)] == [
            [2, 3, 5],
            [3, 5],
            [2, 3],
            [5],
            [],
            [],
        ]
        store.abort_multipart("a", upload_id=upload_id)

    def test_completing_again_is_harmless(self, store: ObjectStore) -> None:
        if not self.presigns:
            return
        upload_id = begun(store)
        send_part(store, upload_id, 1, b"whole")
        parts = store.list_parts("a", upload_id=upload_id)

        etags = {
            store.complete_multipart("a", upload_id=upload_id, parts=parts, if_absent=True) for _ in range(2)
        }

        assert etags == {store.head("a").etag}
        assert self.peek(store, "a") == b"whole"

    def test_completing_again_never_takes_another_object_for_its_own(self, store: ObjectStore) -> None:
        if not self.presigns:
            return
        upload_id = begun(store)
        send_part(store, upload_id, 1, b"whole")
        parts = store.list_parts("a", upload_id=upload_id)
        store.complete_multipart("a", upload_id=upload_id, parts=parts)
        self.plant(store, "a", b"other")

        with pytest.raises(MultipartMissing):
            store.complete_multipart("a", upload_id=upload_id, parts=parts)

        assert self.peek(store, "a") == b"other"

    def test_completing_keeps_what_is_there_if_it_must(self, store: ObjectStore) -> None:
        if not self.presigns:
            return
        upload_id = begun(store)
        send_part(store, upload_id, 1, b"second")
        self.plant(store, "a", b"first")

        with pytest.raises(ObjectExists):
            store.complete_multipart(
                "a", upload_id=upload_id, parts=store.list_parts("a", upload_id=upload_id), if_absent=True
            )

        assert self.peek(store, "a") == b"first"
        store.abort_multipart("a", upload_id=upload_id)

    @pytest.mark.parametrize("lacking", ["none", "missing", "replaced"])
    def test_parts_that_are_not_there_make_nothing(self, store: ObjectStore, lacking: str) -> None:
        if not self.presigns:
            return
        upload_id = begun(store)
        send_part(store, upload_id, 1, b"x")
        there = store.list_parts("a", upload_id=upload_id)
        wrong = {
            "none": [],
            "missing": [*there, Part(2, 1, "0" * 32)],
            "replaced": [Part(1, 1, "0" * 32)],
        }

        with pytest.raises(PartsRefused):
            store.complete_multipart("a", upload_id=upload_id, parts=wrong[lacking])

        assert self.peek(store, "a") is None
        assert store.complete_multipart("a", upload_id=upload_id, parts=there)
        assert self.peek(store, "a") == b"x"

    def test_an_upload_that_was_given_up_leaves_nothing(self, store: ObjectStore) -> None:
        if not self.presigns:
            return
        upload_id = begun(store)
        send_part(store, upload_id, 1, b"x")
        parts = store.list_parts("a", upload_id=upload_id)

        for _ in range(2):
            store.abort_multipart("a", upload_id=upload_id)

        with pytest.raises(MultipartMissing):
            store.complete_multipart("a", upload_id=upload_id, parts=parts)
        with pytest.raises(MultipartMissing):
            store.list_parts("a", upload_id=upload_id)
        assert self.peek(store, "a") is None
