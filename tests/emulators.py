"""S3 as an emulator plays it: moto's server, one for each test process, in a process of its own."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import botocore.session

SERVER: Final = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
"""Takes any free port, says which, and ends when the test process does."""


@dataclass
class S3Emulator:
    """A running emulator: its address, and as many empty buckets as are asked for."""

    endpoint: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_bucket(self) -> str:
        """Make an empty bucket and answer its name."""
        name = f"bucket-{os.getpid()}-{next(self._numbers)}"
        client = botocore.session.get_session().create_client(
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
    """Run an emulator while the block runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port, f"the emulator ended with {process.wait()}"
        yield S3Emulator(f"http://127.0.0.1:{port}")
    finally:
        process.stdin.close()
        process.terminate()
        process.wait()
        process.stdout.close()
