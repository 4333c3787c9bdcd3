"""One execution environment of Lambda: the unzipped package under AWS's own runtime client, in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final

from tests.runtime.client import client_folder
from tests.runtime.runtime_api import FunctionError, Invocation, RuntimeApi

API_HANDLER: Final = "app.app"
UPLOADS_HANDLER: Final = "app.publish_uploads"
JOBS_HANDLER: Final = "app.run_jobs"
SWEEP_HANDLER: Final = "app.sweep"
REGION: Final = "us-east-1"
CREDENTIAL: Final = "test"
SLICE_SECONDS: Final = 0.05
STOP_SECONDS: Final = 10


class TimedOut(Exception):
    """The function did not answer before its deadline; its process was ended, as Lambda does."""


class Function:
    """A running function; it takes one event at a time, as Lambda gives it.

    `variables` are its own, beside those that Lambda sets; nothing of the tests' environment reaches it. Times are
    seconds; `log` receives what it writes.
    """

    def __init__(
        self,
        code: Path,
        handler: str,
        variables: Mapping[str, str],
        *,
        log: Path,
        timeout: float = 29,
        memory: int = 1024,
    ) -> None:
        self.timeout = timeout
        self.log = log
        self._lock = Lock()
        self._api = RuntimeApi()
        # Python without its site packages: what the package lacks, the function lacks, as on Lambda.
        command = [sys.executable, "-S", "-m", "awslambdaric", handler]
        environment = {**_lambdas_own(self._api.address, code, handler, memory), **variables}
        try:
            with log.open("ab") as output:
                self.started_at = time.perf_counter()
                self.process = subprocess.Popen(
                    command,
                    cwd=code,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
        except BaseException:
            self._api.close()
            raise

    def invoke(self, event: Any) -> Any:
        """Answer what the function answers to an event.

        Raises FunctionError, RequestEntityTooLarge and TimedOut, and after a failed start or TimedOut FunctionError.
        """
        answer: Any = json.loads(self.invoke_raw(json.dumps(event).encode()))
        return answer

    def invoke_raw(self, payload: bytes) -> bytes:
        """Answer the bytes that the function answers to an event's bytes."""
        with self._lock:
            invocation = self._api.submit(payload, timeout=self.timeout)
            return self._wait(invocation)

    def _wait(self, invocation: Invocation) -> bytes:
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            try:
                return invocation.outcome.result(SLICE_SECONDS)
            except NotYet:
                self._raise_if_dead()
        self._end_process()
        raise TimedOut(f"Task timed out after {self.timeout:.2f} seconds")

    def _raise_if_dead(self) -> None:
        if self._api.init_error is not None:
            raise self._api.init_error
        if self.process.poll() is not None:
            raise FunctionError(
                "Runtime.ExitError",
                f"the process ended with {self.process.returncode}:\n{self.said()[-2000:]}",
            )

    @property
    def seconds_to_first_poll(self) -> float:
        """How long the process took until it asked for an event; known after the first answer."""
        assert self._api.polled_at is not None, "the function has not asked for an event yet"
        return self._api.polled_at - self.started_at

    @property
    def seconds_to_first_answer(self) -> float:
        """How long the process took until its first answer was there."""
        assert self._api.answered_at is not None, "the function has not answered yet"
        return self._api.answered_at - self.started_at

    @property
    def peak_bytes(self) -> int:
        """The most memory that the process has had resident."""
        return self._status("VmHWM")

    @property
    def resident_bytes(self) -> int:
        """The memory that the process has resident."""
        return self._status("VmRSS")

    @property
    def processor_seconds(self) -> float:
        """The processor time that the process has used, all threads, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def said(self) -> str:
        """Answer everything the function has written."""
        return self.log.read_text(errors="replace")

    def close(self) -> None:
        """End the process and its Runtime API."""
        self._end_process()
        self._api.close()

    def _end_process(self) -> None:
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def _status(self, field: str) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == field:
                return int(value.split()[0]) * 1024
        raise AssertionError(f"the process is gone: no {field}")


@contextmanager
def running(
    code: Path, handler: str, variables: Mapping[str, str], *, log: Path, **told: Any
) -> Iterator[Function]:
    """Run a function while the block runs; `told` are Function's `timeout` and `memory`."""
    function = Function(code, handler, variables, log=log, **told)
    try:
        yield function
    finally:
        function.close()


def _lambdas_own(address: str, code: Path, handler: str, memory: int) -> dict[str, str]:
    """Answer the environment that Lambda gives every function."""
    return {
        "AWS_LAMBDA_RUNTIME_API": address,
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": handler,
        "AWS_LAMBDA_FUNCTION_NAME": "prism-dev",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/prism-dev",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0123456789abcdef",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY": CREDENTIAL,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join([str(code), str(client_folder())]),
        # On Lambda the package lies where nothing can be written.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
