"""The real server as a process of its own, for tests that need sockets, signals or another environment."""

import contextlib
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
START_SECONDS: Final = 20
STOP_SECONDS: Final = 15

_ADDRESS: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class RunningServer:
    """A server that answers at `url`."""

    url: str
    process: "subprocess.Popen[str]"
    greeting: str


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Answer a server's environment: what is given, and of the tests' own only what a process needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "TZ") if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", "LOG_LEVEL": "WARNING", "PORT": "0", **given}


@contextlib.contextmanager
def serving(storage_root: Path, **given: str) -> Iterator[RunningServer]:
    """Run `serve.py` over a folder on a free port while the block runs; `given` are environment variables."""
    process = subprocess.Popen(
        [sys.executable, "serve.py"],
        cwd=ROOT,
        env=environment({"STORAGE_ROOT": str(storage_root), **given}),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _started(process)
    finally:
        _stop(process)


def _started(process: "subprocess.Popen[str]") -> RunningServer:
    assert process.stdout is not None
    first = process.stdout.readline()
    found = _ADDRESS.search(first)
    assert found, f"the server did not start: it printed {first!r} and exited with {process.poll()}"
    url = found[0]
    greeting = first + "".join(process.stdout.readline() for _ in range(4))
    _wait_until_healthy(url, process)
    return RunningServer(url, process, greeting)


def _wait_until_healthy(url: str, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _status(f"{url}/v1/health") == HTTPStatus.OK:
            return
        time.sleep(0.05)
    raise AssertionError(
        f"the server at {url} never became healthy: /v1/health answers {_status(f'{url}/v1/health')}"
    )


def _status(url: str) -> int | None:
    """Answer the status of a GET, or None where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except (urllib.error.URLError, ConnectionError):
        return None


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError("the server did not stop when told to") from None
    finally:
        if process.stdout is not None:
            process.stdout.close()
