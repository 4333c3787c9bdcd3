"""Real packages publish and read back on every driver, byte for byte, with npm's own digests."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.names import PackageName
from chalicelib.services.publishing import PublishRequest
from scripts.fetch_packages import path_of, pinned
from tests.emulators import S3Emulator
from tests.worlds import ALICE, World, filesystem_world, memory_world, r2_world, s3_world

SAMPLES = 12
"""How many files of a package are read back on media where a read is a request."""


@pytest.fixture(scope="module", params=["memory", "filesystem", "s3", "r2"])
def registry(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, s3_emulator: S3Emulator
) -> Iterator[World]:
    """A registry that all packages are published into."""
    if request.param == "memory":
        yield memory_world()
    elif request.param == "filesystem":
        yield filesystem_world(tmp_path_factory.mktemp("storage"))
    else:
        make = s3_world if request.param == "s3" else r2_world
        yield make(s3_emulator.endpoint, s3_emulator.new_bucket())


def contents(path: Path) -> dict[str, bytes]:
    """Answer a tarball's files as the standard library reads them, below the top directory."""
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as archive:
        members = [member for member in archive if member.isfile()]
        files = {}
        for member in members:
            extracted = archive.extractfile(member)
            assert extracted is not None
            files[member.name.partition("/")[2]] = extracted.read()
        return files


def chosen(paths: list[str], registry: World) -> list[str]:
    """Answer the files to read back: all of them in memory, a spread of them elsewhere."""
    if registry.settings.storage_driver == "memory" or len(paths) <= SAMPLES:
        return paths
    return [*paths[:: len(paths) // SAMPLES + 1], "package.json"]


@pytest.mark.parametrize("row", pinned(), ids=lambda row: f"{row['name']}@{row['version']}")
def test_a_real_package_reads_back_as_npm_knows_it(registry: World, row: dict[str, Any]) -> None:
    path = path_of(row)
    assert path.exists(), "run `make packages`, which fetches the pinned packages with npm"
    expected = contents(path)

    published = registry.container.publishing.publish(
        PublishRequest(publisher=ALICE, source="cli", data=path.read_bytes())
    )

    dist = published.manifest.manifest.dist
    assert (dist.integrity, dist.shasum) == (row["integrity"], row["shasum"])
    assert (dist.file_count, dist.unpacked_size) == (len(expected), row["unpackedSize"])
    assert published.manifest.manifest.files == sorted(expected)
    failed = [record for record in published.metadata.analysis if record.status != "ok"]
    assert failed == []
    process = registry.fresh()
    name = PackageName.parse(row["name"])
    assert process.artifacts.stored_tarball(name, row["version"]) == path.read_bytes()
    for file in chosen(sorted(expected), registry):
        found = process.serving.find(name, row["version"], file)
        assert process.serving.read(found) == expected[file], file
    assert len(list(process.browsing.files(name, row["version"]).walk_files())) == len(expected)
