"""Executions keep their promises on every driver, and in races on the emulator that judges them as S3 does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.settings import R2Settings, S3Settings
from chalicelib.storage.bucket.client import connect
from chalicelib.storage.filesystem import FilesystemStore
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.r2 import R2Store, as_s3
from chalicelib.storage.s3 import S3Store
from tests.emulators import S3Emulator
from tests.storage.proxy import running_proxy
from tests.storage.test_r2 import Clock as Waiting
from tests.storage.test_r2 import R2Rules
from tests.stores.executions.contract import ExecutionsContract, RacesContract


def client_of(emulator: S3Emulator) -> Iterator[Any]:
    """Give a client as the driver makes it."""
    client = connect(S3Settings("any", "us-east-1", "", emulator.endpoint, True, "test", "test"))
    yield client
    client.close()


def new_bucket(client: Any) -> str:
    """Make an empty bucket and answer its name."""
    name = f"bucket-{uuid4().hex}"
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="module")
def s3_client(s3_emulator: S3Emulator) -> Iterator[Any]:
    yield from client_of(s3_emulator)


@pytest.fixture(scope="module")
def localstack_client(localstack: S3Emulator) -> Iterator[Any]:
    yield from client_of(localstack)


@pytest.fixture(scope="module")
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture(scope="module")
def r2_client(s3_emulator: S3Emulator, waiting: Waiting) -> Iterator[Any]:
    with running_proxy(s3_emulator.endpoint) as proxy:
        proxy.rules.append(R2Rules(waiting))
        client = connect(as_s3(R2Settings("account", "any", "test", "test", endpoint=proxy.url)))
        yield client
        client.close()


class TestInMemory(ExecutionsContract):
    """The contract, over a dictionary."""

    @pytest.fixture
    def medium(self) -> MemoryStore:
        return MemoryStore()


class TestInAFolder(ExecutionsContract):
    """The contract, over files."""

    @pytest.fixture
    def medium(self, tmp_path: Path) -> FilesystemStore:
        return FilesystemStore(tmp_path / "root")


class TestOnS3(ExecutionsContract):
    """The contract, over a bucket of the light emulator, which judges conditions without a lock."""

    races = False

    @pytest.fixture
    def medium(self, s3_client: Any) -> S3Store:
        return S3Store(s3_client, new_bucket(s3_client))


class TestOnR2(ExecutionsContract):
    """The contract under the rules that R2 adds, such as one write a second to a key."""

    races = False

    @pytest.fixture
    def medium(self, r2_client: Any, s3_client: Any, waiting: Waiting) -> R2Store:
        return R2Store(r2_client, new_bucket(s3_client), sleep=waiting.sleep)


class TestOnLocalStack(RacesContract):
    """The races, over a bucket of the emulator that has one winner."""

    @pytest.fixture
    def medium(self, localstack_client: Any) -> S3Store:
        return S3Store(localstack_client, new_bucket(localstack_client))
