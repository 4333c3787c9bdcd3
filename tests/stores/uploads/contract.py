"""What the eight methods promise, on every driver; the fixture `medium` is what it is tried on."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from chalicelib.domain.uploads.errors import (
    InvalidUpload,
    NoSuchUpload,
    UploadEnded,
    UploadOffsetConflict,
    UploadUnfinished,
)
from chalicelib.storage.port import ObjectInfo, ObjectStore
from chalicelib.storage.testing.wrappers import CountingStore
from chalicelib.stores.uploads import Uploads
from tests.stores.uploads.builders import KEYS, NOON, content, done, fid, info, sent, uploads

WRITERS = 8


class DeadError(Exception):
    """The worker died."""


def passed_until(passed: list[int], most: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass chunks on, counting the bytes, until so many stretches of them have been passed."""
    if len(passed) == most:
        raise DeadError
    passed.append(0)
    for chunk in chunks:
        passed[-1] += len(chunk)
        yield chunk


def listed(medium: ObjectStore, prefix: str) -> list[str]:
    """Answer the keys below a prefix."""
    return [entry.key for entry in medium.list(prefix) if isinstance(entry, ObjectInfo)]


class UploadsContract:
    """The promises of a store of uploads."""

    races = True
    """Whether the medium judges conditions one after the other."""

    @pytest.fixture
    def store(self, medium: ObjectStore) -> Uploads:
        return uploads(medium)

    def test_get_filename_is_the_key_of_the_upload_as_one_object(self, store: Uploads) -> None:
        assert store.get_filename(fid()) == f"prism/uploads/{fid().sid}/{fid().uuid}/file"

    def test_get_type_is_the_name_of_the_driver(self, medium: ObjectStore) -> None:
        assert uploads(medium, kind="s3").get_type() == "s3"

    def test_create_makes_an_upload_of_which_no_byte_is_there(self, store: Uploads) -> None:
        store.create(fid(), info(10, metadata={"filename": "a b.txt"}))

        found = store.info(fid())

        assert (found.offset, found.length, found.is_complete) == (0, 10, False)
        assert found.info.metadata == {"filename": "a b.txt"}

    def test_create_keeps_the_upload_that_has_begun_before(self, medium: ObjectStore) -> None:
        uploads(medium).create(fid(), info(10))

        assert uploads(medium).create(fid(), info(20)).length == 10

    def test_create_of_no_bytes_is_complete_at_once(self, store: Uploads) -> None:
        store.create(fid(), info(0))

        assert store.info(fid()).is_complete
        assert b"".join(store.create_read_stream(fid())) == b""

    def test_info_of_what_was_never_begun_says_so(self, store: Uploads) -> None:
        with pytest.raises(NoSuchUpload):
            store.info(fid())

    def test_info_costs_two_listings_and_a_read_that_is_not_repeated(self, medium: ObjectStore) -> None:
        sent(uploads(medium), fid(), [b"a", b"b"])
        counting = CountingStore(medium)
        store = uploads(counting)

        store.info(fid())
        first = sorted(call.verb for call in counting.calls)
        counting.reset()
        store.info(fid())

        assert first == ["get", "list", "list"]
        assert sorted(call.verb for call in counting.calls) == ["list", "list"]

    def test_append_adds_bytes_where_the_upload_ends(self, medium: ObjectStore) -> None:
        uploads(medium).create(fid(), info(6))

        uploads(medium).append(fid(), b"abc", 0)
        ended = uploads(medium).append(fid(), b"def", 3)

        assert (ended.offset, ended.end.number, ended.is_complete) == (6, 2, True)
        assert b"".join(uploads(medium).create_read_stream(fid())) == b"abcdef"

    def test_append_costs_the_same_however_much_is_there(self, medium: ObjectStore) -> None:
        sent(uploads(medium), fid(), [b"a"] * 12)
        uploads(medium).create(fid(2), info(5))
        counting = CountingStore(medium)
        costs = []
        for number, offset in ((1, 12), (2, 0)):
            store = uploads(counting)
            counting.reset()
            store.append(fid(number), b"x", offset)
            costs.append(sorted(call.verb for call in counting.calls))

        assert costs == [["get", "list", "list", "put"]] * 2

    @pytest.mark.parametrize("offset", [0, 2, 4, -1, 10**15])
    def test_append_anywhere_else_changes_nothing(
        self, medium: ObjectStore, store: Uploads, offset: int
    ) -> None:
        store.create(fid(), info(9))
        store.append(fid(), b"abc", 0)
        before = listed(medium, "")

        with pytest.raises(UploadOffsetConflict) as refused:
            store.append(fid(), b"def", offset)

        assert refused.value.facts["offset"] == 3
        assert listed(medium, "") == before

    def test_append_of_nothing_writes_nothing(self, medium: ObjectStore, store: Uploads) -> None:
        store.create(fid(), info(9))
        before = listed(medium, "")

        assert store.append(fid(), b"", 0).offset == 0
        assert listed(medium, "") == before

    def test_append_after_another_writer_is_told_where_the_upload_ends_now(self, medium: ObjectStore) -> None:
        late, quick = uploads(medium), uploads(medium)
        late.create(fid(), info(9))
        seen = late.info(fid())
        quick.append(fid(), b"abcd", 0)

        with pytest.raises(UploadOffsetConflict) as refused:
            late.extend(seen, b"xyz", 0)

        assert refused.value.facts["offset"] == 4
        assert quick.info(fid()).offset == 4

    def test_one_of_many_writers_wins_an_offset(self, medium: ObjectStore) -> None:
        if not self.races:
            return
        uploads(medium).create(fid(), info(1_000))
        states = [uploads(medium).info(fid()) for _ in range(WRITERS)]
        chunks = [bytes([number]) * (number + 1) for number in range(WRITERS)]

        def write(number: int) -> bytes | None:
            try:
                uploads(medium).extend(states[number], chunks[number], 0)
            except UploadOffsetConflict:
                return None
            return chunks[number]

        with ThreadPoolExecutor(WRITERS) as pool:
            won = [chunk for chunk in pool.map(write, range(WRITERS)) if chunk is not None]

        assert len(won) == 1
        assert uploads(medium).info(fid()).offset == len(won[0])

    def test_a_length_is_said_once(self, medium: ObjectStore) -> None:
        store = uploads(medium)
        store.create(fid(), info(None))
        unknown = uploads(medium).info(fid())

        assert store.fix_length(store.info(fid()), 3).length == 3
        assert uploads(medium).fix_length(unknown, 3).length == 3
        with pytest.raises(InvalidUpload):
            uploads(medium).fix_length(unknown, 4)
        assert uploads(medium).info(fid()).length == 3

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            (None, None),
            (0, 1),
            (5, 20),
            (9, 10),
            (10, 11),
            (10, None),
            (25, 26),
            (29, 30),
            (30, 40),
            (-4, None),
        ],
    )
    def test_create_read_stream_reads_a_slice_of_what_was_sent(
        self, store: Uploads, start: int | None, end: int | None
    ) -> None:
        whole = content(30)
        sent(store, fid(), [whole[:10], whole[10:11], whole[11:25], whole[25:]])

        assert b"".join(store.create_read_stream(fid(), start, end)) == whole[start:end]

    def test_create_read_stream_of_what_is_unfinished_is_refused(self, store: Uploads) -> None:
        store.create(fid(), info(9))
        store.append(fid(), b"abc", 0)

        with pytest.raises(UploadUnfinished):
            store.create_read_stream(fid())

    def test_an_upload_made_of_others_reads_theirs(self, store: Uploads) -> None:
        first = sent(store, fid(1), [b"abc", b"de"])
        second = sent(store, fid(2), [b"xyz"])
        parts = [fid(1), fid(2), fid(1)]

        store.create(fid(3), info(None, concat=[str(part) for part in parts], sizes=[5, 3, 5]))

        whole = first + second + first
        assert b"".join(store.create_read_stream(fid(3))) == whole
        assert b"".join(store.create_read_stream(fid(3), 4, 9)) == whole[4:9]

    def test_composed_it_is_one_object_that_is_read_when_the_chunks_are_gone(
        self, medium: ObjectStore, store: Uploads
    ) -> None:
        whole = sent(store, fid(), [content(1 << 20), content(7)])
        store.finish(store.info(fid()), done(store.info(fid())))

        store.compose(store.info(fid()))
        store.drop_chunks(fid())

        assert b"".join(medium.stream(store.get_filename(fid()))) == whole
        found = uploads(medium).info(fid())
        assert (found.offset, found.is_complete, found.composed) == (len(whole), True, True)
        assert b"".join(uploads(medium).create_read_stream(fid(), 5, 1 << 20)) == whole[5 : 1 << 20]

    def test_a_long_one_is_made_one_object_by_segments_each_of_which_is_made_once(
        self, medium: ObjectStore
    ) -> None:
        store = uploads(medium, segment_bytes=5 << 20)
        whole = sent(store, fid(), [content(4 << 20), content(4 << 20), content(3 << 20)])
        state = store.finish(store.info(fid()), done(store.info(fid())))
        passed: list[int] = []

        with pytest.raises(DeadError):
            store.compose(state, partial(passed_until, passed, 2))
        again = uploads(medium, segment_bytes=5 << 20)
        again.compose(again.info(fid()), partial(passed_until, passed, 9))
        assert again.drop_chunks(fid())

        assert passed == [5 << 20, 5 << 20, 1 << 20]
        assert b"".join(medium.stream(store.get_filename(fid()))) == whole
        assert set(listed(medium, KEYS.upload(*fid()))) == {
            KEYS.upload_info(*fid()),
            KEYS.upload_done(*fid()),
            KEYS.upload_file(*fid()),
        }

    def test_what_is_done_is_said_once(self, medium: ObjectStore) -> None:
        sent(uploads(medium), fid(), [b"abc"])
        first, second = uploads(medium), uploads(medium)
        state = first.info(fid())
        first.finish(state, done(state).model_copy(update={"job_id": "publish-1"}))

        kept = second.finish(state, done(state).model_copy(update={"job_id": "publish-2"}))

        assert kept.done is not None
        assert kept.done.job_id == "publish-1"

    def test_a_chunk_that_comes_after_the_clean_up_is_not_counted(self, medium: ObjectStore) -> None:
        store, dead = uploads(medium), uploads(medium)
        store.create(fid(), info(6))
        seen = dead.info(fid())
        store.append(fid(), b"abc", 0)
        store.append(fid(), b"def", 3)
        state = store.finish(store.info(fid()), done(store.info(fid())))
        store.compose(state)
        store.drop_chunks(fid())

        dead.extend(seen, b"xxxxx", 0)

        assert uploads(medium).info(fid()).offset == 6
        assert b"".join(uploads(medium).create_read_stream(fid())) == b"abcdef"

    def test_update_changes_what_may_change(self, medium: ObjectStore, store: Uploads) -> None:
        store.create(fid(), info(3))

        store.update(fid(), lambda was: was.model_copy(update={"expires": "2026-03-01T00:00:00.000Z"}))
        uploads(medium).update(fid(), lambda was: was.model_copy(update={"comment": "mine"}))

        found = uploads(medium).info(fid())
        assert found.expires == "2026-03-01T00:00:00.000Z"
        assert found.changes is not None
        assert found.changes.to_json_value()["comment"] == "mine"

    def test_update_of_what_is_not_there_is_refused(self, store: Uploads) -> None:
        with pytest.raises(NoSuchUpload):
            store.update(fid(), lambda was: was)

    def test_delete_ends_an_upload_and_leaves_that_it_is_gone(
        self, medium: ObjectStore, store: Uploads
    ) -> None:
        sent(store, fid(), [b"abc", b"def"])

        assert store.delete(fid())

        for process in (store, uploads(medium)):
            with pytest.raises(UploadEnded):
                process.info(fid())
        assert listed(medium, KEYS.upload(*fid())) == [KEYS.upload_gone(*fid())]

    def test_delete_may_be_repeated(self, store: Uploads) -> None:
        store.create(fid(), info(3))

        assert store.delete(fid())
        assert store.delete(fid())

    def test_delete_of_what_was_never_begun_says_so(self, store: Uploads) -> None:
        with pytest.raises(NoSuchUpload):
            store.delete(fid())

    def test_a_chunk_that_comes_after_the_end_revives_nothing(self, medium: ObjectStore) -> None:
        store, dead = uploads(medium), uploads(medium)
        store.create(fid(), info(6))
        seen = dead.info(fid())
        store.delete(fid())

        dead.extend(seen, b"abc", 0)

        with pytest.raises(UploadEnded):
            dead.info(fid())
        store.purge(fid())
        assert listed(medium, KEYS.upload(*fid())) == []
        with pytest.raises(NoSuchUpload):
            dead.info(fid())

    def test_a_part_stays_readable_while_an_upload_is_made_of_it(
        self, medium: ObjectStore, store: Uploads
    ) -> None:
        part = sent(store, fid(1), [b"abc"])
        store.marks.join(fid(1), fid(2))
        store.create(fid(2), info(None, concat=[str(fid(1))], sizes=[3]))

        assert not store.delete(fid(1))

        with pytest.raises(UploadEnded):
            store.info(fid(1))
        assert b"".join(store.create_read_stream(fid(2))) == part
        store.delete(fid(2))
        assert store.remove(fid(1))
        assert listed(medium, KEYS.upload_chunks(*fid(1))) == []

    def test_reminders_come_up_in_the_order_of_their_moments(self, store: Uploads) -> None:
        for number, hours in enumerate((3, 1, 2)):
            store.reminders.remind(NOON + timedelta(hours=hours), *fid(number))

        due = list(store.reminders.due(NOON + timedelta(hours=2), None))

        assert [reminder.file for reminder in due] == [fid(1), fid(2)]
        later = store.reminders.due(NOON + timedelta(days=1), due[0].name)
        assert [reminder.file for reminder in later] == [fid(2), fid(0)]

    def test_the_marks_of_an_owner_are_theirs(self, store: Uploads) -> None:
        store.marks.open("../ann", fid(1))
        store.marks.open("../ann", fid(2))
        store.marks.open(None, fid(3))

        store.marks.close("../ann", fid(1))

        assert [mark.fid for mark in store.marks.opened("../ann", 10)] == [fid(2)]
        assert {mark.fid for mark in store.marks.all_open(None)} == {fid(2), fid(3)}
