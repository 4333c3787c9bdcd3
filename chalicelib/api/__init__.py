"""The HTTP edge: one module a resource, each with its table of routes."""

from typing import Final

RESOURCES: Final[tuple[str, ...]] = (
    "chalicelib.api.health",
    "chalicelib.api.publish",
    "chalicelib.api.packages",
    "chalicelib.api.curation",
    "chalicelib.api.resolve",
    "chalicelib.api.search",
    "chalicelib.api.files",
    "chalicelib.api.description",
)
"""The modules whose `routes` are served, one line each."""
