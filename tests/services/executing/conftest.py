"""Registries that processes share: a folder, and a bucket of LocalStack."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.storage.filesystem import FilesystemStore
from chalicelib.storage.s3 import S3Store
from tests.emulators import S3Emulator
from tests.services.executing.registries import Registry

FOLDER = "filesystem"
BUCKET = "localstack"


@pytest.fixture(scope="session")
def client(localstack: S3Emulator) -> Iterator[Any]:
    """Give a client of LocalStack's S3; making one takes as long as a publish."""
    with closing(localstack.client("s3")) as client:
        yield client


@pytest.fixture(params=[FOLDER, BUCKET])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """Give an empty registry with short leases; the workers over it are gone afterwards."""
    registry = _folder(tmp_path) if request.param == FOLDER else _bucket(request.getfixturevalue("client"))
    registry.environment.update({"PRISM_LEASE_SECONDS": "1", "PRISM_MAX_ATTEMPTS": "20"})
    yield registry
    registry.close()


def _folder(root: Path) -> Registry:
    return Registry({"PRISM_STORAGE_DRIVER": "filesystem", "STORAGE_ROOT": str(root)}, FilesystemStore(root))


def _bucket(client: Any) -> Registry:
    bucket = f"bucket-{uuid4()}"
    client.create_bucket(Bucket=bucket)
    environment = {
        "PRISM_STORAGE_DRIVER": "s3",
        "PRISM_S3_BUCKET": bucket,
        "PRISM_S3_REGION": "us-east-1",
        "PRISM_S3_ENDPOINT": client.meta.endpoint_url,
        "PRISM_S3_FORCE_PATH_STYLE": "true",
        "PRISM_S3_ACCESS_KEY_ID": "test",
        "PRISM_S3_SECRET_ACCESS_KEY": "test",
    }
    return Registry(environment, S3Store(client, bucket))
