"""Which version of the command this is."""

from functools import cache


@cache
def version() -> str:
    """Answer the installed version; `0` when the code runs without being installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("prism-registry")
    except PackageNotFoundError:
        return "0"
