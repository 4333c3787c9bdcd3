"""Buckets that have ended are removed, and files that nobody can download any more."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.container import Container
from chalicelib.domain.access import EVERYBODY, Caller
from chalicelib.domain.buckets.documents import Hold
from chalicelib.domain.buckets.errors import BucketNotFound
from chalicelib.domain.sweeping import TaskReport
from chalicelib.domain.times import timestamp
from chalicelib.domain.uploads.errors import UploadEnded
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.buckets import Change, NewBucket
from chalicelib.services.buckets.downloading import SPENT_FOR
from chalicelib.services.buckets.values import BucketMade
from chalicelib.services.uploading import NewUpload
from chalicelib.storage.port import ObjectStore
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from chalicelib.stores.uploads import LINGERING
from tests.worlds import World, filesystem_world, memory_world

DATA = b"x" * 1000
HOUR = timedelta(hours=1)


@pytest.fixture(params=["memory", "filesystem"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return memory_world() if request.param == "memory" else filesystem_world(tmp_path)


def at(world: World, passed: timedelta, store: ObjectStore | None = None) -> Container:
    """Answer another process, so much later."""
    return Container(world.settings, store=store or world.store, now=lambda: datetime.now(UTC) + passed)


def sweep(container: Container) -> TaskReport:
    report = container.sweeping.sweep(60)
    return next(task for task in report.tasks if task.name == "buckets")


def owner(made: BucketMade) -> Caller:
    return Caller(scopes=EVERYBODY.scopes, bucket_key=made.owner_key)


def filled(
    container: Container, *, retention: int = 3600, downloads: int | None = None
) -> tuple[BucketMade, Fid]:
    """Make a bucket of one file that is kept for an hour."""
    made = container.buckets.make(NewBucket(retention, downloads), EVERYBODY)
    fid = container.uploading.create(NewUpload(length=len(DATA), sid=made.sid), owner(made)).fid
    container.uploading.append(fid, 0, DATA, caller=owner(made))
    return made, fid


def keys_of(world: World, sid: str) -> list[str]:
    room = world.container.artifact_keys.upload_files(sid)
    return [key for key in world.stored() if key.startswith(room)]


def test_a_bucket_is_removed_some_time_after_its_end(world: World) -> None:
    made, fid = filled(world.container)
    end = HOUR + LINGERING

    early, late = sweep(at(world, end - timedelta(minutes=1))), sweep(at(world, end + timedelta(minutes=1)))

    assert (early.done, early.failed) == (0, 0)
    assert late.named == [f"{made.sid} removed"]
    assert keys_of(world, made.sid) == [world.container.artifact_keys.upload_gone(*fid)]
    assert not any(key.startswith(world.container.artifact_keys.bucket_endings) for key in world.stored())
    with pytest.raises(BucketNotFound):
        world.container.buckets.find(made.sid)


def test_a_bucket_that_is_kept_for_longer_is_left(world: World) -> None:
    made, fid = filled(world.container)
    world.container.buckets.change(made.sid, Change(retention=3 * 3600), owner(made))

    report = sweep(at(world, HOUR + LINGERING + timedelta(minutes=1)))
    later = sweep(at(world, 3 * HOUR + LINGERING + timedelta(minutes=1)))

    assert (report.done, report.failed) == (0, 0)
    assert later.named == [f"{made.sid} removed"]
    with pytest.raises(UploadEnded):
        world.container.uploads.info(fid)


def test_a_file_that_nobody_can_download_any_more_is_removed_a_day_later(world: World) -> None:
    made, fid = filled(world.container, downloads=1, retention=7 * 24 * 3600)
    other = world.container.uploading.create(NewUpload(length=0, sid=made.sid), owner(made)).fid
    container = world.container
    found = container.buckets.file(container.buckets.find(made.sid), fid.uuid)
    assert b"".join(container.downloading.read_once(found)) == DATA

    early = sweep(at(world, SPENT_FOR - HOUR))
    late = sweep(at(world, SPENT_FOR + HOUR))

    assert (early.done, late.named) == (0, [f"{fid} removed"])
    with pytest.raises(UploadEnded):
        container.uploads.info(fid)
    assert container.uploads.info(other).is_complete


def test_nothing_is_removed_while_a_download_runs(world: World) -> None:
    made, fid = filled(world.container, downloads=1)
    after = HOUR + LINGERING + timedelta(minutes=1)
    last = at(world, HOUR - timedelta(seconds=1))
    found = last.buckets.file(last.buckets.find(made.sid), fid.uuid)
    chunks = last.downloading.read_once(found)
    next(chunks)
    # As it goes on it is renewed, so it lives at the moment of the sweep.
    until = timestamp(datetime.now(UTC) + after + timedelta(minutes=1))
    last.downloads.change(
        fid, lambda slots: slots.model_copy(update={"holds": [Hold(id=slots.holds[0].id, until=until)]})
    )

    during = sweep(at(world, after))
    chunks.close()  # type: ignore[attr-defined]
    again = sweep(at(world, after + 2 * HOUR))

    assert (during.done, during.failed) == (0, 0)
    assert again.named == [f"{made.sid} removed"]


@pytest.mark.parametrize("fault", [Fault.DEATH_BEFORE, Fault.DEATH_AFTER])
def test_whoever_dies_while_removing_is_followed_by_another(fault: Fault) -> None:
    number, struck, after = 0, True, HOUR + LINGERING + timedelta(minutes=1)
    while struck:
        number += 1
        world = memory_world()
        made, _ = filled(world.container)
        faulty = FaultyStore(world.medium, fault, at=number, within="uploads/")
        with suppress(Death):
            sweep(at(world, after, faulty))
        struck = faulty.struck

        report = sweep(at(world, after + 2 * HOUR))

        assert report.failed == 0
        assert all(key.endswith("gone.json") for key in keys_of(world, made.sid)), number
    assert number > 8
