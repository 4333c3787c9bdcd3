"""What uploads cost in storage calls: the same for the first chunk and for any later one."""

import pytest

from chalicelib.domain.access import EVERYBODY
from chalicelib.services.uploading import NewUpload, Upload
from tests.services.uploading.senders import uploading
from tests.worlds import World, memory_world

LOOK = ["list chunks", "list upload"]
CLOSED = ["delete open", "put done.json"]


@pytest.fixture
def world() -> World:
    return memory_world()


def begun(world: World, length: int | None = 100, chunks: int = 0) -> Upload:
    """Begin an upload and send so many bytes of it, each by itself."""
    upload = uploading(world.container).create(NewUpload(length=length), EVERYBODY)
    for offset in range(chunks):
        upload = uploading(world.container).append(upload.fid, offset, b"x", caller=EVERYBODY)
    world.store.reset()
    return upload


def cost(world: World) -> list[str]:
    """Answer the calls since the last time, each with what it was about."""
    asked = [call for call in world.store.calls if not call.verb.startswith("presign")]
    calls = sorted(f"{call.verb} {_about(call.key)}" for call in asked)
    world.store.reset()
    return calls


def _about(key: str) -> str:
    parts = key.removeprefix("prism/uploads/").split("/")
    if parts[0] in {"open", "due"}:
        return parts[0]
    return parts[2] or "upload"


def test_a_beginning(world: World) -> None:
    world.store.reset()

    uploading(world.container).create(NewUpload(length=100), EVERYBODY)

    assert cost(world) == ["list open", "put due", "put info.json", "put open"]


@pytest.mark.parametrize("chunks", [0, 1, 40])
def test_a_chunk(world: World, chunks: int) -> None:
    upload = begun(world, chunks=chunks)

    uploading(world.container).append(upload.fid, chunks, b"x", caller=EVERYBODY)
    assert cost(world) == [*LOOK, "put chunks"]
    uploading(world.fresh()).append(upload.fid, chunks + 1, b"x", caller=EVERYBODY)
    assert cost(world) == ["get info.json", *LOOK, "put chunks"]


def test_the_last_chunk_of_a_file(world: World) -> None:
    upload = begun(world, 3, 2)

    uploading(world.container).append(upload.fid, 2, b"x", caller=EVERYBODY)

    assert cost(world) == sorted([*LOOK, "put chunks", *CLOSED])


@pytest.mark.parametrize("chunks", [0, 40])
def test_an_offset(world: World, chunks: int) -> None:
    upload = begun(world, chunks=chunks)

    uploading(world.fresh()).find(upload.fid, EVERYBODY)

    assert cost(world) == ["get info.json", *LOOK]


def test_a_chunk_for_another_place(world: World) -> None:
    upload = begun(world, chunks=2)

    with pytest.raises(Exception, match="begin at 1"):
        uploading(world.container).append(upload.fid, 1, b"x", caller=EVERYBODY)

    assert cost(world) == LOOK


def test_a_slice_of_three_chunks(world: World) -> None:
    upload = begun(world, 40, 40)

    assert b"".join(uploading(world.container).open(upload.fid, 20, 23)) == b"xxx"

    assert cost(world) == sorted([*LOOK, "get done.json", "list chunks", *["stream chunks"] * 3])
