"""Runs the analyzers over a package: in order, timed, going on after a failure."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.analyzers.base import Analyzer, Subject
from chalicelib.domain.errors import InvalidTarball
from chalicelib.domain.metadata import AnalyzerRecord
from chalicelib.domain.package import Package


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
    """What one analyzer did in this run: the record that is kept, how long it took, and what it read of files."""

    record: AnalyzerRecord
    duration_ms: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """What all analyzers found; `values` holds the results of those that succeeded, by name."""

    runs: tuple[AnalyzerRun, ...]
    values: dict[str, Any]

    @property
    def records(self) -> list[AnalyzerRecord]:
        """The records that are kept with the version."""
        return [run.record for run in self.runs]

    def report(self) -> list[dict[str, Any]]:
        """Answer what each analyzer did, as events and answers show it."""
        return [
            run.record.to_json_value() | {"durationMs": round(run.duration_ms, 3), "bytes": run.bytes}
            for run in self.runs
        ]


def analyze(
    subject: Subject, analyzers: Sequence[Analyzer], *, tell: Callable[[int, int, str], None] | None = None
) -> Analysis:
    """Run the analyzers; raises EssentialAnalyzerFailed, and records every other failure.

    `tell` hears before each of them how many are done, how many there are, and which one is next.
    """
    runs: list[AnalyzerRun] = []
    values: dict[str, Any] = {}
    for analyzer in analyzers:
        if tell is not None:
            tell(len(runs), len(analyzers), analyzer.name)
        package, read = _counting(subject.package)
        started = time.perf_counter()
        record = _run(analyzer, replace(subject, package=package, results=values), values)
        runs.append(AnalyzerRun(record, (time.perf_counter() - started) * 1000, sum(read)))
        if analyzer.essential and record.status != "ok":
            raise EssentialAnalyzerFailed(analyzer.name, record.error or record.verdict)
    return Analysis(tuple(runs), values)


def _counting(package: Package) -> tuple[Package, list[int]]:
    """Answer the package, and the sizes of the files that are read of it from now on."""
    sizes: list[int] = []

    def read(path: str) -> bytes:
        data = package.read(path)
        sizes.append(len(data))
        return data

    return package._replace(read=read), sizes


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
