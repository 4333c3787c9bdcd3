"""The analyzers, one line each, in the order they run; what an analyzer requires stands before it.

They are named as text, so that importing this package imports none of them.
"""

from importlib import import_module
from typing import Final, cast

from chalicelib.analyzers.base import Analyzer

ANALYZERS: Final[tuple[str, ...]] = (
    "chalicelib.analyzers.files",
    "chalicelib.analyzers.sizes",
    "chalicelib.analyzers.dependencies",
    "chalicelib.analyzers.licence",
    "chalicelib.analyzers.signals",
    "chalicelib.analyzers.exports",
    "chalicelib.analyzers.types",
    "chalicelib.analyzers.runtimes",
    "chalicelib.analyzers.tags",
    "chalicelib.analyzers.provenance",
    "chalicelib.analyzers.diff",
)
"""The analyzer modules."""


def load_analyzers() -> tuple[Analyzer, ...]:
    """Import the analyzers and answer them in the order of `ANALYZERS`."""
    return tuple(cast("Analyzer", import_module(module)) for module in ANALYZERS)
