"""Counting and timing within an invocation."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Final

from chalicelib.telemetry.context import at_stage
from chalicelib.telemetry.invocations import metrics
from chalicelib.telemetry.logs import LOGGER
from chalicelib.telemetry.metrics import COUNT, MILLISECONDS
from chalicelib.telemetry.outlet import outlet

_LOG: Final = logging.getLogger(f"{LOGGER}.stages")


def count(metric: str, value: float = 1, *, unit: str = COUNT, **dimensions: str) -> None:
    """Add to a metric of the present invocation; dimensions have few values, so names of packages are none."""
    gathered = metrics()
    if gathered is not None:
        gathered.add(metric, value, unit, dimensions)


def measure(metric: str, milliseconds: float, **dimensions: str) -> None:
    """Record one duration of the present invocation."""
    gathered = metrics()
    if gathered is not None:
        gathered.record(metric, round(milliseconds, 3), MILLISECONDS, dimensions)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Measure a stage of a pipeline: a log line, the metric StageDuration and a span."""
    started = perf_counter()
    outcome = "failed"
    with outlet().tracing.span(name, "stage", {}), at_stage(name):
        try:
            yield
            outcome = "done"
        finally:
            milliseconds = (perf_counter() - started) * 1000
            measure("StageDuration", milliseconds, Stage=name)
            _LOG.info(
                "stage %s %s", name, outcome, extra={"outcome": outcome, "durationMs": round(milliseconds, 2)}
            )


@contextmanager
def operation(verb: str, key: str) -> Iterator[None]:
    """Measure one call of the storage: the metrics StorageCalls and StorageMilliseconds, and a span."""
    started = perf_counter()
    attributes = {"prism.storage.verb": verb, "prism.storage.key": key}
    with outlet().tracing.span(f"storage {verb}", "storage", attributes):
        try:
            yield
        finally:
            count("StorageCalls", Verb=verb)
            count("StorageMilliseconds", (perf_counter() - started) * 1000, unit=MILLISECONDS, Verb=verb)
