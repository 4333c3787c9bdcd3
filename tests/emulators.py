"""S3 as emulators play it, each a process beside the test process.

moto is light and judges nothing that is signed; LocalStack checks presigned URLs, has races with one winner, and sends
notifications.
"""

import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from localstack import host, provision

SERVER: Final = """
import functools
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.s3 import exceptions, models
from moto.server import ThreadedMotoServer
find = DomainDispatcherApplication.get_backend_for_host
DomainDispatcherApplication.get_backend_for_host = functools.cache(find)
complete = models.S3Backend.complete_multipart_upload
def judged(self, bucket_name, multipart_id, body):
    if multipart_id not in self.get_bucket(bucket_name).multiparts:
        raise exceptions.NoSuchUpload(upload_id=multipart_id)
    return complete(self, bucket_name, multipart_id, body)
models.S3Backend.complete_multipart_upload = judged
def after(self, part_number_marker, max_parts):
    numbers = [number for number in sorted(self.parts) if number > part_number_marker]
    return [self.parts[number] for number in numbers[:max_parts]]
models.FakeMultipart.list_parts = after
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
"""Takes any free port, says which, and ends when the test process does; it tells of parts as S3 does.

That S3 is meant is found out once, where moto would look through its folders at every request.
"""


@dataclass
class S3Emulator:
    """A running emulator: its address, and as many empty buckets as are asked for; it takes `test` as credentials."""

    endpoint: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_bucket(self) -> str:
        """Make an empty bucket and answer its name."""
        name = f"bucket-{os.getpid()}-{next(self._numbers)}"
        with contextlib.closing(self.client("s3")) as client:
            client.create_bucket(Bucket=name)
        return name

    def client(self, service: str) -> Any:
        """Make a client of one of the emulator's services; the caller closes it."""
        return provision.client(service, self.endpoint)


@contextmanager
def s3_emulator() -> Iterator[S3Emulator]:
    """Run an emulator while the block runs."""
    with serving(["-c", SERVER]) as endpoint:
        yield S3Emulator(endpoint)


@contextmanager
def serving(arguments: list[str]) -> Iterator[str]:
    """Run this Python as a server that prints its port, and ends when its input does; gives its address."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port, f"the server ended with {process.wait()}"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        process.terminate()
        process.wait()
        process.stdout.close()


@contextmanager
def localstack_emulator(log: Path) -> Iterator[S3Emulator]:
    """Run LocalStack's S3 and SQS while the block runs."""
    with host.running(log) as emulator:
        yield S3Emulator(emulator.endpoint)
