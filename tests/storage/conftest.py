"""Clients of the S3 emulator, buckets in it, and a proxy before it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import botocore.session
import pytest
from botocore.config import Config

from tests.emulators import S3Emulator
from tests.storage.proxy import Proxy, running_proxy


@pytest.fixture(scope="session")
def s3_endpoint(s3_emulator: S3Emulator) -> str:
    """Give the emulator's address."""
    return s3_emulator.endpoint


@pytest.fixture(scope="session")
def make_client(s3_endpoint: str) -> Callable[..., Any]:
    """Give a maker of clients for the emulator, or for a proxy before it, that repeat nothing."""

    session = botocore.session.get_session()

    def make(endpoint: str = s3_endpoint, *, region: str = "us-east-1", attempts: int = 1) -> Any:
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=32,
            read_timeout=20,
        )
        return session.create_client(
            "s3",
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )

    return make


@pytest.fixture(scope="session")
def direct(make_client: Callable[..., Any]) -> Any:
    """Give a client that reaches the emulator without any driver or fault between."""
    return make_client()


@pytest.fixture
def bucket(direct: Any) -> str:
    """Give a new bucket."""
    name = f"bucket-{uuid4().hex}"
    direct.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="module")
def running(s3_endpoint: str) -> Iterator[Proxy]:
    """Run a proxy before the emulator."""
    with running_proxy(s3_endpoint) as proxy:
        yield proxy


@pytest.fixture
def proxy(running: Proxy) -> Proxy:
    """Give the proxy, which has seen nothing and plans nothing yet."""
    running.reset()
    return running


@pytest.fixture(scope="module")
def client(running: Proxy, make_client: Callable[..., Any]) -> Iterator[Any]:
    """Give a client that goes through the proxy."""
    client = make_client(running.url)
    yield client
    client.close()
