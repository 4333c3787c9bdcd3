"""What a file takes that goes up by tus, becomes one object and is archived, in the deployed functions.

Each step is done by the function that does it in a stage: the deployment package under AWS's own runtime client, with
an S3 emulator on the same machine.
"""

import contextlib
import json
import os
import tempfile
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.domain.uploads.limits import GATEWAY_APPEND, MIB
from tests.emulators import S3Emulator, s3_emulator
from tests.runtime.events import TEST_EVENT, s3_event
from tests.runtime.function import API_HANDLER, JOBS_HANDLER, Function, running
from tests.runtime.gateway import Gateway, Given, Sent
from tests.runtime.package import unpacked

CHUNK: Final = GATEWAY_APPEND
CHUNKS: Final = 17
"""More than are made one object while the request waits, so that a job does it."""
QUEUED: Final = "state/queued/"
"""What the keys of waiting jobs have in them."""
JSON: Final = {"Content-Type": "application/json"}
COMPLETED: Final = "completed"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one step took in a function that was warm: processor seconds, the peak in bytes, and calls by their verb."""

    name: str
    size: int
    processor: float
    peak: int
    calls: dict[str, int]

    @property
    def seconds_a_mib(self) -> float:
        """Processor seconds for a MiB."""
        return self.processor / (self.size / MIB)


class Room:
    """A bucket of an emulator, and the deployed functions over it."""

    def __init__(self, emulator: S3Emulator, folder: Path) -> None:
        self._emulator = emulator
        self._folder = folder
        self._bucket = emulator.new_bucket()
        self._gateway = Gateway(unpacked().read_template())

    @contextlib.contextmanager
    def function(self, handler: str) -> Iterator["Warm"]:
        """Give a function whose process has answered something already."""
        variables = {
            "PRISM_S3_BUCKET": self._bucket,
            "PRISM_S3_ENDPOINT": self._emulator.endpoint,
            "PRISM_S3_FORCE_PATH_STYLE": "true",
            "PRISM_ACCESS": "open",
        }
        log = self._folder / handler
        with running(unpacked().code, handler, variables, log=log, timeout=120) as function:
            yield Warm(function, self._gateway)

    def waiting(self) -> Any:
        """Answer the event that tells of the jobs that wait."""
        with contextlib.closing(self._emulator.client("s3")) as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return s3_event(self._bucket, *(key for key in keys if QUEUED in key))


class Warm:
    """A function, what it answers and what it takes for that."""

    def __init__(self, function: Function, gateway: Gateway) -> None:
        self._function = function
        self._gateway = gateway

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Given:
        """Answer what a request through the gateway is answered; raises SystemExit for a failure."""
        sent = Sent(method, path, list(headers.items()), body)
        given = self._gateway.answer(sent, self._function.invoke(self._gateway.event(sent)))
        if given.status >= 400:
            raise SystemExit(f"{method} {path}: {given.status} {given.body[:1000]!r}")
        return given

    def invoke(self, event: Any) -> Any:
        """Answer what an event is answered."""
        return self._function.invoke(event)

    def said(self) -> str:
        """Answer everything that the function has written."""
        return self._function.said()

    @contextlib.contextmanager
    def measuring(self, name: str, size: int, found: list[Measured]) -> Iterator[None]:
        """Measure what the function takes while the block runs."""
        said, before = len(self._function.said()), self._function.processor_seconds
        yield
        took = self._function.processor_seconds - before
        calls = _calls(self._function.said()[said:])
        found.append(Measured(name, size, took, self._function.peak_bytes, calls))


def _calls(said: str) -> dict[str, int]:
    """Count the calls to the storage that a function's own metrics tell."""
    counted: Counter[str] = Counter()
    for line in said.splitlines():
        if '"StorageCalls"' in line:
            told = json.loads(line)
            counted[told["Verb"]] += int(told["StorageCalls"])
    return dict(counted)


def measure() -> list[Measured]:
    """Send a file, and have it made one object and archived."""
    found: list[Measured] = []
    with s3_emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        room = Room(emulator, Path(folder))
        with room.function(API_HANDLER) as api:
            sid = _upload(api, found)
            _job(room, "one object", found)
            for kind in ("zip", "tar.gz"):
                asked = json.dumps({"bucket": sid, "format": kind}).encode()
                api.ask("POST", "/v1/archives", JSON, asked)
                _job(room, kind, found)
    return found


def _upload(api: Warm, found: list[Measured]) -> str:
    """Send chunks into a new bucket; answers the bucket."""
    made = api.ask("POST", "/v1/buckets", JSON, b"{}").json
    described = {"filename": "planned.bin", "sid": made["sid"]}
    headers = {"Tus-Resumable": "1.0.0", "Prism-Owner-Key": made["ownerKey"]}
    asked = {
        "Upload-Length": str(CHUNKS * CHUNK),
        "Upload-Metadata": ",".join(
            f"{key} {b64encode(value.encode()).decode()}" for key, value in described.items()
        ),
    }
    created = api.ask("POST", "/v1/uploads", headers | asked)
    path = "/v1" + urlsplit(created.header("location") or "").path.partition("/v1")[2]
    sent = headers | {"Content-Type": "application/offset+octet-stream"}
    data = os.urandom(CHUNK)

    def send(number: int) -> None:
        api.ask("PATCH", path, sent | {"Upload-Offset": str(number * CHUNK)}, data)

    send(0)
    middle = range(1, CHUNKS - 1)
    with api.measuring("chunk", len(middle) * CHUNK, found):
        for number in middle:
            send(number)
    send(CHUNKS - 1)
    return str(made["sid"])


def _job(room: Room, name: str, found: list[Measured]) -> None:
    """Let a function do the job that waits; raises SystemExit unless it comes to its end."""
    with room.function(JOBS_HANDLER) as function:
        function.invoke(TEST_EVENT)
        with function.measuring(name, CHUNKS * CHUNK, found):
            states = function.invoke(room.waiting())["jobs"]
    if set(states.values()) != {COMPLETED}:
        raise SystemExit(f"{name}: {states}\n{function.said()[-3000:]}")
