"""Registries to be rebuilt."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.storage.s3 import S3Store
from tests.services.rebuilding.rebuilt import filled
from tests.worlds import World, filesystem_world, memory_world, mixed_world, s3_world


@pytest.fixture(params=["memory", "filesystem", "mixed", "s3", "localstack"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Give an empty registry on every kind of medium."""
    makers: dict[str, Callable[[], World]] = {
        "memory": memory_world,
        "filesystem": lambda: filesystem_world(tmp_path),
        "mixed": lambda: mixed_world(tmp_path),
    }
    if request.param in makers:
        yield makers[request.param]()
        return
    emulator = request.getfixturevalue("s3_emulator" if request.param == "s3" else "localstack")
    made = s3_world(emulator.endpoint, emulator.new_bucket())
    yield made
    assert isinstance(made.medium, S3Store)
    made.medium.client.close()


@pytest.fixture
def registry() -> World:
    """Give a registry in memory with three versions of a library and one of another package."""
    return filled(memory_world())
