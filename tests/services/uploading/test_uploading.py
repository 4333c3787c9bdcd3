"""An upload from its beginning to what becomes of it."""

from chalicelib.domain.access import EVERYBODY
from chalicelib.services.uploading import NewUpload
from tests.worlds import World, memory_world, package

KIB = 1 << 10


def test_a_file_in_two_chunks_is_read_as_it_was_sent() -> None:
    world = memory_world()
    uploading = world.container.uploading
    data = bytes(range(256)) * 2 * KIB
    upload = uploading.create(NewUpload(length=len(data)), EVERYBODY)

    uploading.append(upload.fid, 0, data[: 300 * KIB], caller=EVERYBODY)
    ended = uploading.append(upload.fid, 300 * KIB, data[300 * KIB :], caller=EVERYBODY)

    assert ended.is_complete
    assert b"".join(uploading.open(upload.fid)) == data
    assert b"".join(uploading.open(upload.fid, 299 * KIB, 301 * KIB)) == data[299 * KIB : 301 * KIB]


def test_a_package_is_published_when_its_last_bytes_are_there() -> None:
    world: World = memory_world()
    uploading = world.container.uploading
    data = package()
    upload = uploading.create(NewUpload(length=len(data), metadata={"package": "demo"}), EVERYBODY)

    ended = uploading.append(upload.fid, 0, data, caller=EVERYBODY)

    assert ended.job_id is not None
    assert world.container.jobs.job(ended.job_id).state == "completed"
    assert world.container.heads.get("demo") is not None
