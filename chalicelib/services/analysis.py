"""Runs the analyzers over a package: in order, timed, going on after a failure."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.analyzers.base import Analyzer, Subject
from chalicelib.domain.errors import InvalidTarball
from chalicelib.domain.metadata import AnalyzerRecord


class EssentialAnalyzerFailed(InvalidTarball):
    """An analyzer without which a version cannot be published could not read the package."""

    code = "analysis_failed"
    title = "The package cannot be analyzed"

    def __init__(self, analyzer: str, reason: str) -> None:
        super().__init__(
            f"the analyzer `{analyzer}` cannot read this package: {reason}", analyzer=analyzer, reason=reason
        )


@dataclass(frozen=True, slots=True)
class AnalyzerRun:
    """What one analyzer did in this run: the record that is kept, and how long it took."""

    record: AnalyzerRecord
    duration_ms: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """What all analyzers found; `values` holds the results of those that succeeded, by name."""

    runs: tuple[AnalyzerRun, ...]
    values: dict[str, Any]

    @property
    def records(self) -> list[AnalyzerRecord]:
        """The records that are kept with the version."""
        return [run.record for run in self.runs]

    def to_json_value(self) -> list[dict[str, Any]]:
        """Answer the analysis as the publish answer shows it."""
        return [run.record.to_json_value() | {"durationMs": round(run.duration_ms, 3)} for run in self.runs]


def analyze(subject: Subject, analyzers: Iterable[Analyzer]) -> Analysis:
    """Run the analyzers; raises EssentialAnalyzerFailed, and records every other failure."""
    runs: list[AnalyzerRun] = []
    values: dict[str, Any] = {}
    for analyzer in analyzers:
        started = time.perf_counter()
        record = _run(analyzer, replace(subject, results=values), values)
        runs.append(AnalyzerRun(record, (time.perf_counter() - started) * 1000))
        if analyzer.essential and record.status != "ok":
            raise EssentialAnalyzerFailed(analyzer.name, record.error or record.verdict)
    return Analysis(tuple(runs), values)


def _run(analyzer: Analyzer, subject: Subject, values: dict[str, Any]) -> AnalyzerRecord:
    missing = [name for name in analyzer.requires if name not in values]
    if missing:
        return AnalyzerRecord(
            name=analyzer.name,
            version=analyzer.version,
            status="skipped",
            verdict=f"needs {', '.join(missing)}",
        )
    try:
        found = analyzer.analyze(subject)
    except Exception as error:  # noqa: BLE001 - one broken analyzer must not lose the report of the others
        return AnalyzerRecord(
            name=analyzer.name,
            version=analyzer.version,
            status="failed",
            verdict="failed",
            error=f"{type(error).__name__}: {error}",
        )
    values[analyzer.name] = found.value
    return AnalyzerRecord(name=analyzer.name, version=analyzer.version, status="ok", verdict=found.verdict)
