"""CloudWatch's embedded metric format: numbers in a log line that CloudWatch turns into metrics.

A dimension and a metric are members of the line by their names, so one line holds one value of each. What an invocation
measured is packed into as few lines as that allows: one for almost every read; one more for every further verb or stage
of a write.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

NAMESPACE: Final = "Prism"
COUNT: Final = "Count"
MILLISECONDS: Final = "Milliseconds"
MOST_VALUES: Final = 100
"""Of one metric in one line."""
MOST_METRICS: Final = 100
"""In one line; CloudWatch ignores a directive with more."""

Dimensions = tuple[tuple[str, str], ...]


class Measurement(NamedTuple):
    """The values of one metric under one set of dimensions."""

    name: str
    unit: str
    dimensions: Dimensions
    values: tuple[float, ...]


class Metrics:
    """What one invocation has counted and measured so far."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, Dimensions], float] = {}
        self._values: dict[tuple[str, str, Dimensions], list[float]] = {}

    def add(self, name: str, value: float, unit: str, dimensions: Mapping[str, str]) -> None:
        """Add to a sum."""
        key = name, unit, tuple(dimensions.items())
        self._sums[key] = self._sums.get(key, 0) + value

    def record(self, name: str, value: float, unit: str, dimensions: Mapping[str, str]) -> None:
        """Keep one value of a distribution."""
        self._values.setdefault((name, unit, tuple(dimensions.items())), []).append(value)

    def lines(self, shared: Mapping[str, str], facts: Mapping[str, object]) -> Iterator[dict[str, Any]]:
        """Answer the lines; `shared` are dimensions of every metric, `facts` are told beside and are no dimensions."""
        return packed(self._measurements(), shared, facts)

    def _measurements(self) -> Iterator[Measurement]:
        for (name, unit, dimensions), total in self._sums.items():
            yield Measurement(name, unit, dimensions, (round(total, 3),))
        for (name, unit, dimensions), values in self._values.items():
            rest = iter(values)
            while chunk := tuple(islice(rest, MOST_VALUES)):
                yield Measurement(name, unit, dimensions, chunk)


class _Line:
    """One line in the making; its members are dimensions and metrics, of which there is one value each."""

    def __init__(self) -> None:
        self.members: dict[str, object] = {}
        self.directives: dict[tuple[str, ...], list[dict[str, str]]] = {}
        self._metrics = 0

    def takes(self, measurement: Measurement) -> bool:
        members = self.members
        if measurement.name in members or self._metrics == MOST_METRICS:
            return False
        return all(members.get(name, value) == value for name, value in measurement.dimensions)

    def take(self, measurement: Measurement) -> None:
        names = tuple([name for name, _ in measurement.dimensions])
        self.directives.setdefault(names, []).append({"Name": measurement.name, "Unit": measurement.unit})
        self.members.update(measurement.dimensions)
        values = measurement.values
        self.members[measurement.name] = values[0] if len(values) == 1 else list(values)
        self._metrics += 1


def packed(
    measurements: Iterable[Measurement], shared: Mapping[str, str], facts: Mapping[str, object]
) -> Iterator[dict[str, Any]]:
    """Answer as few lines as hold all measurements."""
    lines: list[_Line] = []
    for measurement in measurements:
        for line in lines:
            if line.takes(measurement):
                break
        else:
            line = _Line()
            lines.append(line)
        line.take(measurement)
    for line in lines:
        yield {**facts, **shared, **line.members, "_aws": _metadata(line, tuple(shared))}


def _metadata(line: _Line, shared: tuple[str, ...]) -> dict[str, Any]:
    return {
        "Timestamp": time.time_ns() // 1_000_000,
        "CloudWatchMetrics": [
            {"Namespace": NAMESPACE, "Dimensions": [[*shared, *names]], "Metrics": metrics}
            for names, metrics in line.directives.items()
        ],
    }
