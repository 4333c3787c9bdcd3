"""The HTTP edge: one module a resource, each with its table of routes."""

from typing import Final

RESOURCES: Final[tuple[str, ...]] = ()
"""The modules whose `routes` are served, one line each."""
