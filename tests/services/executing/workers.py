"""Workers in processes of their own, which can be killed and stopped as no thread can."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Final, NamedTuple

from chalicelib import telemetry
from chalicelib.container import Container
from chalicelib.services.publishing import STAGES, PublishRequest
from chalicelib.settings import Settings
from tests.services.executing.fates import Fate, FatedStore
from tests.worlds import ALICE

STAGE_NAMES: Final = [stage.name for stage in STAGES]
TAG: Final = "next"
BEGUN: Final = "begun"
FORETOLD: Final = "foretold"
PATIENCE_SECONDS: Final = 60

_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.services.executing.nursery"])


class Task(NamedTuple):
    """What a worker is to do under some settings: publish `data`, or take up the job `job_id`.

    By its clock it is so many seconds later than it is.
    """

    environment: dict[str, str]
    data: bytes | None = None
    job_id: str = ""
    fate: Fate = Fate()
    later: float = 0.0


class Worker:
    """A process at a task, seen from outside; `stages` are those it is known to have begun, in order."""

    def __init__(self, task: Task) -> None:
        self._heard, told = _PROCESSES.Pipe(duplex=False)
        self._process = _PROCESSES.Process(target=_live, args=(task, told), daemon=True)
        self._process.start()
        told.close()
        self.stages: list[str] = []

    def wait_for(self, wanted: str) -> None:
        """Return when the worker says something; raises EOFError if it never does."""
        while self._hear() != wanted:
            pass

    def send(self, number: signal.Signals) -> None:
        """Send the worker a signal, unless it is gone."""
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def end(self) -> str:
        """Wait for the worker's end; answers what it came to, or the name of the signal that ended it."""
        told = ""
        try:
            while True:
                told = self._hear()
        except EOFError:
            self._process.join(PATIENCE_SECONDS)
        code = self._process.exitcode
        assert code is not None, "a worker without a voice has ended"
        return signal.Signals(-code).name if code < 0 else told

    def close(self) -> None:
        """Make sure that the worker is gone."""
        self.send(signal.SIGKILL)
        self._process.join()
        self._process.close()
        self._heard.close()

    def _hear(self) -> str:
        assert self._heard.poll(PATIENCE_SECONDS), "the worker has fallen silent"
        told = str(self._heard.recv())
        if told in STAGE_NAMES:
            self.stages.append(told)
        return told


def _live(task: Task, parent: Connection) -> None:
    """Do a task, and tell of it: the stages that begin, and what it comes to."""
    settings = Settings.from_env(task.environment)
    measured = telemetry.stage

    @contextmanager
    def heard(name: str) -> Iterator[None]:
        parent.send(name)
        with measured(name):
            yield

    telemetry.stage = heard
    store = FatedStore(Container(settings).store, task.fate, lambda: parent.send(FORETOLD))
    passed = timedelta(seconds=task.later)
    services = Container(settings, store=store, now=lambda: datetime.now(UTC) + passed)
    parent.send(BEGUN)
    parent.send(_done(task, services))


def _done(task: Task, services: Container) -> str:
    """Answer what a task comes to: `created`, `joined`, the state of a job, or the name of an error."""
    try:
        if task.data is None:
            return services.publishing.work(task.job_id).state
        published = services.publishing.publish(request(task.data))
    except Exception as error:  # noqa: BLE001 - whoever began the worker judges
        return type(error).__name__
    return "created" if published.created else "joined"


def request(data: bytes) -> PublishRequest:
    """Answer the wish to publish a tarball."""
    return PublishRequest(publisher=ALICE, source="cli", tag=TAG, data=data)
