"""The processes an emulation is made of: each with a log of its own, started, watched and stopped by this one."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localstack.host import ROOT, spawn, stop

if TYPE_CHECKING:
    import subprocess

START_SECONDS: Final = 60
POLL_SECONDS: Final = 0.1
TAIL_CHARACTERS: Final = 2000


class PartFailed(Exception):
    """A part did not start, or ended by itself; the message ends with what it last wrote."""


@dataclass(frozen=True, slots=True)
class Part:
    """A running process: what it is called, and where its log is."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def check(self) -> None:
        """Raise PartFailed if it has ended."""
        if self.ended:
            raise PartFailed(f"{self.name} ended with {self.process.returncode}; {self.last_words()}")

    def last_words(self) -> str:
        """Answer the end of its log, and where to read on."""
        last = self.log.read_text(errors="replace")[-TAIL_CHARACTERS:].strip()
        return f"{self.log} ends with:\n{last}" if last else f"{self.log} is empty"

    def stop(self) -> None:
        """End it, gently at first."""
        stop(self.process)


def start(name: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> Part:
    """Start this Python with arguments, appending what it says to a log."""
    process = spawn([sys.executable, *arguments], log, ROOT, environment)
    return Part(name, process, log)


@contextlib.contextmanager
def running(name: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[Part]:
    """Run this Python with arguments while the block runs."""
    part = start(name, arguments, log, environment)
    try:
        yield part
    finally:
        part.stop()


def wait_until(ready: Callable[[], bool], what: str, parts: Sequence[Part]) -> None:
    """Wait for something that needs these parts; raises PartFailed if one of them ends or it takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        for part in parts:
            part.check()
        if time.monotonic() > deadline:
            raise PartFailed(f"{what} took longer than {START_SECONDS} s; {parts[-1].last_words()}")
        time.sleep(POLL_SECONDS)
