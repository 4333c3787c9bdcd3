"""Registries to be swept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.settings import Settings
from chalicelib.storage import open_store
from tests.services.sweeping.swept import Registry


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture(params=["memory", "filesystem"])
def new_registry(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], Registry]:
    """Answer a maker of registries that have nothing in common."""
    if request.param == "memory":
        return lambda _: Registry()
    return lambda number: filesystem_registry(tmp_path / str(number))


def filesystem_registry(root: Path) -> Registry:
    settings = Settings(storage_driver="filesystem", storage_root=root)
    return Registry(settings, medium=open_store("filesystem", settings))
