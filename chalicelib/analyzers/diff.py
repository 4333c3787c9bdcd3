"""Reports in numbers what changed since the previous version, and whether users can tell."""

from collections import Counter

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.comparison.breaking import breaking_reasons
from chalicelib.domain.comparison.comparable import comparable, compared_by
from chalicelib.domain.comparison.diff import file_changes
from chalicelib.domain.metadata import DiffSummary

name = "diff"
version = "1"
requires = ("files", "dependencies", "exports", "runtimes")
essential = False


def analyze(subject: Subject) -> Found:
    """Answer the DiffSummary against the previous version; of a first version every file is new."""
    results = subject.results
    if subject.previous is None:
        first = DiffSummary(
            added=results["files"].total_files, removed=0, modified=0, breaking=False, reasons=[]
        )
        return Found("first version", first)
    before = comparable(subject.previous)
    after = compared_by(
        results["files"], results["exports"].map, results["runtimes"], results["dependencies"]
    )
    counts = Counter(change.change for change in file_changes(before, after))
    reasons = breaking_reasons(before, after)
    summary = DiffSummary(
        previous=subject.previous.identifier.version,
        added=counts["added"],
        removed=counts["removed"],
        modified=counts["modified"],
        breaking=bool(reasons),
        reasons=reasons,
    )
    return Found(_verdict(summary), summary)


def _verdict(summary: DiffSummary) -> str:
    numbers = f"{summary.added} added, {summary.removed} removed, {summary.modified} modified"
    return f"{numbers} since {summary.previous}{', breaking' if summary.breaking else ''}"
