"""Archives are made once, of what there is, and told to those who may see it."""

import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.container import Container
from chalicelib.domain.archives.documents import ArchiveFormat
from chalicelib.domain.archives.errors import (
    ArchiveFailed,
    ArchiveMemberGone,
    ArchiveNotFound,
    ArchiveTooLarge,
    EmptyArchive,
)
from chalicelib.domain.buckets.errors import BucketNotFound
from chalicelib.domain.errors import InvalidSpec, PackageNotFound, VersionNotFound
from chalicelib.domain.executions.errors import JobNotFound, JobUnfinished
from chalicelib.domain.head import Change
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns
from chalicelib.domain.specs import PackageSpec
from chalicelib.services import archiving
from chalicelib.services.archiving import Standing, job_of
from chalicelib.services.archiving.buckets import COUNTED
from chalicelib.services.buckets import Visitor
from chalicelib.settings import Settings
from chalicelib.storage.port import ObjectInfo, ObjectStore
from chalicelib.storage.wrappers.passing import PassingStore
from tests.services.archiving.shelves import SID, Shelf, process
from tests.worlds import World, filesystem_world, memory_world, mixed_world, package, publish

NOBODY = Visitor()


def find(container: Container, archive_id: str, packages: PackagePatterns = EVERY_PACKAGE) -> Standing:
    archive = container.archiving.description(archive_id)
    if archive is None:
        raise ArchiveNotFound(archive_id)
    return container.archiving.of(archive, NOBODY, packages)


