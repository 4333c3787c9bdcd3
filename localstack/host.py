"""LocalStack as a plain process: S3 and SQS on a free port of this machine, without Docker.

LocalStack lives in an environment of its own (`make emulator` installs it), because it pins libraries that Prism pins
otherwise. Nothing it holds survives its stop.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from localstack import ports

ROOT: Final = Path(__file__).resolve().parent.parent
ENVIRONMENT: Final = ROOT / ".cache" / "localstack"
PYTHON: Final = ENVIRONMENT / "bin" / "python"
STATE: Final = ENVIRONMENT / "state"
SERVICES: Final = ("s3", "sqs")

START_SECONDS: Final = 60
FREE_PORT_ATTEMPTS: Final = 3
STOP_SECONDS: Final = 15
POLL_SECONDS: Final = 0.1

VARIABLES: Final = {
    "SERVICES": ",".join(SERVICES),
    "EAGER_SERVICE_LOADING": "1",
    "S3_SKIP_SIGNATURE_VALIDATION": "0",
    "DNS_ADDRESS": "0",
    "DISABLE_EVENTS": "1",
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "SQS_ENDPOINT_STRATEGY": "path",  # the others put names into queue addresses that somebody must resolve
    # In a container LocalStack would take itself for its own image and write where it may not.
    "OVERRIDE_IN_DOCKER": "0",
}
INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
KEPT: Final = ("PATH", "HOME", "TMPDIR", "LANG")


class NotInstalled(Exception):
    """LocalStack's environment is missing; the message names the command that makes it."""

    def __init__(self) -> None:
        super().__init__("LocalStack is not installed; run `make emulator`")


class NotStarted(Exception):
    """LocalStack did not become ready; the message ends with what it last wrote."""


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A running LocalStack."""

    endpoint: str
    process: "subprocess.Popen[bytes]"
    log: Path


@contextlib.contextmanager
def running(log: Path, *, port: int = 0) -> Iterator[LocalStack]:
    """Run LocalStack while the block runs, writing what it says to `log`; port 0 takes any free one.

    Raises NotInstalled and NotStarted.
    """
    if not PYTHON.exists():
        raise NotInstalled
    with _alone():
        emulator = _started_on(port, log) if port else _started_somewhere(log)
    try:
        yield emulator
    finally:
        stop(emulator.process)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Keep others from starting meanwhile: they share what LocalStack prepares at its first start."""
    with (ENVIRONMENT / "starting").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _started_somewhere(log: Path) -> LocalStack:
    """Start on a free port, and on another if somebody took it in between."""
    for _ in range(FREE_PORT_ATTEMPTS - 1):
        with contextlib.suppress(NotStarted):
            return _started_on(ports.free_port(), log)
    return _started_on(ports.free_port(), log)


def _started_on(port: int, log: Path) -> LocalStack:
    address = f"127.0.0.1:{port}"
    if not ports.is_free(port):
        # LocalStack itself would wait for it without a word.
        raise NotStarted(f"LocalStack cannot listen on port {port}, which is in use")
    process = spawn([PYTHON, "-P", "-m", "localstack.runtime.main"], log, ENVIRONMENT, _environment(address))
    emulator = LocalStack(f"http://{address}", process, log)
    try:
        _wait_until_ready(emulator)
    except BaseException:
        stop(process)
        raise
    return emulator


def _environment(address: str) -> dict[str, str]:
    """Answer what the process sees of the environment: nothing that could point it at another endpoint."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        **VARIABLES,
        "GATEWAY_LISTEN": address,
        "LOCALSTACK_HOST": address,
        "FILESYSTEM_ROOT": str(STATE),
    }


def _wait_until_ready(emulator: LocalStack) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and emulator.process.poll() is None:
        states = _health(emulator.endpoint).get("services", {})
        if all(states.get(service) == "running" for service in SERVICES):
            return
        time.sleep(POLL_SECONDS)
    last = emulator.log.read_text(errors="replace")[-2000:]
    raise NotStarted(f"LocalStack did not become ready at {emulator.endpoint}; it last wrote:\n{last}")


def _health(endpoint: str) -> dict[str, Any]:
    try:
        # The address was made here and is http.
        with urllib.request.urlopen(f"{endpoint}/_localstack/health", timeout=5) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
        return {}


def spawn(
    command: Sequence[str | Path], log: Path, folder: Path, environment: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    """Start a process that appends what it says to a log; an interrupt meanwhile does not leave it behind."""
    with log.open("ab") as output, _interrupts_put_off() as interrupts:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupt from the terminal is for whoever started this
        )
    if interrupts:
        stop(process)
        signal.raise_signal(interrupts[0])
    return process


@contextlib.contextmanager
def _interrupts_put_off() -> Iterator[list[int]]:
    """Collect the signals that would interrupt the block; they are for the main thread alone."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {number: signal.getsignal(number) for number in INTERRUPTS}
    try:
        for number in INTERRUPTS:
            signal.signal(number, lambda number, _frame: came.append(number))
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process, gently at first."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
