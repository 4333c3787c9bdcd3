"""Registries that processes share: a folder, and a bucket of LocalStack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.storage.s3 import S3Store
from tests.services.executing.registries import Registry

IN_A_FOLDER = "filesystem"
IN_A_BUCKET = "localstack"


@pytest.fixture(params=[IN_A_FOLDER, IN_A_BUCKET])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """Give an empty registry with short leases; the workers over it are gone afterwards."""
    medium = _folder(tmp_path) if request.param == IN_A_FOLDER else _bucket(request)
    registry = Registry({"PRISM_LEASE_SECONDS": "1", "PRISM_MAX_ATTEMPTS": "20", **medium})
    yield registry
    registry.close()
    if isinstance(registry.world.medium, S3Store):
        registry.world.medium.client.close()


def _folder(folder: Path) -> dict[str, str]:
    return {"PRISM_STORAGE_DRIVER": "filesystem", "STORAGE_ROOT": str(folder / "storage")}


def _bucket(request: pytest.FixtureRequest) -> dict[str, str]:
    localstack = request.getfixturevalue("localstack")
    return {
        "PRISM_STORAGE_DRIVER": "s3",
        "PRISM_S3_BUCKET": localstack.new_bucket(),
        "PRISM_S3_REGION": "us-east-1",
        "PRISM_S3_ENDPOINT": localstack.endpoint,
        "PRISM_S3_FORCE_PATH_STYLE": "true",
        "PRISM_S3_ACCESS_KEY_ID": "test",
        "PRISM_S3_SECRET_ACCESS_KEY": "test",
    }
