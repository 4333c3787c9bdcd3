"""Reports what a package is in a few fixed words, by which it can be found and filtered."""

from collections.abc import Callable
from typing import Final

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.facts.maturity import is_experimental
from chalicelib.domain.metadata import Dependencies, RuntimeAnalysis

name = "tags"
version = "1"
requires = ("dependencies", "runtimes")
essential = False

TINY: Final = 5 * 1024


def analyze(subject: Subject) -> Found:
    """Answer the tags of a package, in the order of TAGS."""
    tags = [tag for tag, holds in TAGS.items() if holds(subject)]
    return Found(", ".join(tags), tags)


def _zero_dependencies(subject: Subject) -> bool:
    needs: Dependencies = subject.results["dependencies"]
    return not needs.dependencies and not needs.optional_dependencies


def _runs_on(*runtimes: str) -> Callable[[Subject], bool]:
    def holds(subject: Subject) -> bool:
        compatibility = _runtime(subject).compatibility
        return all(getattr(compatibility, runtime) for runtime in runtimes)

    return holds


def _runtime(subject: Subject) -> RuntimeAnalysis:
    analysis: RuntimeAnalysis = subject.results["runtimes"]
    return analysis


TAGS: Final[dict[str, Callable[[Subject], bool]]] = {
    "zero-deps": _zero_dependencies,
    "typed": lambda subject: _runtime(subject).types != "none",
    "esm-only": lambda subject: _runtime(subject).module_format == "esm",
    "tiny": lambda subject: subject.package.unpacked_size <= TINY,
    "runtime-safe": _runs_on("node", "deno", "bun", "workers"),
    "runtime-node": _runs_on("node"),
    "runtime-deno": _runs_on("deno"),
    "runtime-bun": _runs_on("bun"),
    "stable": lambda subject: not is_experimental(subject.version),
    "experimental": lambda subject: is_experimental(subject.version),
}
"""Every tag and when a package has it: `tiny` weighs at most 5 KiB, `experimental` is 0.x or a prerelease."""
