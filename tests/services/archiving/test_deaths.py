"""Whoever dies wherever, the next one comes to the end; and nobody ever sees half an archive."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest

from chalicelib.container import Container
from chalicelib.services import archiving
from chalicelib.services.buckets import Visitor
from chalicelib.storage.parallel import begun
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.services.archiving.shelves import SID, Shelf, process, shelved
from tests.worlds import World, memory_world

FILES = {"a.txt": b"one", "b.bin": bytes(range(256)) * 30_000, "c.txt": b""}
NOBODY = Visitor()
DEATHS = [Fault.DEATH_BEFORE, Fault.DEATH_AFTER]


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing made while its requester waits."""
    monkeypatch.setattr(archiving, "AT_ONCE_BYTES", -1)


def faulty(world: World, fault: Fault) -> Iterator[tuple[Container, FaultyStore]]:
    """Answer processes that meet a fault at their first storage call, their second and so on, until one meets none."""
    at = 1
    while True:
        store = FaultyStore(world.medium, fault, at=at)
        yield shelved(world.fresh(store), Shelf(FILES)), store
        if not store.struck:
            return
        at += 1


@contextmanager
def struck(store: FaultyStore) -> Iterator[None]:
    """Let whatever pass that a fault comes to."""
    try:
        yield
    except BaseException:
        if not store.struck:
            raise


def clean(world: World) -> None:
    for info in list(world.medium.list("")):
        world.medium.delete(getattr(info, "key", ""))


def check(world: World) -> None:
    """Make sure that there is the archive, whole, and one job that is completed."""
    (key,) = [key for key in world.stored() if key.endswith(".zip")]
    with zipfile.ZipFile(BytesIO(b"".join(world.medium.stream(key)))) as read:
        assert {info.filename: read.read(info) for info in read.infolist()} == FILES
    (job,) = world.fresh().executions.get_all_jobs()
    assert job.state == "completed"


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name)
def test_a_worker_may_fail_at_any_storage_call(fault: Fault) -> None:
    world, tried = memory_world(), 0
    for worker, store in faulty(world, fault):
        clean(world)
        job = process(world, Shelf(FILES)).archiving.of_bucket(SID, "zip", NOBODY).standing.job
        assert job is not None
        with struck(store):
            worker.working.work(job.id)
        shelved(world.later(), Shelf(FILES)).working.work(job.id)
        check(world)
        tried += 1
    assert tried > 10


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name)
def test_who_asks_may_fail_at_any_storage_call(fault: Fault) -> None:
    world, tried = memory_world(), 0
    for asking, store in faulty(world, fault):
        clean(world)
        with struck(store):
            asking.archiving.of_bucket(SID, "zip", NOBODY)
        job = process(world, Shelf(FILES)).archiving.of_bucket(SID, "zip", NOBODY).standing.job
        assert job is not None
        shelved(world.later(), Shelf(FILES)).working.work(job.id)
        check(world)
        tried += 1
    assert tried > 4


def test_an_overtaken_worker_changes_nothing() -> None:
    world, shelf = memory_world(), Shelf(FILES)
    job = process(world, shelf).archiving.of_bucket(SID, "zip", NOBODY).standing.job
    assert job is not None
    other = shelved(world.later(), Shelf(FILES))
    slow = Shelf(FILES)
    name, size, make = slow.files[f"{SID}++1"]

    def overtaken() -> Iterator[bytes]:
        begun(lambda: other.working.work(job.id))()
        yield from make()

    slow.files[f"{SID}++1"] = name, size, overtaken
    with pytest.raises(Exception) as stopped:
        shelved(world.fresh(), slow).working.work(job.id)

    assert getattr(stopped.value, "code", "") == "overtaken"
    check(world)


def test_the_sweep_takes_up_what_a_dead_worker_left() -> None:
    world = memory_world()
    job = process(world, Shelf(FILES)).archiving.of_bucket(SID, "zip", NOBODY).standing.job
    assert job is not None
    store = FaultyStore(world.medium, Fault.DEATH_BEFORE, at=1, within="archives/")
    with pytest.raises(Death):
        shelved(world.fresh(store), Shelf(FILES)).working.work(job.id)

    report = shelved(world.later(), Shelf(FILES)).sweeping.sweep(5)

    assert [told.named for told in report.tasks if told.name == "jobs"] == [[f"{job.id} completed"]]
    check(world)
