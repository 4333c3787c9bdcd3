"""A worker in the process of the local server, where no bucket tells of jobs that wait."""

import logging
import threading
from queue import SimpleQueue
from typing import Final

from chalicelib import telemetry
from chalicelib.container import Container
from chalicelib.domain.executions.errors import RunHeld

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.jobs")


class LocalWorker:
    """Takes up jobs in the order they are announced, one after the other, in a thread of its own."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._wanted: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)
        container.announce = self._wanted.put
        self._thread.start()

    def finish(self, seconds: float) -> bool:
        """Take up nothing more, and wait for the job at hand; tells whether it came to its end."""
        self._wanted.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (job_id := self._wanted.get()) is not None:
            with telemetry.invocation("work", requestId=None):
                self._take_up(job_id)

    def _take_up(self, job_id: str) -> None:
        try:
            job = self._container.working.work(job_id)
        except RunHeld:
            _LOG.info("another worker is at it")
        except Exception:  # noqa: BLE001 - whatever made one job fail, the next is taken up
            _LOG.exception("attempt failed, and is left to the next sweep")
        else:
            _LOG.info("job %s", job.state)
