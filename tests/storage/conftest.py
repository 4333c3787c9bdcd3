"""An S3 emulator for each test process, and buckets in it; the contract's assertions explain themselves."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import botocore.session
import pytest
from botocore.config import Config

pytest.register_assert_rewrite("chalicelib.storage.testing.contract")


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Run moto's server in a process of its own, so that its memory is not counted as the driver's."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _await(f"{endpoint}/moto-api/", process)
        yield endpoint
    finally:
        process.terminate()
        process.wait()


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "moto's server has ended"
        with suppress(URLError, ConnectionError), urlopen(url):
            return
        time.sleep(0.05)
    raise AssertionError("moto's server did not start")


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
