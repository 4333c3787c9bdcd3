"""Wires settings, stores and services together, each built when it is first asked for and once per process.

Each module adds the parts of one room to those of the rooms before it, which it may use.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

from chalicelib.container.operating import OperatingServices
from chalicelib.settings import Settings


class Container(OperatingServices):
    """The stores and services of one process, imported when they are built, so that no cold start pays for others."""


_LOCK = Lock()
_CURRENT: list[Container] = []


def container() -> Container:
    """Answer this process's container, built from the environment when first asked for."""
    with suppress(IndexError):
        return _CURRENT[-1]  # without the lock, which every request would take many times
    with _LOCK:
        if not _CURRENT:
            _CURRENT.append(Container(Settings.from_env()))
        return _CURRENT[-1]


@contextmanager
def installed(replacement: Container) -> Iterator[Container]:
    """Let another container answer for a while."""
    with _LOCK:
        _CURRENT.append(replacement)
    try:
        yield replacement
    finally:
        with _LOCK:
            _CURRENT.remove(replacement)
