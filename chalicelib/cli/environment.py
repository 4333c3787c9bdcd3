"""Everything the command touches of its surroundings, so that tests can put their own in its place."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from chalicelib.cli.transport import HttpRequest, HttpResponse

Transport = Callable[["HttpRequest"], "HttpResponse"]
"""Sends one request and answers its response, whatever its status; raises Unanswered when there is none."""


def send_over_network(request: "HttpRequest") -> "HttpResponse":
    """Send a request over the network; the modules that takes are loaded at the first one."""
    from chalicelib.cli.transport import send

    return send(request)


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the command uses it: `now` in seconds that only grow, `unix` in those since 1970, `wait` for some."""

    now: Callable[[], float] = time.monotonic
    unix: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Environment:
    """The streams, the variables, the network and the clock."""

    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    transport: Transport = send_over_network
    clock: Clock = field(default_factory=Clock)

    def variable(self, name: str) -> str | None:
        """Answer an environment variable; an empty one counts as absent."""
        return self.environ.get(name, "").strip() or None

    def colours(self, stream: TextIO) -> bool:
        """Say whether a stream may be coloured: a terminal, unless NO_COLOR is set (https://no-color.org)."""
        return stream.isatty() and not self.environ.get("NO_COLOR") and self.environ.get("TERM") != "dumb"

    def say(self, text: str) -> None:
        """Talk to the user; data goes to stdout instead."""
        print(text, file=self.stderr, flush=True)
