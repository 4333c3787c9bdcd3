"""Whatever fails at whichever call, no acknowledged byte is lost and no wrong byte is taken.

The first three are those at which uploads to buckets are known to lose bytes elsewhere: a process that dies while it
writes a small tail anew, one part of several that is lost, and a request of a dead process that is carried out late.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

import pytest

from chalicelib.container import Container
from chalicelib.domain.access import EVERYBODY
from chalicelib.domain.uploads.errors import UploadOffsetConflict
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.uploading import NewUpload, Upload
from chalicelib.storage.port import ObjectStore, StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from chalicelib.storage.wrappers.passing import PassingStore
from tests.services.uploading.senders import Sender, content, uploading
from tests.worlds import World, filesystem_world, memory_world, package, s3_world

Answer = TypeVar("Answer")
MIB = 1 << 20
SECONDS = 30


@pytest.fixture(params=["filesystem", "localstack"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    if request.param == "filesystem":
        return filesystem_world(tmp_path / "root")
    emulator = request.getfixturevalue("localstack")
    return s3_world(emulator.endpoint, emulator.new_bucket())


class Holding(PassingStore):
    """Holds back the write of a chunk until it is let go, as a network may that has lost its client."""

    def __init__(self, inner: ObjectStore) -> None:
        super().__init__(inner)
        self.held, self.let_go = Event(), Event()

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if verb == "put" and "/chunks/" in key:
            self.held.set()
            assert self.let_go.wait(SECONDS)
        return call()


def begun(world: World, length: int) -> Fid:
    """Begin an upload."""
    return uploading(world.fresh()).create(NewUpload(length=length), EVERYBODY).fid


def offset(world: World, fid: Fid) -> int:
    """Answer how far an upload is, as a process says that knows nothing."""
    return uploading(world.fresh()).find(fid, EVERYBODY).offset


def rest(world: World, fid: Fid, data: bytes, chunk: int) -> bytes:
    """Send what is missing, from where the upload is; answers the bytes that it has at the end."""
    while (at := offset(world, fid)) < len(data):
        uploading(world.fresh()).append(fid, at, data[at : at + chunk], caller=EVERYBODY)
    return b"".join(uploading(world.fresh()).open(fid))


@pytest.mark.parametrize("fault", [Fault.DEATH_BEFORE, Fault.DEATH_AFTER])
def test_a_process_that_dies_while_it_adds_takes_nothing_with_it(world: World, fault: Fault) -> None:
    data = content(3 * MIB)
    fid = begun(world, len(data))
    uploading(world.fresh()).append(fid, 0, data[:MIB], caller=EVERYBODY)

    for at in count(1):
        dying = FaultyStore(world.medium, fault, at=at)
        with suppress(Death):
            uploading(world.fresh(dying)).append(fid, MIB, data[MIB : 2 * MIB], caller=EVERYBODY)
        assert offset(world, fid) in ({MIB, 2 * MIB} if dying.struck else {2 * MIB})
        if offset(world, fid) == 2 * MIB:
            break

    assert at >= 4, "there were calls to die at"
    assert rest(world, fid, data, MIB) == data


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.LOST_RESPONSE])
def test_a_chunk_that_is_lost_among_others_leaves_no_hole(world: World, fault: Fault) -> None:
    data = content(4 * MIB)
    fid = begun(world, len(data))
    uploading(world.fresh()).append(fid, 0, data[:MIB], caller=EVERYBODY)
    failing = FaultyStore(world.medium, fault, at=1, within="/chunks/", times=1)
    while not failing.struck:
        with pytest.raises(StorageUnavailable):
            uploading(world.fresh(failing)).append(fid, MIB, data[MIB : 2 * MIB], caller=EVERYBODY)

    # Those that were sent behind it meanwhile find no place.
    for start in (2 * MIB, 3 * MIB):
        if offset(world, fid) != start:
            with pytest.raises(UploadOffsetConflict):
                uploading(world.fresh()).append(fid, start, data[start : start + MIB], caller=EVERYBODY)

    assert rest(world, fid, data, MIB) == data


def test_a_request_of_a_dead_process_that_is_carried_out_late_changes_nothing(world: World) -> None:
    data = content(4 * MIB)
    fid = begun(world, len(data))
    holding = Holding(world.medium)
    outcomes: list[object] = []

    def zombie() -> None:
        try:
            outcomes.append(uploading(world.fresh(holding)).append(fid, 0, data[: MIB - 5], caller=EVERYBODY))
        except UploadOffsetConflict as error:
            outcomes.append(error.facts["offset"])

    thread = Thread(target=zombie)
    thread.start()
    assert holding.held.wait(SECONDS)
    for start in (0, MIB):
        uploading(world.fresh()).append(fid, start, data[start : start + MIB], caller=EVERYBODY)
    holding.let_go.set()
    thread.join()

    assert outcomes == [2 * MIB]
    assert offset(world, fid) == 2 * MIB
    assert rest(world, fid, data, MIB) == data


FAULTS = list(Fault)
KINDS = {"file": {}, "package": {"package": "demo"}}


def failing_once(world: World, fault: Fault, at: int) -> tuple[Callable[[], Container], FaultyStore]:
    """Answer processes of which the one fails that makes the call with this number."""
    faulty = FaultyStore(world.medium, fault, at=at)

    def process() -> Container:
        # Once it has failed, everything goes to others.
        return world.fresh(world.medium if faulty.struck else faulty)

    return process, faulty


def worlds_of(kind: str, tmp_path: Path) -> Iterator[World]:
    """Answer new registries, one after the other."""
    for number in count():
        yield memory_world() if kind == "memory" else filesystem_world(tmp_path / str(number))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize(("medium", "step"), [("memory", 1), ("filesystem", 9)])
def test_an_upload_comes_whole_through_a_fault_at_any_call(
    medium: str, step: int, kind: str, fault: Fault, tmp_path: Path
) -> None:
    data = package() if kind == "package" else content(1_000)
    worlds = worlds_of(medium, tmp_path)

    for at in count(1, step):
        world = next(worlds)
        process, faulty = failing_once(world, fault, at)

        upload = Sender(process, data, chunk=len(data) // 3 + 1, metadata=KINDS[kind]).send()

        ended = uploading(world.fresh()).find(upload.fid, EVERYBODY)
        assert ended.is_complete
        assert b"".join(uploading(world.fresh()).open(upload.fid)) == data
        if kind == "package":
            check_published(world, ended.job_id)
        if not faulty.struck:
            break
    assert at > 2 * step, "there were calls to fail at"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_an_upload_made_of_others_comes_whole_through_a_fault_at_any_call(fault: Fault) -> None:
    first, second = content(400, 1), content(300, 2)

    for at in count(1):
        world = memory_world()
        process, faulty = failing_once(world, fault, at)
        parts = [Sender(process, part, 150, concat="partial").send().fid for part in (first, second)]

        upload = FinalSender(process, b"", 1, concat=parts).send()

        assert upload.length == 700
        assert b"".join(uploading(world.fresh()).open(upload.fid)) == first + second
        if not faulty.struck:
            break


class FinalSender(Sender):
    """Makes an upload of others."""

    def _begun(self) -> Upload:
        while True:
            try:
                return uploading(self.process()).create(NewUpload(concat=self.concat), EVERYBODY)
            except (Death, StorageUnavailable):
                continue


def check_published(world: World, job_id: str | None) -> None:
    """Hold a package to be visible, or to become so by the next sweep."""
    container = world.later()
    assert job_id is not None
    if container.jobs.job(job_id).state != "completed":
        container.publishing.work(job_id)
    head = world.later().heads.get("demo")
    assert head is not None
    assert list(head.view.versions) == ["1.0.0"]
