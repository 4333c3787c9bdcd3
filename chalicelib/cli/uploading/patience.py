"""What is done when the network is lost: try again after growing pauses, until it has been away for too long."""

from collections.abc import Callable
from threading import Event
from typing import Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import CommandFailed, RegistryRefused, Unreachable
from chalicelib.cli.progress import time_left

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
"""Seconds between two tries; they double from the first to the second."""

_PASSING: Final = frozenset({408, 423, 429, 500, 502, 503, 504})

Say = Callable[[str], None]


class Patience:
    """Bears with a registry that does not answer, for so many seconds since something went well, or until stopped."""

    def __init__(self, env: Environment, seconds: float, say: Say, stopped: Event | None = None) -> None:
        self._env = env
        self._seconds = seconds
        self._say = say
        self._stopped = stopped
        self._pause = FIRST_PAUSE
        self._since: float | None = None

    def went(self) -> None:
        """Take note that something went well."""
        self._since, self._pause = None, FIRST_PAUSE

    def bear(self, error: CommandFailed, *, certainly: bool = False) -> None:
        """Wait after a failure that may pass, or `certainly` does; raises it where it has lasted for too long."""
        if not certainly and not passes(error):
            raise error
        now = self._env.clock.now()
        self._since = now if self._since is None else self._since
        left = self._since + self._seconds - now
        if left <= 0:
            raise error
        pause = min(self._pause, left)
        self._say(f"{error.message}; trying again in {time_left(pause)}")
        self._wait(pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _wait(self, seconds: float) -> None:
        """Wait, but no longer than a second after it was stopped; raises CommandFailed then."""
        if self._stopped is None:
            self._env.clock.wait(seconds)
            return
        while seconds > 0:
            if self._stopped.is_set():
                raise CommandFailed("stopped")
            self._env.clock.wait(min(seconds, 1.0))
            seconds -= 1.0


def passes(error: CommandFailed) -> bool:
    """Tell whether a failure may be over soon: nobody answered, or the registry says that it cannot now."""
    if isinstance(error, RegistryRefused):
        return error.http_status in _PASSING
    return isinstance(error, Unreachable)
