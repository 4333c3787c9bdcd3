"""Registries that the tests of one module share, and rooms for clients."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.npm import Npm
from tests.clients.registries import Registry, guarded_registry, open_registry
from tests.clients.tree import publish_tree


@pytest.fixture(scope="module")
def opened() -> Iterator[Registry]:
    """A registry that lets everybody in, with the small tree in it."""
    with open_registry() as registry:
        publish_tree(registry.url)
        yield registry


@pytest.fixture(scope="module")
def guarded() -> Iterator[Registry]:
    """A registry that asks for tokens, with nothing in it."""
    with guarded_registry() as registry:
        yield registry


@pytest.fixture
def npm(guarded: Registry, tmp_path: Path) -> Npm:
    """Alice's npm, in a registry that asks for tokens."""
    return Npm(tmp_path / "alice", guarded.url, guarded.token("alice"))
