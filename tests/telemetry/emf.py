"""CloudWatch's embedded metric format, as its specification has it, and a reader of what it makes of lines."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from chalicelib.telemetry.outlet import Outlet, directed

UNITS = {"Seconds", "Milliseconds", "Microseconds", "Bytes", "Count", "Percent", "None"}

Series = tuple[str, tuple[tuple[str, str], ...]]


def assert_valid(line: dict[str, Any]) -> None:
    """Hold a line to the specification: members of the root, their types and the limits."""
    metadata = line["_aws"]
    assert isinstance(metadata["Timestamp"], int)
    assert 1_000_000_000_000 < metadata["Timestamp"] < 10_000_000_000_000, "milliseconds since 1970"
    for directive in metadata["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
        assert 1 <= len(directive["Namespace"]) <= 1024
        assert len(directive["Metrics"]) <= 100
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= 30
            assert all(isinstance(line[name], str) and 1 <= len(line[name]) <= 1024 for name in dimensions)
        for metric in directive["Metrics"]:
            assert metric["Unit"] in UNITS
            values = line[metric["Name"]]
            values = values if isinstance(values, list) else [values]
            assert 1 <= len(values) <= 100
            assert all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


@dataclass
class Written:
    """Lines that went to standard output."""

    stream: StringIO = field(default_factory=StringIO)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line, each of which must be a JSON object of its own."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def series(self) -> dict[Series, list[float]]:
        """Answer the values of each metric under each set of dimensions, as CloudWatch would see them."""
        found: dict[Series, list[float]] = {}
        for line in self.lines:
            assert_valid(line)
            for directive in line["_aws"]["CloudWatchMetrics"]:
                for dimensions in directive["Dimensions"]:
                    for metric in directive["Metrics"]:
                        key = metric["Name"], tuple((name, line[name]) for name in dimensions)
                        values = line[metric["Name"]]
                        found.setdefault(key, []).extend(values if isinstance(values, list) else [values])
        return found


@contextmanager
def metrics_written(deployment: str | None = None) -> Iterator[Written]:
    """Write metrics while the block runs, and keep what is written."""
    written = Written()
    with directed(Outlet(metrics=True, deployment=deployment)), redirect_stdout(written.stream):
        yield written
