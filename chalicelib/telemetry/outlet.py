"""Where this process's telemetry goes, set once when it starts."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from chalicelib.telemetry.logs import log_to_stderr
from chalicelib.telemetry.metrics import Metrics
from chalicelib.telemetry.tracing import Tracing, no_tracing


class Outlet(NamedTuple):
    """Whether metrics are written, the deployed stage that all of them name, and who takes spans."""

    metrics: bool = False
    deployment: str | None = None
    tracing: Tracing = no_tracing

    def write(self, metrics: Metrics, facts: Mapping[str, object]) -> None:
        """Write what was measured to standard output: raw JSON lines, as CloudWatch wants them."""
        shared = {"Deployment": self.deployment} if self.deployment else {}
        for line in metrics.lines(shared, facts):
            write_line(line)


_ENCODER: Final = json.JSONEncoder(default=str, separators=(",", ":"))
_CURRENT: Final[list[Outlet]] = [Outlet()]


def outlet() -> Outlet:
    """Answer this process's outlet."""
    return _CURRENT[-1]


def configure(
    *, log_level: str, metrics: str = "off", deployment: str | None = None, traces_endpoint: str | None = None
) -> None:
    """Say where telemetry goes; `metrics` is `emf` or `off`.

    The tracing SDK is imported here, and only with an endpoint: while a function starts it has the most CPU.
    """
    log_to_stderr(log_level)
    tracing = no_tracing
    if traces_endpoint:
        from chalicelib.telemetry.otlp import OtlpTracing  # noqa: PLC0415 - 190 ms that others do not pay

        tracing = OtlpTracing(traces_endpoint, deployment)
    _CURRENT[:] = [Outlet(metrics == "emf", deployment, tracing)]


@contextmanager
def directed(replacement: Outlet) -> Iterator[Outlet]:
    """Let telemetry go elsewhere for a while."""
    _CURRENT.append(replacement)
    try:
        yield replacement
    finally:
        _CURRENT.remove(replacement)


def write_line(line: Mapping[str, Any]) -> None:
    """Write one JSON line to standard output, in one piece."""
    sys.stdout.write(f"{_ENCODER.encode(line)}\n")
    sys.stdout.flush()
