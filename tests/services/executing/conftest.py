"""Registries that processes share: a folder, and a bucket of LocalStack."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from chalicelib.storage.s3 import S3Store
from tests.emulators import S3Emulator
from tests.services.executing.registries import Registry

FOLDER = "filesystem"
BUCKET = "localstack"


@pytest.fixture(params=[FOLDER, BUCKET])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """Give an empty registry with short leases; the workers over it are gone afterwards."""
    medium = _folder(tmp_path) if request.param == FOLDER else _bucket(request.getfixturevalue("localstack"))
    registry = Registry({"PRISM_LEASE_SECONDS": "1", "PRISM_MAX_ATTEMPTS": "20", **medium})
    store = registry.world.medium
    if isinstance(store, S3Store):
        store.client.create_bucket(Bucket=store.bucket)
    yield registry
    registry.close()
    if isinstance(store, S3Store):
        store.client.close()


def _folder(folder: Path) -> dict[str, str]:
    return {"PRISM_STORAGE_DRIVER": "filesystem", "STORAGE_ROOT": str(folder / "storage")}


def _bucket(localstack: S3Emulator) -> dict[str, str]:
    return {
        "PRISM_STORAGE_DRIVER": "s3",
        "PRISM_S3_BUCKET": f"bucket-{uuid4()}",
        "PRISM_S3_REGION": "us-east-1",
        "PRISM_S3_ENDPOINT": localstack.endpoint,
        "PRISM_S3_FORCE_PATH_STYLE": "true",
        "PRISM_S3_ACCESS_KEY_ID": "test",
        "PRISM_S3_SECRET_ACCESS_KEY": "test",
    }
