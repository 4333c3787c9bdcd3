"""Packages that go directly to the registry's bucket, as an emulator plays it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.uploading.registries import MIB, Shell, large_tarball, registry, shell
from tests.emulators import S3Emulator, s3_emulator
from tests.proxies import Network, network


@pytest.fixture(scope="module")
def emulator() -> Iterator[S3Emulator]:
    with s3_emulator() as running:
        yield running


@pytest.fixture
def bucket(emulator: S3Emulator) -> Iterator[Network]:
    """The way to the bucket, which the registry and its clients share."""
    with network(emulator.endpoint) as between:
        yield between


@pytest.fixture
def prism(emulator: S3Emulator, bucket: Network, tmp_path: Path) -> Iterator[Shell]:
    settings = {
        "PRISM_STORAGE_DRIVER": "s3",
        "PRISM_S3_BUCKET": emulator.new_bucket(),
        "PRISM_S3_REGION": "us-east-1",
        "PRISM_S3_ENDPOINT": bucket.url,
        "PRISM_S3_FORCE_PATH_STYLE": "true",
        "PRISM_S3_ACCESS_KEY_ID": "test",
        "PRISM_S3_SECRET_ACCESS_KEY": "test",
    }
    with (
        registry(tmp_path / "storage", **settings) as address,
        shell(address, tmp_path / "home") as running,
    ):
        yield running


def test_a_large_package_passes_the_registry_by(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "straight", 10 * MIB, author="Ada <ada@example.com>")

    result = prism("publish", str(tarball), "--tag", "next")

    assert result.out == "Published straight@1.0.0\n", result.err
    assert prism.network.sent < MIB
    assert '"source": "cli"' in re.sub(r'":"', '": "', prism("info", "straight@1.0.0", "--json").out)
    assert "next" in prism("tag", "straight").out
    assert prism.unfinished == []


def test_what_fits_into_one_request_of_the_buckets_goes_in_one(prism: Shell, tmp_path: Path) -> None:
    result = prism("publish", str(large_tarball(tmp_path, "small", 3 * MIB)), "--via", "direct")

    assert result.out == "Published small@1.0.0\n", result.err
    assert prism.network.sent < MIB


def test_a_killed_command_goes_on_with_the_parts_that_are_missing(
    prism: Shell, bucket: Network, tmp_path: Path
) -> None:
    tarball = large_tarball(tmp_path, "killed", 28 * MIB)
    running = prism.start("publish", str(tarball))
    bucket.after = lambda sent: running.kill() if sent > 14 * MIB else None
    running.communicate(timeout=60)
    bucket.after = lambda _: None
    assert running.returncode == -9
    assert len(prism.unfinished) == 1

    result = prism("publish", str(tarball), "--resume")

    assert result.out == "Published killed@1.0.0\n", result.err
    found = re.match(r"uploading 29\.4 MB, of which (\d+)\.\d MB are there\n", result.err)
    assert found, result.err
    assert int(found[1]) >= 8


def test_without_a_way_to_the_bucket_it_goes_through_the_registry(
    prism: Shell, bucket: Network, tmp_path: Path
) -> None:
    tarball = large_tarball(tmp_path, "fenced", 6 * MIB)
    astray = prism.through(lambda url: url.replace(bucket.url, "http://127.0.0.1:9"))

    result = astray("publish", str(tarball))

    assert result.out == "Published fenced@1.0.0\n", result.err
    assert "connection refused; the package is sent through the registry\n" in result.err
    assert prism.network.sent > 6 * MIB


def test_without_a_way_to_the_bucket_one_who_insists_is_told(
    prism: Shell, bucket: Network, tmp_path: Path
) -> None:
    tarball = large_tarball(tmp_path, "insisting", 6 * MIB)
    astray = prism.through(lambda url: url.replace(bucket.url, "http://127.0.0.1:9"))

    result = astray("publish", str(tarball), "--via", "direct", "--patience", "3s")

    assert result.status is ExitStatus.UNREACHABLE
    assert "hint: run the same command again to go on where this stopped" in result.err


def test_a_folder_takes_nothing_from_clients(tmp_path: Path) -> None:
    with registry(tmp_path / "storage") as address, shell(address, tmp_path / "home") as prism:
        result = prism("publish", str(large_tarball(tmp_path, "local", 2 * MIB)), "--via", "direct")

    assert result.status is ExitStatus.FAILURE
    assert "the storage behind this registry takes nothing from clients" in result.err


def test_a_tarball_that_the_registry_refuses_is_told_with_its_code(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "twice", 6 * MIB, twice=True)

    result = prism("publish", str(tarball))

    assert result.status is ExitStatus.UNUSABLE_PACKAGE, result.err
    assert "error: " in result.err
    assert prism.unfinished == []
