"""Three clients of tus, each as its users call it."""

import asyncio
import json
import subprocess
import warnings
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiotus
from tusclient.client import TusClient

TESTS: Final = Path(__file__).parents[1]
PROGRAM: Final = TESTS / "uploads" / "tus.cjs"
CHUNK: Final = 4 << 20
PATIENCE: Final = 600


@dataclass(frozen=True)
class Outcome:
    """What tus-js-client says of its work: the upload's address, each request with its answer's status, and the end."""

    url: str | None
    requests: list[str] = field(default_factory=list)
    job: str | None = None
    stopped: bool = False
    error: str | None = None
    status: int | None = None

    def well(self) -> str:
        """Answer the upload's address; raises AssertionError unless all went well."""
        assert self.error is None, self.error
        assert self.url
        return self.url


def tus_js(
    file: Path, endpoint: str | None = None, *, told: Mapping[str, Any] | None = None, **options: Any
) -> Outcome:
    """Upload a file with tus-js-client; `options` are its own, and what is `told` is the program's."""
    options = {"endpoint": endpoint, "chunkSize": CHUNK, **options}
    argument = json.dumps({"file": str(file), "options": options, **(told or {})})
    done = subprocess.run(
        ["node", str(PROGRAM), argument],
        cwd=TESTS,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Outcome(**json.loads(done.stdout))


def tuspy(file: Path, endpoint: str, *, stop_at: int | None = None, **told: Any) -> str:
    """Upload a file with tuspy, all of it or up to an offset, and answer its address; `told` is for its uploader."""
    settings = {"chunk_size": CHUNK, "retries": 5, "retry_delay": 1, **told}
    headers = settings.pop("headers", {})
    with file.open("rb") as stream:
        uploader = TusClient(endpoint, headers=headers).uploader(file_stream=stream, **settings)
        uploader.upload(stop_at=stop_at)
        return str(uploader.url)


def aiotus_upload(
    file: Path,
    endpoint: str,
    metadata: Mapping[str, bytes | None] | None = None,
    *,
    config: aiotus.RetryConfiguration | None = None,
) -> str:
    """Upload a file with aiotus, and answer its address."""

    async def upload() -> object:
        with file.open("rb") as stream:
            return await aiotus.upload(endpoint, stream, dict(metadata or {}), config=config)

    return str(_run(upload()))


def aiotus_parts(files: list[Path], endpoint: str, metadata: Mapping[str, bytes | None] | None = None) -> str:
    """Upload files with aiotus at the same time, joined to one, and answer its address."""

    async def upload() -> object:
        streams = [file.open("rb") for file in files]
        try:
            return await aiotus.upload_multiple(endpoint, streams, dict(metadata or {}))
        finally:
            for stream in streams:
                stream.close()

    return str(_run(upload()))


def aiotus_metadata(url: str) -> dict[str, bytes | None]:
    """Answer what aiotus reads of an upload's metadata."""
    found = asyncio.run(aiotus.metadata(url))
    assert found is not None
    return dict(found)


def _run(work: Coroutine[Any, Any, object]) -> object:
    with warnings.catch_warnings():
        # The client sends chunks as bytes, and its HTTP library would rather have a file.
        warnings.filterwarnings("ignore", "Sending a large body", ResourceWarning)
        return asyncio.run(work)