@pytest.fixture
def world() -> World:
    world = memory_world()
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        publish(world.container, version)
    publish(world.container, "3.0.0", name="@acme/demo")
    return world


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing made while its requester waits."""
    monkeypatch.setattr(archiving, "AT_ONCE_BYTES", -1)


def order(container: Container, *specs: str, kind: ArchiveFormat = "zip") -> Standing:
    return container.archiving.of_packages([PackageSpec.parse(spec) for spec in specs], kind).standing


def content(container: Container, standing: Standing) -> bytes:
    assert standing.info is not None
    return b"".join(container.archiving.open(standing.archive, 0, standing.info.size))


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert read.testzip() is None
        return {info.filename: read.read(info) for info in read.infolist()}


def untarred(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as read:
        return {info.name: (read.extractfile(info) or io.BytesIO()).read() for info in read}


UNPACK: dict[ArchiveFormat, Callable[[bytes], dict[str, bytes]]] = {"zip": unzipped, "tar.gz": untarred}


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
class TestPackages:
    """Archives of packages."""

    def test_it_holds_the_tarballs_of_the_versions_that_specs_pick(
        self, world: World, kind: ArchiveFormat
    ) -> None:
        standing = order(world.container, "demo@^1", "@acme/demo", "demo@latest", kind=kind)

        assert UNPACK[kind](content(world.container, standing)) == {
            "acme-demo-3.0.0.tgz": package("3.0.0", name="@acme/demo"),
            "demo-1.1.0.tgz": package("1.1.0"),
            "demo-2.0.0.tgz": package("2.0.0"),
        }

    def test_the_same_versions_are_the_same_archive_and_the_same_bytes(
        self, world: World, kind: ArchiveFormat
    ) -> None:
        first = order(world.container, "demo@1.0.0", "demo@2.0.0", kind=kind)
        data = content(world.container, first)
        world.store.reset()
        again = order(world.fresh(), "demo@latest", "demo@=1.0.0", "demo@2", kind=kind)

        assert again.archive == first.archive
        assert again.info == first.info
        assert not [call for call in world.store.calls if call.verb.startswith("put")]
        world.medium.delete(
            next(key for key in world.stored() if first.archive.id in key and not key.endswith(".json"))
        )
        assert content(world.container, order(world.fresh(), "demo@1.0.0", "demo@2.0.0", kind=kind)) == data

    def test_it_is_the_same_over_a_folder(self, world: World, kind: ArchiveFormat, tmp_path: Path) -> None:
        wanted = content(world.container, order(world.container, "demo@1.0.0", kind=kind))

        for other in (filesystem_world(tmp_path / "whole"), mixed_world(tmp_path / "mixed")):
            publish(other.container)
            assert content(other.container, order(other.container, "demo@1.0.0", kind=kind)) == wanted


def test_a_job_makes_what_is_larger(world: World, patient: None) -> None:
    announced: list[str] = []
    asking, worker = world.fresh(), world.fresh()
    asking.announce = announced.append

    first = order(asking, "demo@2")
    second = order(world.fresh(), "demo@2")

    assert (first.info, first.job) == (None, second.job)
    assert first.job is not None
    assert (first.job.state, announced) == ("queued", [first.job.id])
    assert worker.working.work(first.job.id).state == "completed"
    assert order(world.fresh(), "demo@2").info is not None
    assert worker.working.work(first.job.id).state == "completed"


def test_many_who_ask_at_once_are_told_of_one_job(world: World, patient: None) -> None:
    asked: list[Standing] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        process = world.fresh()
        barrier.wait()
        asked.append(order(process, "demo@2"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    jobs = {standing.job.id for standing in asked if standing.job}
    assert len(asked) == 8
    assert len(jobs) == 1
    queued = [key for key in _keys(world) if "/state/queued/" in key]
    assert len(queued) == 1


def test_what_is_made_already_is_not_made_again_by_who_comes_late(world: World, patient: None) -> None:
    job = order(world.container, "demo@2").job
    assert job is not None
    made = world.fresh().working.work(job.id)
    world.container.executions.store_job(made.changed(status="running", attempts=0, finished_at=None))
    world.store.reset()

    assert world.fresh().working.work(job.id).state == "completed"

    assert not [call for call in world.store.calls if call.verb == "put_stream"]


class TestRefusals:
    """What is refused, with nothing left behind."""

    @pytest.mark.parametrize(
        ("specs", "error"),
        [
            pytest.param([], EmptyArchive, id="nothing"),
            pytest.param(["demo@9"], VersionNotFound, id="no-such-version"),
            pytest.param(["demo", "none"], PackageNotFound, id="no-such-package"),
            pytest.param(["demo@1/index.js"], InvalidSpec, id="a-file-of-a-package"),
        ],
    )
    def test_a_request_for_what_is_not_there(
        self, world: World, specs: list[str], error: type[Exception]
    ) -> None:
        before = world.stored()

        with pytest.raises(error):
            order(world.container, *specs)

        assert world.stored() == before

    def test_too_many_bytes(self, world: World) -> None:
        settings = Settings(storage_driver="memory", max_archive_bytes=10)
        with pytest.raises(ArchiveTooLarge) as refused:
            order(Container(settings, store=world.store), "demo@1.0.0")

        assert refused.value.facts == {"limit": 10, "count": len(package("1.0.0"))}

    def test_too_many_members(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archiving, "MAX_MEMBERS", 2)

        with pytest.raises(ArchiveTooLarge):
            order(world.container, "demo@1.0.0", "demo@1.1.0", "demo@2.0.0")

    def test_a_bucket_that_there_is_not(self, world: World) -> None:
        with pytest.raises(BucketNotFound):
            world.container.archiving.of_bucket(SID, "zip", NOBODY)


class TestFinding:
    """Looking for an archive that somebody asked for."""

    def test_it_is_told_how_things_stand(self, world: World, patient: None) -> None:
        standing = order(world.container, "demo@2")
        assert standing.job is not None

        assert find(world.fresh(), standing.archive.id).job == standing.job
        world.fresh().working.work(standing.job.id)

        assert find(world.fresh(), standing.archive.id).info is not None

    @pytest.mark.parametrize("wanted", ["0" * 64, "..", "x/y", ""])
    def test_one_that_nobody_asked_for_is_not_found(self, world: World, wanted: str) -> None:
        with pytest.raises(ArchiveNotFound):
            find(world.container, wanted)

    def test_who_may_not_see_a_package_in_it_does_not_find_it(self, world: World) -> None:
        archive = order(world.container, "demo@2", "@acme/demo").archive

        with pytest.raises(ArchiveNotFound):
            find(world.container, archive.id, PackagePatterns.parse(["demo"]))
        assert find(world.container, archive.id, PackagePatterns.parse(["demo", "@acme/*"])).info

    def test_one_of_which_something_was_unpublished_is_removed(self, world: World) -> None:
        archive = order(world.container, "demo@2.0.0", "@acme/demo").archive
        _unpublish(world.container, "demo", "2.0.0")

        with pytest.raises(ArchiveMemberGone) as gone:
            find(world.fresh(), archive.id)

        assert gone.value.facts["member"] == "demo-2.0.0.tgz"
        assert not [key for key in world.stored() if archive.id in key and key.endswith(".zip")]


class TestBuckets:
    """Archives of buckets."""

    @pytest.mark.parametrize("kind", ["zip", "tar.gz"])
    def test_it_holds_the_files_under_names_that_are_safe_and_unlike_each_other(
        self, world: World, kind: ArchiveFormat
    ) -> None:
        shelf = Shelf({"/a.txt": b"one", "b.txt": b"", "_a.txt": b"three" * 10_000})
        container = process(world, shelf)

        standing = container.archiving.of_bucket(SID, kind, NOBODY).standing

        assert UNPACK[kind](content(container, standing)) == {
            "_a.txt": b"one",
            "b.txt": b"",
            "_a (2).txt": b"three" * 10_000,
        }

    def test_files_for_so_many_downloads_are_left_out_and_told(self, world: World) -> None:
        ordered = process(world, Shelf({"a": b"1"}, left_out=("secret",))).archiving.of_bucket(
            SID, "zip", NOBODY
        )

        assert [(one.name, one.reason) for one in ordered.left_out] == [("secret", COUNTED)]
        assert [member.name for member in ordered.standing.archive.members] == ["a"]
        with pytest.raises(EmptyArchive):
            process(world, Shelf(left_out=("secret",))).archiving.of_bucket(SID, "zip", NOBODY)

    def test_a_file_that_vanishes_fails_the_job_and_leaves_nothing(self, world: World, patient: None) -> None:
        shelf = Shelf({"a": b"1", "b": b"2"})
        container = process(world, shelf)
        standing = container.archiving.of_bucket(SID, "zip", NOBODY).standing
        assert standing.job is not None
        del shelf.files[f"{SID}++1"]

        job = container.working.work(standing.job.id)

        assert job.error is not None
        assert (job.state, job.error.code, job.error.is_retryable) == ("failed", "archive_member_gone", False)
        assert not [key for key in world.stored() if key.endswith(".zip")]
        shelf.add(f"{SID}++1", "b", 1, lambda: iter([b"2"]))
        with pytest.raises(ArchiveFailed) as failed:
            find(container, standing.archive.id)
        assert failed.value.facts["reason"] == "archive_member_gone"

    @pytest.mark.parametrize("size", [2, 4, 5 << 20], ids=["fewer", "more", "far-more"])
    @pytest.mark.parametrize("kind", ["zip", "tar.gz"])
    def test_a_file_of_another_size_than_was_told_fails_the_job(
        self, world: World, size: int, kind: ArchiveFormat, patient: None
    ) -> None:
        shelf = Shelf()
        shelf.add("f", "a", 3, lambda: iter([bytes(size)]))
        container = process(world, shelf)
        standing = container.archiving.of_bucket(SID, kind, NOBODY).standing
        assert standing.job is not None

        assert container.working.work(standing.job.id).state == "failed"
        assert not [key for key in world.stored() if "archives/" in key and not key.endswith(".json")]

    def test_a_large_file_that_changes_while_it_is_read_fails_the_job(self, world: World) -> None:
        shelf, fills = Shelf(), iter([b"a", b"b"])
        shelf.add("f", "a", 9 << 20, lambda: iter([next(fills) * (9 << 20)]))
        container = process(world, shelf)
        standing = container.archiving.of_bucket(SID, "zip", NOBODY).standing
        assert standing.job is not None

        assert container.working.work(standing.job.id).state == "failed"

    def test_one_that_failed_is_made_when_it_is_asked_for_again(self, world: World, patient: None) -> None:
        shelf = Shelf({"a": b"1"})
        container = process(world, shelf)
        standing = container.archiving.of_bucket(SID, "zip", NOBODY).standing
        file = shelf.files.pop(f"{SID}++0")
        assert standing.job is not None
        assert container.working.work(standing.job.id).state == "failed"
        shelf.files[f"{SID}++0"] = file

        again = container.archiving.of_bucket(SID, "zip", NOBODY).standing

        assert again.job is not None
        assert (again.job.id, again.job.state, again.job.replays) == (standing.job.id, "queued", 1)
        assert container.working.work(again.job.id).state == "completed"


class TestReplaying:
    """Doing the job of an archive again."""

    def test_it_makes_an_archive_that_was_lost(self, world: World) -> None:
        archive = order(world.container, "demo@2").archive
        lost = next(key for key in world.stored() if key.endswith(f"{archive.id}.zip"))
        world.medium.delete(lost)

        assert world.fresh().working.replay(job_of(archive.id)).state == "queued"
        with pytest.raises(JobUnfinished):
            world.fresh().working.replay(job_of(archive.id))

        assert world.fresh().working.work(job_of(archive.id)).state == "completed"
        assert lost in world.stored()

    def test_one_that_nobody_knows_any_more_is_not_made_again(self, world: World) -> None:
        archive = order(world.container, "demo@2").archive
        world.medium.delete(world.container.keys.archive_members(archive.id))

        with pytest.raises(ArchiveNotFound):
            world.fresh().working.replay(job_of(archive.id))
        with pytest.raises(JobNotFound):
            world.fresh().working.work(job_of("0" * 64))


class AgedStore(PassingStore):
    """A store in which everything was written eight days ago that was not written through it."""

    def __init__(self, inner: ObjectStore) -> None:
        super().__init__(inner)
        self._written: set[str] = set()

    def put_stream(
        self, key: str, chunks: Iterable[bytes], *, if_absent: bool = False, content_type: str | None = None
    ) -> str:
        etag = self.inner.put_stream(key, chunks, if_absent=if_absent, content_type=content_type)
        self._written.add(key)
        return etag

    def head(self, key: str) -> ObjectInfo:
        info = self.inner.head(key)
        return info if key in self._written else info._replace(modified=info.modified - timedelta(days=8))


class TestAge:
    """How long an archive serves."""

    def test_one_that_serves_no_longer_is_made_again_in_its_place(self, world: World) -> None:
        first = order(world.container, "demo@2")
        data = content(world.container, first)
        later = world.fresh(AgedStore(world.store))
        with pytest.raises(ArchiveNotFound):
            find(later, first.archive.id)

        again = order(later, "demo@2")

        assert again.archive == first.archive
        assert again.info != first.info
        assert content(later, again) == data

    def test_it_is_told_until_when(self, world: World) -> None:
        standing = order(world.container, "demo@2")

        assert standing.expires == _modified(standing) + timedelta(days=7)


def _modified(standing: Standing) -> datetime:
    assert standing.info is not None
    return standing.info.modified


def _keys(world: World) -> list[str]:
    return [getattr(info, "key", "") for info in world.medium.list("")]


def _unpublish(container: Container, name: str, version: str) -> None:
    container.heads.change(name, lambda _: Change(type="unpublish", version=version), actor="root")


def test_ten_thousand_members_are_put_into_one(patient: None, tmp_path: Path) -> None:
    world = filesystem_world(tmp_path)
    shelf = Shelf()
    for number in range(10_000):
        shelf.add(f"{number}", f"{number:05}.txt", 5, lambda number=number: iter([b"%05d" % number]))  # type: ignore[misc]  # a default binds it
    container = process(world, shelf)

    standing = container.archiving.of_bucket(SID, "zip", NOBODY).standing
    assert standing.job is not None
    assert container.working.work(standing.job.id).state == "completed"

    files = unzipped(content(container, find(container, standing.archive.id)))
    assert len(files) == 10_000
    assert all(name == f"{data.decode()}.txt" for name, data in files.items())
