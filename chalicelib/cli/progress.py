"""Telling how far a transfer is, how fast and how long still: a bar on a terminal, plain lines elsewhere."""

from collections import deque
from threading import Lock
from typing import Final, Protocol

from chalicelib.cli.environment import Environment
from chalicelib.cli.output import size
from chalicelib.cli.transport import Readable

BAR_WIDTH: Final = 24
SECONDS_BETWEEN_DRAWS: Final = 0.1
PLAIN_LINES_FROM: Final = 1 << 20
"""Bytes; smaller transfers are over before a line about them could help."""
SPEED_OVER: Final = 10.0
"""Seconds whose bytes make up the speed, so that it follows the network and does not jump."""
LONGEST_LEFT: Final = 100 * 3600
"""Seconds; of a transfer that would take longer, the time left is not told."""


class Speed:
    """Bytes a second over the last seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def restart(self) -> None:
        """Forget what was, because the next bytes do not follow on it."""
        self._samples.clear()

    def at(self, now: float, done: int) -> float:
        """Answer the speed, given how much is done by now; 0 when that is not known yet."""
        while len(self._samples) > 1 and now - self._samples[0][0] > SPEED_OVER:
            self._samples.popleft()
        self._samples.append((now, done))
        since, first = self._samples[0]
        return (done - first) / (now - since) if now > since else 0.0


class Progress:
    """Reports one transfer of `total` bytes to stderr, from any number of threads; `quiet` keeps it silent."""

    def __init__(
        self,
        env: Environment,
        total: int,
        *,
        doing: str = "uploading",
        done: str = "uploaded",
        quiet: bool = False,
    ) -> None:
        self._env = env
        self._total = total
        self._word = done
        self._whole = f"{doing} {size(total)}"
        self._quiet = quiet
        self._bar = env.stderr.isatty()
        self._done = 0
        self._drawn = float("-inf")
        self._quarter = 0
        self._speed = Speed()
        self._lock = Lock()

    def start(self, at: int = 0) -> None:
        """Begin, for the first time or again, where `at` bytes are done."""
        with self._lock:
            self._done, self._quarter = at, self._quarter_of(at)
            self._speed.restart()
            self._speed.at(self._env.clock.now(), at)
            if not self._bar and not self._quiet:
                self._env.say(self._whole if not at else f"{self._whole}, of which {size(at)} are there")

    def advance(self, done: int) -> None:
        """Count bytes that have gone; fewer than none where they have to go again."""
        with self._lock:
            self._done += done
            if done < 0:
                self._speed.restart()
            if self._quiet:
                return
            if self._bar:
                self._draw()
            elif self._total >= PLAIN_LINES_FROM:
                self._tell_quarters()

    def skip(self, done: int) -> None:
        """Count bytes that need not go, because they are there."""
        with self._lock:
            self._done += done
            self._quarter = self._quarter_of(self._done)
            self._speed.restart()

    def say(self, text: str) -> None:
        """Tell something in a line of its own, without tearing the bar; not when quiet."""
        if not self._quiet:
            with self._lock:
                self._clear()
                self._env.say(text)

    def finish(self) -> None:
        """Leave the terminal on a line of its own."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        if self._bar and self._drawn != float("-inf"):
            self._env.stderr.write("\r\x1b[K")
            self._env.stderr.flush()
            self._drawn = float("-inf")

    def _draw(self) -> None:
        now = self._env.clock.now()
        if self._done < self._total and now - self._drawn < SECONDS_BETWEEN_DRAWS:
            return
        self._drawn = now
        share = self._done / self._total if self._total else 1.0
        done = int(share * BAR_WIDTH)
        bar = "█" * done + "░" * (BAR_WIDTH - done)
        told = f"{bar} {share:4.0%}  {size(self._done)} of {size(self._total)}{self._pace(now)}"
        self._env.stderr.write(f"\r{told}\x1b[K")
        self._env.stderr.flush()

    def _pace(self, now: float) -> str:
        speed = self._speed.at(now, self._done)
        if speed <= 0:
            return ""
        left = (self._total - self._done) / speed
        ends = f", {time_left(left)} left" if 0 < left <= LONGEST_LEFT else ""
        return f", {size(int(speed))}/s{ends}"

    def _tell_quarters(self) -> None:
        quarter = self._quarter_of(self._done)
        if self._quarter < quarter < 4:
            self._env.say(f"{self._word} {25 * quarter}%")
            self._quarter = quarter

    def _quarter_of(self, done: int) -> int:
        return 4 * done // self._total if self._total else 4


def time_left(seconds: float) -> str:
    """Answer how long something will take, as exactly as it can be known: `8 s`, `3 min`, `2 h 10 min`."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


class Counter(Protocol):
    """What is told of bytes that went."""

    def advance(self, done: int, /) -> None:
        """Count bytes."""


class Watched:
    """A body whose reading is reported."""

    def __init__(self, source: Readable, progress: Counter) -> None:
        self._source = source
        self._progress = progress

    def read(self, size: int = -1, /) -> bytes:
        """Answer the next bytes, and count them as sent."""
        data = self._source.read(size)
        self._progress.advance(len(data))
        return data
