"""Following a job over HTTP: every event of every run as it comes, until the job has ended."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import CommandFailed
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.granting import segment
from chalicelib.cli.stages import OPEN

if TYPE_CHECKING:
    from chalicelib.cli.client import Registry

WAIT_SECONDS: Final = 20
"""How long the registry keeps an answer back while there is nothing to tell."""
PORTION: Final = 500
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 5.0
"""Seconds between two looks at a job that nobody is at work on; they double from the first to the second."""
PATIENCE: Final = (1.0, 2.0, 4.0)
"""Seconds after which a request that was not answered is sent again: enough for a registry that is started anew."""

Json = Mapping[str, Any]
Tell = Callable[[Json], None]


class Follower:
    """Follows one job; `tell` is called with each event, once."""

    def __init__(self, registry: "Registry", env: Environment, tell: Tell) -> None:
        self._registry = registry
        self._env = env
        self._tell = tell
        self._told: dict[str, int] = {}
        self._pause = FIRST_PAUSE
        self._unanswered = 0

    def follow(self, job: Json, *, skip: str | None = None) -> Json:
        """Tell what happens to a job, and answer it once it has ended; the run `skip` is passed over.

        Raises CommandFailed when the registry refuses, or does not answer for too long.
        """
        while True:
            run = job.get("runId")
            if run is None or run == skip:
                if job["state"] not in OPEN:
                    return job
                self._rest()
                job = self._get(_path(job))
                continue
            ended = self._tell_more(job, run)
            if ended is None:
                continue
            found = self._get(_path(job))
            same = found.get("runId") == run
            if found["state"] not in OPEN and same:
                if not ended:
                    self._tell_more(found, run)
                return found
            if ended and same:
                self._rest()
            job = found

    def _tell_more(self, job: Json, run: str) -> bool | None:
        """Tell what has happened in a run since; answers whether it has ended, or None if there may be more at once."""
        page = self._get(
            f"{_path(job)}/runs/{segment(run, 'run')}/events",
            after=self._told.get(run, 0),
            wait=WAIT_SECONDS,
            limit=PORTION,
        )
        for event in page["events"]:
            self._tell(event)
            self._pause = FIRST_PAUSE
        self._told[run] = page["next"]
        return True if page["end"] else None if page["events"] else False

    def _get(self, path: str, **query: int) -> Json:
        """Read what is at a path, with patience for a registry that does not answer now."""
        try:
            value: Json = self._registry.get(path, **query).value
        except CommandFailed as error:
            if self._unanswered == len(PATIENCE) or error.status is not ExitStatus.UNREACHABLE:
                raise
            seconds = PATIENCE[self._unanswered]
            self._unanswered += 1
            self._env.say(f"{error.message}; asking again in {seconds:g} s")
            self._env.clock.wait(seconds)
            return self._get(path, **query)
        self._unanswered = 0
        return value

    def _rest(self) -> None:
        self._env.clock.wait(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)


def _path(job: Json) -> str:
    return f"jobs/{segment(str(job['id']), 'id')}"
