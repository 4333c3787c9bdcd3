"""Emulations as a user starts them: `python -m localstack.emulate` on free ports, as a process of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import boto3

from localstack.host import ROOT
from tests.servers import environment

PRISM: Final = Path(sys.executable).with_name("prism")
STOP_SECONDS: Final = 30

T = TypeVar("T")


@dataclass
class Running:
    """An emulation that has greeted: what it said, its process, and the S3 client of a user of it."""

    process: "subprocess.Popen[str]"
    told: dict[str, Any]
    s3: Any = field(init=False)
    sqs: Any = field(init=False)

    def __post_init__(self) -> None:
        account = {
            "endpoint_url": self.told["endpoint"],
            "region_name": self.told["region"],
            "aws_access_key_id": self.told["accessKeyId"],
            "aws_secret_access_key": self.told["secretAccessKey"],
        }
        self.s3, self.sqs = boto3.client("s3", **account), boto3.client("sqs", **account)

    @property
    def url(self) -> str:
        """The API's address."""
        return str(self.told["url"])

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return str(self.told["bucket"])

    def key(self, path: str) -> str:
        """Answer a key below the registry's prefix."""
        return f"{self.told['prefix']}{path}"

    def drop(self, upload_id: str, data: bytes) -> None:
        """Put a tarball where uploads are put."""
        self.s3.put_object(Bucket=self.bucket, Key=self.key(f"incoming/{upload_id}.tgz"), Body=data)

    def read(self, path: str) -> bytes | None:
        """Read an object, or answer None."""
        try:
            body: bytes = self.s3.get_object(Bucket=self.bucket, Key=self.key(path))["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None
        return body

    def verdict(self, upload_id: str, *, seconds: float = 20) -> dict[str, Any]:
        """Wait for what becomes of an upload."""
        found: dict[str, Any] = json.loads(
            eventually(lambda: self.read(f"verdicts/{upload_id}.json"), seconds)
        )
        return found

    def prism(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the prism command against the API."""
        return subprocess.run(
            [PRISM, *arguments],
            env=environment({"PRISM_REGISTRY_URL": self.url}),
            capture_output=True,
            text=True,
            check=False,
        )

    def events(self) -> list[dict[str, Any]]:
        """Answer what the functions' log says."""
        lines = (Path(self.told["logs"]) / "events.log").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def pid(self, argument: str) -> int:
        """Answer the process that was started with an argument."""
        return next(pid for pid in children(self.process.pid) if argument in command(pid))

    def stop(self) -> int:
        """Tell it to stop; answers its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


@contextlib.contextmanager
def emulating(logs: Path, **given: str) -> Iterator[Running]:
    """Run an emulation on free ports while the block runs; `given` are environment variables."""
    process = launch(logs, **given)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        assert line, f"no greeting, but: {process.stderr.read()}"
        running = Running(process, json.loads(line))
        with contextlib.closing(running.s3), contextlib.closing(running.sqs):
            yield running
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(STOP_SECONDS)
        process.stdout.close()
        process.stderr.close()


def launch(logs: Path, **given: str) -> "subprocess.Popen[str]":
    """Start an emulation on free ports."""
    defaults = {"LOCALSTACK_PORT": "0", "LOG_LEVEL": "INFO"}
    return subprocess.Popen(
        [sys.executable, "-m", "localstack.emulate", "--json", "--logs", str(logs)],
        cwd=ROOT,
        env=environment({**defaults, **given}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def eventually(found: Callable[[], T | None], seconds: float = 20) -> T:
    """Answer what is found when it is."""
    deadline = time.monotonic() + seconds
    while (value := found()) is None:
        assert time.monotonic() < deadline, f"nothing within {seconds} s"
        time.sleep(0.1)
    return value


def children(pid: int) -> list[int]:
    """Answer the processes that a process has started and that live."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command(pid: int) -> list[str]:
    """Answer the arguments of a process."""
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def lives(pid: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def most_memory(pid: int) -> int:
    """Answer the most bytes that a process ever had in memory at once."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the process is gone")
