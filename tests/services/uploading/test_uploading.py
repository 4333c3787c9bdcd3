"""An upload from its beginning to what becomes of it."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.container import Container
from chalicelib.domain.access import EVERYBODY, Caller, PackageForbidden, ScopeMissing, implied
from chalicelib.domain.errors import InvalidName, PrismError
from chalicelib.domain.patterns import PackagePatterns
from chalicelib.domain.tags import InvalidTag
from chalicelib.domain.uploads.checksums import Checksum
from chalicelib.domain.uploads.errors import (
    AppendTooSmall,
    ChecksumMismatch,
    FinalUpload,
    InvalidConcatenation,
    InvalidUpload,
    NoSuchUpload,
    TooManyBytes,
    TooManyChunks,
    TooManyUploads,
    UploadComplete,
    UploadEnded,
    UploadOffsetConflict,
    UploadUnfinished,
)
from chalicelib.domain.uploads.ids import Fid
from chalicelib.domain.uploads.limits import TIB, UploadLimits
from chalicelib.services.uploading import NewUpload, Upload, Uploading
from chalicelib.services.uploading import finishing as finishing_module
from tests.emulators import S3Emulator
from tests.services.uploading.senders import SMALL, content, uploading
from tests.worlds import World, memory_world, package, s3_world

KIB = 1 << 10
ANN = Caller(name="ann", scopes=implied(["publish"]))
BOB = Caller(name="bob", scopes=implied(["publish"]))
READER = Caller(name="ann", scopes=implied(["read"]))
ADMIN = Caller(name="root", scopes=implied(["admin"]))


@pytest.fixture
def world() -> World:
    return memory_world()


@pytest.fixture
def uploads(world: World) -> Uploading:
    return uploading(world.container)


def sent(
    uploads: Uploading, data: bytes, *, caller: Caller = EVERYBODY, chunk: int = 1 << 20, **new: object
) -> Upload:
    """Send an upload whole."""
    upload = uploads.create(NewUpload(length=len(data), **new), caller)  # type: ignore[arg-type]  # as named
    while not upload.is_complete:
        piece = data[upload.offset : upload.offset + chunk]
        upload = uploads.append(upload.fid, upload.offset, piece, caller=caller)
    return upload


def test_a_file_is_read_as_it_was_sent(uploads: Uploading) -> None:
    data = content(1_000)

    upload = sent(uploads, data, chunk=300, metadata={"filename": "a.bin"})

    assert b"".join(uploads.open(upload.fid)) == data
    assert b"".join(uploads.open(upload.fid, 299, 601)) == data[299:601]
    assert uploads.find(upload.fid, EVERYBODY).metadata == {"filename": "a.bin"}


def test_a_file_without_bytes_is_complete_at_once(uploads: Uploading) -> None:
    upload = uploads.create(NewUpload(length=0), EVERYBODY)

    assert upload.is_complete
    assert list(uploads.open(upload.fid)) == []


def test_an_upload_goes_into_the_bucket_that_is_named(uploads: Uploading) -> None:
    first = uploads.create(NewUpload(length=3), EVERYBODY)

    assert uploads.create(NewUpload(length=3, sid=first.fid.sid), EVERYBODY).fid.sid == first.fid.sid


@pytest.mark.parametrize("sid", ["", "../../etc", "0" * 11, "G" * 12, "0" * 13, "00000000000\n"])
def test_a_bucket_that_is_none_is_refused(world: World, uploads: Uploading, sid: str) -> None:
    with pytest.raises(InvalidUpload):
        uploads.create(NewUpload(length=3, sid=sid), EVERYBODY)

    assert world.stored() == []


def test_an_unfinished_upload_is_not_read(uploads: Uploading) -> None:
    upload = uploads.create(NewUpload(length=3), EVERYBODY)

    with pytest.raises(UploadUnfinished):
        uploads.open(upload.fid)
    with pytest.raises(UploadUnfinished):
        uploads.where(upload.fid)


def test_a_length_may_be_told_with_any_chunk(uploads: Uploading) -> None:
    upload = uploads.create(NewUpload(), EVERYBODY)

    uploads.append(upload.fid, 0, b"abc", caller=EVERYBODY)
    told = uploads.append(upload.fid, 3, b"", length=5, caller=EVERYBODY)
    ended = uploads.append(upload.fid, 3, b"de", caller=EVERYBODY)

    assert (told.length, told.is_complete) == (5, False)
    assert ended.is_complete
    assert b"".join(uploads.open(upload.fid)) == b"abcde"


def test_a_length_that_was_told_stays(uploads: Uploading) -> None:
    upload = uploads.create(NewUpload(), EVERYBODY)
    uploads.append(upload.fid, 0, b"abc", length=9, caller=EVERYBODY)

    with pytest.raises(InvalidUpload):
        uploads.append(upload.fid, 3, b"de", length=8, caller=EVERYBODY)

    assert uploads.append(upload.fid, 3, b"de", length=9, caller=EVERYBODY).offset == 5


def test_nothing_may_be_sent_of_a_package_whose_length_is_told_later(uploads: Uploading) -> None:
    upload = uploads.create(NewUpload(metadata={"package": "demo"}), EVERYBODY)

    assert uploads.append(upload.fid, 0, b"", caller=EVERYBODY).offset == 0
    with pytest.raises(InvalidUpload):
        uploads.append(upload.fid, 0, b"", length=0, caller=EVERYBODY)


def test_a_length_below_what_is_there_is_refused(uploads: Uploading) -> None:
    upload = uploads.create(NewUpload(), EVERYBODY)
    uploads.append(upload.fid, 0, b"abc", caller=EVERYBODY)

    with pytest.raises(TooManyBytes):
        uploads.append(upload.fid, 3, b"", length=2, caller=EVERYBODY)

    assert uploads.find(upload.fid).length is None


def test_bytes_beyond_the_length_are_refused(world: World, uploads: Uploading) -> None:
    upload = uploads.create(NewUpload(length=4), EVERYBODY)
    before = world.stored()

    with pytest.raises(TooManyBytes):
        uploads.append(upload.fid, 0, b"abcde", caller=EVERYBODY)

    assert world.stored() == before


def test_a_client_that_contradicts_itself_gets_nothing_for_it(world: World, uploads: Uploading) -> None:
    upload = uploads.create(NewUpload(), EVERYBODY)
    # Two of its requests have looked at once: one says that two bytes are all, and one brings three.
    seen = world.container.uploads.info(upload.fid)
    world.container.uploads.fix_length(seen, 2)
    world.container.uploads.extend(seen, b"abc", 0)

    found = uploads.find(upload.fid)

    assert (found.offset, found.length, found.is_complete) == (3, 2, False)
    with pytest.raises(TooManyBytes):
        uploads.append(upload.fid, 3, b"", caller=EVERYBODY)
    with pytest.raises(UploadUnfinished):
        uploads.open(upload.fid)


def test_bytes_for_another_place_are_told_where_the_upload_ends(uploads: Uploading) -> None:
    upload = uploads.create(NewUpload(length=9), EVERYBODY)
    uploads.append(upload.fid, 0, b"abc", caller=EVERYBODY)

    with pytest.raises(UploadOffsetConflict) as refused:
        uploads.append(upload.fid, 0, b"abc", caller=EVERYBODY)

    assert refused.value.facts["offset"] == 3


def test_nothing_may_be_added_again_and_again_at_the_end(uploads: Uploading) -> None:
    upload = sent(uploads, b"abc")

    assert uploads.append(upload.fid, 3, b"", caller=EVERYBODY).is_complete
    with pytest.raises(UploadComplete):
        uploads.append(upload.fid, 3, b"d", caller=EVERYBODY)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "md5"])
def test_a_chunk_with_another_checksum_is_not_kept(uploads: Uploading, algorithm: str) -> None:
    upload = uploads.create(NewUpload(length=6), EVERYBODY)
    digest = base64.b64encode(hashlib.new(algorithm, b"abc").digest()).decode()
    checksum = Checksum.parse(f"{algorithm} {digest}")

    with pytest.raises(ChecksumMismatch):
        uploads.append(upload.fid, 0, b"abd", checksum=checksum, caller=EVERYBODY)

    assert uploads.find(upload.fid).offset == 0
    assert uploads.append(upload.fid, 0, b"abc", checksum=checksum, caller=EVERYBODY).offset == 3


def test_an_upload_is_its_owners(uploads: Uploading) -> None:
    upload = uploads.create(NewUpload(length=3), ANN)

    for stranger in (BOB, EVERYBODY):
        with pytest.raises(NoSuchUpload):
            uploads.find(upload.fid, stranger)
        with pytest.raises(NoSuchUpload):
            uploads.append(upload.fid, 0, b"abc", caller=stranger)
        with pytest.raises(NoSuchUpload):
            uploads.terminate(upload.fid, stranger)

    assert uploads.append(upload.fid, 0, b"abc", caller=ANN).is_complete
    assert uploads.find(upload.fid, ADMIN).is_complete


def test_who_may_only_read_begins_nothing(world: World, uploads: Uploading) -> None:
    with pytest.raises(ScopeMissing):
        uploads.create(NewUpload(length=3), READER)

    assert world.stored() == []


def test_a_terminated_upload_is_gone(world: World, uploads: Uploading) -> None:
    upload = sent(uploads, b"abc")

    uploads.terminate(upload.fid, EVERYBODY)

    for ask in (uploads.find, uploads.open, uploads.terminate):
        with pytest.raises(UploadEnded):
            ask(upload.fid)
    with pytest.raises(UploadEnded):
        uploads.append(upload.fid, 3, b"", caller=EVERYBODY)


def test_an_expired_upload_is_gone(world: World) -> None:
    upload = uploading(world.container).create(NewUpload(length=3), EVERYBODY)
    later = Container(world.settings, store=world.store, now=lambda: datetime.now(UTC) + timedelta(days=8))

    with pytest.raises(UploadEnded):
        uploading(later).find(upload.fid, EVERYBODY)
    with pytest.raises(UploadEnded):
        uploading(later).append(upload.fid, 0, b"abc", caller=EVERYBODY)


class TestLimits:
    """Limits are told before anything is written."""

    def test_an_upload_may_have_five_tebibytes_where_chunks_are_large(self, world: World) -> None:
        limits = UploadLimits(append=300 << 20)

        upload = uploading(world.container, limits).create(NewUpload(length=5 * TIB), EVERYBODY)

        assert upload.length == 5 * TIB
        assert limits.least_append(5 * TIB) * limits.chunks >= 5 * TIB

    def test_a_longer_one_is_refused_with_what_to_send_at_once(self, world: World) -> None:
        limits = UploadLimits()

        with pytest.raises(TooManyBytes) as refused:
            uploading(world.container, limits).create(NewUpload(length=limits.whole + 1), EVERYBODY)

        assert refused.value.facts["limit"] == 20_000 * 4 * KIB * KIB
        assert refused.value.facts["chunk_size"] == 4 * KIB * KIB
        assert world.stored() == []

    @pytest.mark.parametrize("length", [-1, -(10**18)])
    def test_a_length_below_nothing_is_refused(self, uploads: Uploading, length: int) -> None:
        with pytest.raises(InvalidUpload):
            uploads.create(NewUpload(length=length), EVERYBODY)

    def test_a_chunk_is_not_too_small_unless_it_is_the_last(self, world: World) -> None:
        uploads = uploading(world.container, UploadLimits())
        upload = uploads.create(NewUpload(length=600 * KIB), EVERYBODY)

        with pytest.raises(AppendTooSmall):
            uploads.append(upload.fid, 0, content(100 * KIB), caller=EVERYBODY)
        uploads.append(upload.fid, 0, content(512 * KIB), caller=EVERYBODY)
        assert uploads.append(upload.fid, 512 * KIB, content(88 * KIB), caller=EVERYBODY).is_complete

    def test_a_chunk_is_not_too_large(self, uploads: Uploading) -> None:
        upload = uploads.create(NewUpload(length=10 * SMALL.append), EVERYBODY)

        with pytest.raises(TooManyBytes) as refused:
            uploads.append(upload.fid, 0, bytes(SMALL.append + 1), caller=EVERYBODY)

        assert refused.value.facts["chunk_size"] == SMALL.append

    def test_chunks_are_not_too_many(self, world: World) -> None:
        uploads = uploading(world.container, SMALL._replace(chunks=3))
        upload = uploads.create(NewUpload(), EVERYBODY)
        for offset in range(3):
            uploads.append(upload.fid, offset, b"x", caller=EVERYBODY)

        with pytest.raises(TooManyChunks):
            uploads.append(upload.fid, 3, b"x", caller=EVERYBODY)

    def test_an_owner_has_not_too_many_unfinished_uploads(self, world: World) -> None:
        uploads = uploading(world.container, SMALL._replace(open=2))
        first = uploads.create(NewUpload(length=3), ANN)
        uploads.create(NewUpload(length=3), ANN)
        before = world.stored()

        with pytest.raises(TooManyUploads):
            uploads.create(NewUpload(length=3), ANN)

        assert world.stored() == before
        uploads.create(NewUpload(length=3), BOB)
        uploads.append(first.fid, 0, b"abc", caller=ANN)
        uploads.create(NewUpload(length=3), ANN)

    def test_marks_that_the_dead_have_left_do_not_count(self, world: World) -> None:
        uploads = uploading(world.container, SMALL._replace(open=1))
        upload = uploads.create(NewUpload(length=3), ANN)
        world.container.uploads.delete(upload.fid)
        world.container.uploads.marks.open("ann", upload.fid)

        assert uploads.create(NewUpload(length=3), ANN).offset == 0

    @pytest.mark.parametrize(
        "metadata",
        [{"a b": "x"}, {"a,b": "x"}, {"ä": "x"}, {"": "x"}, {"a": "x" * 9_000}, {"sha256": "abc"}],
        ids=["space", "comma", "not ASCII", "empty", "too long", "no digest"],
    )
    def test_metadata_that_cannot_be_told_again_is_refused(
        self, world: World, uploads: Uploading, metadata: dict[str, str]
    ) -> None:
        with pytest.raises(InvalidUpload):
            uploads.create(NewUpload(length=3, metadata=metadata), EVERYBODY)

        assert world.stored() == []


class TestConcatenation:
    """Uploads that are made of others."""

    def test_parts_are_joined_in_the_order_given_and_may_repeat(self, uploads: Uploading) -> None:
        first = sent(uploads, b"abc", concat="partial")
        second = sent(uploads, b"defg", chunk=3, concat="partial")

        parts = [second.fid, first.fid, second.fid]
        joined = uploads.create(NewUpload(concat=parts), EVERYBODY)

        assert (joined.length, joined.offset, joined.is_complete, joined.is_final) == (11, 11, True, True)
        assert b"".join(uploads.open(joined.fid)) == b"defgabcdefg"
        assert b"".join(uploads.open(joined.fid, 3, 8)) == b"gabcd"

    def test_parts_may_be_a_package(self, world: World, uploads: Uploading) -> None:
        data = package()
        half = len(data) // 2
        parts = [
            sent(uploads, data[:half], concat="partial").fid,
            sent(uploads, data[half:], concat="partial").fid,
        ]

        joined = uploads.create(NewUpload(concat=parts, metadata={"package": "demo"}), EVERYBODY)

        assert joined.job_id is not None
        assert world.container.jobs.job(joined.job_id).state == "completed"

    def test_a_part_publishes_nothing(self, world: World, uploads: Uploading) -> None:
        part = sent(uploads, package(), concat="partial", metadata={"package": "demo"})

        assert part.job_id is None
        assert world.container.heads.get("demo") is None

    def test_nothing_is_added_to_a_final_upload(self, uploads: Uploading) -> None:
        part = sent(uploads, b"abc", concat="partial")
        joined = uploads.create(NewUpload(concat=[part.fid]), EVERYBODY)

        with pytest.raises(FinalUpload):
            uploads.append(joined.fid, 3, b"d", caller=EVERYBODY)

    def test_parts_outlive_their_end_as_long_as_they_are_needed(self, uploads: Uploading) -> None:
        part = sent(uploads, b"abc", concat="partial")
        joined = uploads.create(NewUpload(concat=[part.fid]), EVERYBODY)

        uploads.terminate(part.fid, EVERYBODY)

        assert b"".join(uploads.open(joined.fid)) == b"abc"

    def test_parts_that_cannot_be_joined_are_refused_and_not_held(
        self, world: World, uploads: Uploading
    ) -> None:
        whole = sent(uploads, b"abc")
        other = sent(uploads, b"abc", concat="partial", caller=BOB)
        unfinished = uploads.create(NewUpload(length=9, concat="partial"), EVERYBODY)
        gone = sent(uploads, b"abc", concat="partial")
        uploads.terminate(gone.fid)
        unknown = Fid("0" * 12, "00000000-0000-4000-8000-000000000000")
        good = sent(uploads, b"abc", concat="partial")
        before = world.stored()

        for bad in (whole.fid, other.fid, unfinished.fid, gone.fid, unknown):
            with pytest.raises(InvalidConcatenation):
                uploads.create(NewUpload(concat=[good.fid, bad]), EVERYBODY)
        with pytest.raises(InvalidConcatenation):
            uploads.create(NewUpload(concat=[]), EVERYBODY)
        with pytest.raises(InvalidConcatenation):
            uploads.create(NewUpload(concat=[good.fid] * 101), EVERYBODY)
        with pytest.raises(InvalidUpload):
            uploads.create(NewUpload(concat=[good.fid], length=3), EVERYBODY)

        assert world.stored() == before


class TestPackages:
    """Uploads that name a package become versions through the one pipeline."""

    def test_a_small_one_is_published_when_its_last_bytes_are_there(
        self, world: World, uploads: Uploading
    ) -> None:
        data = package()

        upload = sent(
            uploads,
            data,
            chunk=100,
            caller=ANN,
            metadata={"package": "demo", "tag": "next", "sha256": hashlib.sha256(data).hexdigest()},
        )

        assert upload.job_id is not None
        assert world.container.jobs.job(upload.job_id).state == "completed"
        head = world.fresh().heads.get("demo")
        assert head is not None
        assert head.view.tags["next"] == "1.0.0"
        assert head.events[0].actor == "ann"

    def test_the_same_bytes_again_have_the_same_job(self, uploads: Uploading) -> None:
        first = sent(uploads, package(), metadata={"package": "demo"})
        second = sent(uploads, package(), metadata={"package": "demo", "tag": "next"})

        assert first.job_id == second.job_id
        assert second.error is None

    def test_a_large_one_is_left_to_a_job(
        self, world: World, uploads: Uploading, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        announced: list[str] = []
        world.container.announce = announced.append
        monkeypatch.setattr(finishing_module, "PUBLISHED_AT_ONCE", 1)
        monkeypatch.setattr(finishing_module, "FINISHED_AT_ONCE", 10)

        upload = sent(uploads, package(), metadata={"package": "demo"})
        again = uploads.find(upload.fid, EVERYBODY)

        assert upload.is_complete
        assert upload.job_id == again.job_id == f"upload-{upload.fid.sid}-{upload.fid.uuid}"
        assert announced == [upload.job_id]
        assert world.container.working.work(announced[0]).state == "completed"
        assert world.container.jobs.job(announced[0]).state == "completed"
        assert [kept.stage for kept in world.container.jobs.checkpoints(announced[0]).checkpoints] == [
            "finish"
        ]
        published = uploads.find(upload.fid, EVERYBODY).job_id
        assert announced == [upload.job_id, published]
        assert world.container.publishing.work(announced[1]).state == "completed"
        assert world.container.heads.get("demo") is not None

    def test_what_is_no_package_is_told_by_its_job(self, world: World, uploads: Uploading) -> None:
        upload = sent(uploads, content(500), metadata={"package": "demo"})

        assert upload.job_id is not None
        job = world.container.jobs.job(upload.job_id)
        assert job.state == "failed"
        assert world.container.heads.get("demo") is None

    def test_other_bytes_than_were_declared_are_told_by_the_upload(self, uploads: Uploading) -> None:
        upload = sent(uploads, package(), metadata={"package": "demo", "sha256": "0" * 64})

        assert upload.is_complete
        assert upload.job_id is None
        assert upload.error is not None
        assert upload.error.code == "digest_mismatch"

    @pytest.mark.parametrize(
        ("metadata", "length", "error"),
        [
            pytest.param({"package": "../x"}, 10, InvalidName, id="no name"),
            pytest.param({"package": "demo", "tag": "1.0.0"}, 10, InvalidTag, id="no tag"),
            pytest.param({"package": "demo"}, 0, InvalidUpload, id="no bytes"),
            pytest.param({"package": "demo"}, (1 << 30) + 1, TooManyBytes, id="too large"),
            pytest.param({"package": "other"}, 10, PackageForbidden, id="not theirs"),
        ],
    )
    def test_what_would_be_refused_is_refused_at_once(
        self, world: World, uploads: Uploading, metadata: dict[str, str], length: int, error: type[PrismError]
    ) -> None:
        caller = Caller("ann", implied(["publish"]), PackagePatterns(("demo",)))

        with pytest.raises(error):
            uploads.create(NewUpload(length=length, metadata=metadata), caller)

        assert world.stored() == []

    def test_without_a_token_the_publisher_is_who_is_named(self, world: World, uploads: Uploading) -> None:
        sent(uploads, package(), metadata={"package": "demo", "publisher": "Ann"})

        head = world.container.heads.get("demo")
        assert head is not None
        assert head.events[0].actor == "Ann"


class TestFilesInABucket:
    """Where clients can be sent to the medium, a file is one object there."""

    @pytest.fixture
    def world(self, s3_emulator: S3Emulator) -> World:
        return s3_world(s3_emulator.endpoint, s3_emulator.new_bucket())

    def test_one_chunk_is_read_as_it_is(self, world: World, uploads: Uploading) -> None:
        upload = sent(uploads, b"abc")

        url = uploads.where(upload.fid, filename="a.txt")

        assert url is not None
        assert "/chunks/" in url
        assert not upload.state.composed

    def test_several_chunks_become_one_object(self, world: World, uploads: Uploading) -> None:
        data = content(1_000)

        upload = sent(uploads, data, chunk=400)

        assert upload.state.composed
        assert "/file?" in str(uploads.where(upload.fid))
        assert b"".join(world.medium.stream(world.container.uploads.get_filename(upload.fid))) == data

    def test_a_large_file_becomes_one_object_by_a_job(
        self, world: World, uploads: Uploading, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        announced: list[str] = []
        world.container.announce = announced.append
        monkeypatch.setattr(finishing_module, "FINISHED_AT_ONCE", 10)

        upload = sent(uploads, content(1_000), chunk=400)

        assert upload.is_complete
        assert uploads.where(upload.fid) is None
        assert world.container.working.work(announced[0]).state == "completed"
        assert "/file?" in str(uploads.where(upload.fid))
