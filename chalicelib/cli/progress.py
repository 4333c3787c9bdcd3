"""Telling how far an upload is: a bar on a terminal, plain lines elsewhere."""

from typing import Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.output import size
from chalicelib.cli.transport import Readable

BAR_WIDTH: Final = 24
SECONDS_BETWEEN_DRAWS: Final = 0.1
PLAIN_LINES_FROM: Final = 1 << 20
"""Bytes; smaller uploads are over before a line about them could help."""


class Progress:
    """Reports one transfer of `total` bytes to stderr."""

    def __init__(self, env: Environment, total: int) -> None:
        self._env = env
        self._total = total
        self._bar = env.stderr.isatty()
        self._sent = 0
        self._drawn = float("-inf")
        self._quarter = 0

    def start(self) -> None:
        """Begin at nothing, for the first time or again."""
        self._sent = self._quarter = 0
        if not self._bar:
            self._env.say(f"uploading {size(self._total)}")

    def advance(self, sent: int) -> None:
        """Count bytes that were sent."""
        self._sent += sent
        if self._bar:
            self._draw()
        elif self._total >= PLAIN_LINES_FROM:
            self._tell_quarters()

    def finish(self) -> None:
        """Leave the terminal on a line of its own."""
        if self._bar and self._sent:
            self._env.stderr.write("\r\x1b[K")
            self._env.stderr.flush()

    def _draw(self) -> None:
        now = self._env.clock.now()
        if self._sent < self._total and now - self._drawn < SECONDS_BETWEEN_DRAWS:
            return
        self._drawn = now
        share = self._sent / self._total if self._total else 1.0
        done = int(share * BAR_WIDTH)
        bar = "█" * done + "░" * (BAR_WIDTH - done)
        self._env.stderr.write(f"\r{bar} {share:4.0%}  {size(self._sent)} of {size(self._total)}\x1b[K")
        self._env.stderr.flush()

    def _tell_quarters(self) -> None:
        quarter = 4 * self._sent // self._total
        if self._quarter < quarter < 4:
            self._env.say(f"uploaded {25 * quarter}%")
        self._quarter = quarter


class Watched:
    """A body whose reading is reported."""

    def __init__(self, source: Readable, progress: Progress) -> None:
        self._source = source
        self._progress = progress

    def read(self, size: int = -1, /) -> bytes:
        """Answer the next bytes, and count them as sent."""
        data = self._source.read(size)
        self._progress.advance(len(data))
        return data
