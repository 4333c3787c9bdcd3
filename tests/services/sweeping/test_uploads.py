"""What is left of uploads is finished or removed, and nothing that is still needed."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from chalicelib.domain.access import EVERYBODY
from chalicelib.domain.uploads.errors import NoSuchUpload, UploadEnded
from chalicelib.services.uploading import NewUpload, Upload
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectInfo
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.services.sweeping.swept import Registry
from tests.services.uploading.senders import content, uploading
from tests.worlds import package


class AddressedStore(MemoryStore):
    """A medium that clients can be sent to."""

    def presign_get(self, key: str, *, expires: int, **_: object) -> str | None:
        """Answer an address that nobody serves."""
        return f"https://medium.example/{key}"


@pytest.fixture
def addressed() -> Registry:
    return Registry(medium=AddressedStore())


def sent(registry: Registry, data: bytes, chunk: int = 1 << 20, **new: object) -> Upload:
    """Send an upload whole."""
    uploads = uploading(registry.process())
    upload = uploads.create(NewUpload(length=len(data), **new), EVERYBODY)  # type: ignore[arg-type]  # as named
    while not upload.is_complete:
        piece = data[upload.offset : upload.offset + chunk]
        upload = uploads.append(upload.fid, upload.offset, piece, caller=EVERYBODY)
    return upload


def left(registry: Registry) -> list[str]:
    """Answer what there is of uploads."""
    prefix = registry.process().keys.uploads
    return [
        info.key.removeprefix(prefix) for info in registry.medium.list(prefix) if isinstance(info, ObjectInfo)
    ]


def chunks(registry: Registry) -> list[str]:
    """Answer the chunks that there are."""
    return [key for key in left(registry) if "/chunks/" in key]


def read(registry: Registry, upload: Upload) -> bytes:
    """Answer the bytes of an upload."""
    return b"".join(uploading(registry.process()).open(upload.fid))


def sweep(registry: Registry) -> list[str]:
    """Sweep; answers what was done about uploads."""
    report = next(task for task in registry.sweep().tasks if task.name == "uploads")
    assert report.failures == []
    return report.named


def test_an_unfinished_upload_is_left_alone_until_it_expires(registry: Registry) -> None:
    uploads = uploading(registry.process())
    upload = uploads.create(NewUpload(length=6), EVERYBODY)
    uploads.append(upload.fid, 0, b"abc", caller=EVERYBODY)

    registry.clock.forward(days=6)

    assert sweep(registry) == []
    assert uploads.append(upload.fid, 3, b"def", caller=EVERYBODY).is_complete


def test_an_expired_upload_is_removed_and_forgotten_later(registry: Registry) -> None:
    uploads = uploading(registry.process())
    upload = uploads.create(NewUpload(length=6), EVERYBODY)
    uploads.append(upload.fid, 0, b"abc", caller=EVERYBODY)

    registry.clock.forward(days=7, hours=1)
    assert sweep(registry) == []
    registry.clock.forward(hours=1)
    assert sweep(registry) == [f"{upload.fid} expired"]

    assert chunks(registry) == []
    with pytest.raises(UploadEnded):
        uploading(registry.process()).find(upload.fid)
    registry.clock.forward(days=7, hours=1)
    assert sweep(registry) == [f"{upload.fid} forgotten"]
    assert left(registry) == []
    with pytest.raises(NoSuchUpload):
        uploading(registry.process()).find(upload.fid)


def test_an_upload_that_is_to_be_kept_longer_is_kept(registry: Registry) -> None:
    upload = sent(registry, b"abc")
    until = "2026-02-20T00:00:00.000Z"
    registry.process().uploads.update(upload.fid, lambda was: was.model_copy(update={"expires": until}))

    registry.clock.forward(days=20)
    sweep(registry)
    assert read(registry, upload) == b"abc"
    registry.clock.forward(days=31)
    assert sweep(registry) == [f"{upload.fid} expired"]


def test_what_a_terminated_upload_has_left_is_removed(registry: Registry) -> None:
    upload = sent(registry, content(500), chunk=100)
    dying = FaultyStore(registry.store, Fault.DEATH_AFTER, at=1, within="gone.json")
    with pytest.raises(Death):
        uploading(registry.process(dying)).terminate(upload.fid)
    assert len(chunks(registry)) == 5

    registry.clock.forward(days=8)
    sweep(registry)

    assert chunks(registry) == []


@pytest.mark.parametrize("metadata", [{}, {"package": "demo"}], ids=["file", "package"])
def test_a_complete_upload_whose_process_died_is_finished(
    registry: Registry, metadata: dict[str, str]
) -> None:
    data = package()
    upload = uploading(registry.process()).create(NewUpload(len(data), metadata), EVERYBODY)
    dying = FaultyStore(registry.store, Fault.DEATH_AFTER, at=1, within="/chunks/9")
    with pytest.raises(Death):
        uploading(registry.process(dying)).append(upload.fid, 0, data, caller=EVERYBODY)

    assert sweep(registry) == []
    registry.clock.forward(minutes=6)
    assert sweep(registry) == [f"{upload.fid} finished"]

    assert (registry.process().heads.get("demo") is not None) == bool(metadata)
    assert [key for key in left(registry) if key.startswith("open/")] == []


def test_a_package_is_removed_a_day_after_it_has_become_a_job(registry: Registry) -> None:
    upload = sent(registry, package(), metadata={"package": "demo"})

    registry.clock.forward(hours=23)
    assert sweep(registry) == []
    registry.clock.forward(hours=2)
    assert sweep(registry) == [f"{upload.fid} published"]

    assert chunks(registry) == []
    assert registry.process().heads.get("demo") is not None


def test_the_chunks_of_one_object_are_removed_a_day_later(addressed: Registry) -> None:
    data = content(1_000)
    upload = sent(addressed, data, chunk=300)

    addressed.clock.forward(hours=23)
    assert sweep(addressed) == []
    assert len(chunks(addressed)) == 4
    addressed.clock.forward(hours=2)
    assert sweep(addressed) == [f"{upload.fid} is one object"]

    assert chunks(addressed) == []
    assert read(addressed, upload) == data
    addressed.clock.forward(days=7)
    assert sweep(addressed) == [f"{upload.fid} expired"]


def test_chunks_that_are_the_only_bytes_are_kept(registry: Registry, addressed: Registry) -> None:
    for kind, chunk in ((registry, 300), (addressed, 1_000)):
        data = content(1_000)
        upload = sent(kind, data, chunk=chunk)

        kind.clock.forward(days=6)
        sweep(kind)

        assert read(kind, upload) == data


def test_parts_are_kept_as_long_as_an_upload_is_made_of_them(registry: Registry) -> None:
    part = sent(registry, b"abc", concat="partial")
    registry.clock.forward(days=5)
    joined = uploading(registry.process()).create(NewUpload(concat=[part.fid]), EVERYBODY)

    registry.clock.forward(days=4)
    assert sweep(registry) == [f"{part.fid} expired"]
    assert read(registry, joined) == b"abc"
    registry.clock.forward(days=4)
    assert sweep(registry)[0] == f"{joined.fid} expired"
    registry.clock.forward(hours=2)
    sweep(registry)

    assert chunks(registry) == []
    registry.clock.forward(days=8)
    sweep(registry)
    registry.clock.forward(hours=2)
    sweep(registry)
    assert left(registry) == []


def test_a_mark_of_what_never_began_is_removed(registry: Registry) -> None:
    dying = FaultyStore(registry.store, Fault.DEATH_BEFORE, at=1, within="info.json")
    with pytest.raises(Death):
        uploading(registry.process(dying)).create(NewUpload(length=6), EVERYBODY)

    registry.clock.forward(days=9)
    sweep(registry)

    assert left(registry) == []


def test_a_sweep_costs_no_more_for_uploads_whose_time_has_not_come(registry: Registry) -> None:
    costs = []
    for _ in range(2):
        registry.sweep_to_the_end()
        registry.store.reset()
        registry.sweep()
        costs.append(len(registry.store.calls))
        for number in range(5):
            sent(registry, bytes([number]))

    assert costs[0] == costs[1]


@pytest.mark.parametrize("fault", [Fault.DEATH_BEFORE, Fault.DEATH_AFTER], ids=lambda fault: fault.name)
def test_a_sweep_may_die_at_any_call(fault: Fault, new_registry: Callable[[int], Registry]) -> None:
    for at in count(1, 3):
        registry = new_registry(at)
        upload = sent(registry, content(500), chunk=100)
        kept = sent(registry, b"abc", expires=registry.clock.moment.replace(month=3))
        registry.clock.forward(days=8)
        dying = FaultyStore(registry.store, fault, at=at, within="uploads/")
        with suppress(Death):
            registry.sweep(dying)

        registry.sweep_to_the_end()

        assert not [key for key in left(registry) if key.startswith(f"{upload.fid.path}/chunks")]
        assert read(registry, kept) == b"abc"
        if not dying.struck:
            break
