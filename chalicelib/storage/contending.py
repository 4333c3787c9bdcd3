"""How a writer waits who was not first: at random, so that writers who met do not meet again."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Final

FIRST_PAUSE_SECONDS: Final = 0.02
LONGEST_PAUSE_SECONDS: Final = 1.0

Sleep = Callable[[float], None]


class Contention:
    """The pauses of one writer, each drawn from up to a length that doubles, for so many seconds in all.

    `least` is what part of that length is waited at any rate.
    """

    def __init__(
        self,
        seconds: float,
        *,
        sleep: Sleep = time.sleep,
        first: float = FIRST_PAUSE_SECONDS,
        least: float = 0.0,
    ) -> None:
        self._until = time.monotonic() + seconds
        self._sleep = sleep
        self._pause = first
        self._least = least

    def waits(self) -> bool:
        """Sleep before another attempt, and tell that there is one; at once tell that there is none once time is up."""
        if time.monotonic() > self._until:
            return False
        pause(self._pause, least=self._least * self._pause, sleep=self._sleep)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        return True


def attempts(most: int, *, longest: float) -> Iterator[None]:
    """Yield before each of so many attempts, and pause between two for so many seconds at most."""
    yield
    for _ in range(most - 1):
        pause(longest)
        yield


def pause(longest: float, *, least: float = 0.0, sleep: Sleep = time.sleep) -> None:
    """Sleep for a time at random of so many seconds at most."""
    sleep(random.uniform(least, longest))  # noqa: S311 - jitter needs no secrecy
