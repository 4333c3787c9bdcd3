"""S3 as an emulator plays it, one server a test process."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import boto3
from moto.server import ThreadedMotoServer


@dataclass
class S3Emulator:
    """A running emulator: its address, and as many empty buckets as are asked for."""

    endpoint: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_bucket(self) -> str:
        """Make an empty bucket and answer its name."""
        name = f"bucket-{os.getpid()}-{next(self._numbers)}"
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        client.create_bucket(Bucket=name)
        client.close()
        return name


@contextmanager
def s3_emulator() -> Iterator[S3Emulator]:
    """Run an emulator on a free port."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield S3Emulator(f"http://{host}:{port}")
    finally:
        server.stop()
