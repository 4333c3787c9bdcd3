"""Every client installs a tree from the registry, and again from its lock file with an empty cache."""

import json
from pathlib import Path

import pytest

from tests.clients.all import CLIENTS
from tests.clients.client import Client, node
from tests.clients.registries import Registry
from tests.clients.tree import APPLICATION, LOADED, Package, project
from tests.clients.wire import put_package

EVERY_CLIENT = pytest.mark.parametrize("kind", CLIENTS, ids=lambda kind: kind.name)
SECRET = Package("@acme/secret", "1.0.0")


@pytest.fixture(scope="module")
def hidden(guarded: Registry) -> Registry:
    """A registry that asks for tokens, with a package in it."""
    put_package(guarded.url, SECRET.described, SECRET.tarball, token=guarded.admin)
    return guarded


@EVERY_CLIENT
def test_a_tree_is_installed_and_again_from_the_lock_with_an_empty_cache(
    kind: type[Client], opened: Registry, tmp_path: Path
) -> None:
    client = kind(tmp_path / "home", opened.url)
    folder = project(tmp_path / "project", APPLICATION)

    client.install(folder).well()
    locked = (folder / client.lock).read_bytes()
    first = json.loads(client.start(folder).well().out)
    client.reinstall(folder).well()
    second = json.loads(client.start(folder).well().out)
    program = client.run_program([str(node()), "node_modules/.bin/kit"], folder)

    assert first == LOADED
    assert second == LOADED
    assert (folder / client.lock).read_bytes() == locked
    assert not (folder / "node_modules/@acme/elsewhere").exists(), "what is for another system is left out"
    assert program.status != 0 or program.out == "@acme/kit@1.2.0\n"


@EVERY_CLIENT
def test_who_has_a_token_to_read_installs_and_who_has_none_does_not(
    kind: type[Client], hidden: Registry, tmp_path: Path
) -> None:
    wanted = {"name": "application", "version": "1.0.0", "dependencies": {"@acme/secret": "^1.0.0"}}
    reader = kind(tmp_path / "reader", hidden.url, hidden.token("reader", "read"))
    stranger = kind(tmp_path / "stranger", hidden.url)

    reader.install(project(tmp_path / "allowed", wanted)).well()
    refused = stranger.install(project(tmp_path / "refused", wanted))

    assert json.loads(reader.start(tmp_path / "allowed").well().out) == {
        "@acme/secret": {"id": "@acme/secret@1.0.0", "needs": {}}
    }
    assert refused.status != 0, refused.text
