"""Archives over S3 and R2: sent in parts, once, and downloaded from the medium itself."""

import io
import urllib.request
import zipfile

import pytest

from chalicelib.domain.specs import PackageSpec
from chalicelib.services.archiving import Standing
from chalicelib.services.buckets import Visitor
from tests.emulators import S3Emulator
from tests.services.archiving.shelves import SID, Shelf, process, shelved
from tests.worlds import World, package, publish, r2_world, s3_world

FILES = {"a.bin": bytes(range(256)) * 50_000, "b.bin": bytes(9 << 20), "c.txt": b"text"}


@pytest.fixture(params=["s3", "r2"])
def world(request: pytest.FixtureRequest, s3_emulator: S3Emulator) -> World:
    make = {"s3": s3_world, "r2": r2_world}[request.param]
    return make(s3_emulator.endpoint, s3_emulator.new_bucket())


def downloaded(world: World, standing: Standing) -> tuple[bytes, str | None]:
    """Answer what a client gets at the address of an archive, and what it is told to call it."""
    url = world.container.archiving.url(standing.archive)
    assert url is not None
    with urllib.request.urlopen(url, timeout=20) as response:
        return response.read(), response.headers["Content-Disposition"]


def test_what_is_large_is_sent_in_parts_and_by_one_worker_alone(world: World) -> None:
    first = process(world, Shelf(FILES)).archiving.of_bucket(SID, "zip", Visitor()).standing
    assert first.job is not None

    assert process(world, Shelf(FILES)).working.work(first.job.id).state == "completed"
    standing = process(world, Shelf(FILES)).archiving.of_bucket(SID, "zip", Visitor()).standing
    late = shelved(world.fresh(), Shelf({}))
    late.archives.write(standing.archive, iter([b"another"]))

    data, disposition = downloaded(world, standing)
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert {info.filename: read.read(info) for info in read.infolist()} == FILES
    assert disposition is not None
    assert f"{SID}.zip" in disposition


def test_a_package_is_downloaded_from_the_medium(world: World) -> None:
    publish(world.container)

    standing = world.container.archiving.of_packages([PackageSpec.parse("demo")], "zip").standing

    with zipfile.ZipFile(io.BytesIO(downloaded(world, standing)[0])) as read:
        assert read.read("demo-1.0.0.tgz") == package("1.0.0")
