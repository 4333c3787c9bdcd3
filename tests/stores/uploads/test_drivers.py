"""Uploads keep their promises on every driver, and in races on the emulator that judges them as S3 does."""

from pathlib import Path
from typing import Any

import pytest

from chalicelib.storage.filesystem import FilesystemStore
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.r2 import R2Store
from chalicelib.storage.s3 import S3Store
from tests.storage.test_r2 import Clock as Waiting
from tests.stores.executions.test_drivers import (
    localstack_client,
    new_bucket,
    r2_client,
    s3_client,
    waiting,
)
from tests.stores.uploads.contract import UploadsContract

__all__ = ["localstack_client", "r2_client", "s3_client", "waiting"]


class TestInMemory(UploadsContract):
    """The contract, over a dictionary."""

    @pytest.fixture
    def medium(self) -> MemoryStore:
        return MemoryStore()


class TestInAFolder(UploadsContract):
    """The contract, over files."""

    @pytest.fixture
    def medium(self, tmp_path: Path) -> FilesystemStore:
        return FilesystemStore(tmp_path / "root")


class TestOnS3(UploadsContract):
    """The contract, over a bucket of the light emulator, which judges conditions without a lock."""

    races = False

    @pytest.fixture
    def medium(self, s3_client: Any) -> S3Store:
        return S3Store(s3_client, new_bucket(s3_client))


class TestOnR2(UploadsContract):
    """The contract under the rules that R2 adds, such as one write a second to a key and equal parts."""

    races = False

    @pytest.fixture
    def medium(self, r2_client: Any, s3_client: Any, waiting: Waiting) -> R2Store:
        return R2Store(r2_client, new_bucket(s3_client), sleep=waiting.sleep)


class TestOnLocalStack(UploadsContract):
    """The contract with its races, over a bucket of the emulator that has one winner."""

    @pytest.fixture
    def medium(self, localstack_client: Any) -> S3Store:
        return S3Store(localstack_client, new_bucket(localstack_client))
