"""Every client that can publish does, and another client installs what it has published."""

import json
from pathlib import Path
from typing import Final

import pytest

from tests.clients.all import CLIENTS, PUBLISHERS
from tests.clients.client import Client
from tests.clients.registries import Registry
from tests.clients.tree import package_folder, project

READERS: Final = dict(zip(PUBLISHERS, [*CLIENTS[1:-2], CLIENTS[-1], CLIENTS[0]], strict=True))
"""Whose packages are installed by whom: each by the next, and none by its own."""


@pytest.mark.parametrize("kind", PUBLISHERS, ids=lambda kind: kind.name)
def test_what_one_client_publishes_another_installs(
    kind: type[Client], guarded: Registry, tmp_path: Path
) -> None:
    label = kind.__name__.lower()
    base, scoped = f"base-{label}", f"@acme/of-{label}"
    publisher = kind(tmp_path / "home", guarded.url, guarded.token(label))
    described = {"license": "MIT", "main": "index.js", "description": "One of everything"}
    first = {"name": base, "version": "1.0.0"} | described
    second = {"name": base, "version": "1.1.0-rc.1"} | described
    above = {"name": scoped, "version": "2.0.0", "dependencies": {base: "^1.1.0-rc.0"}} | described

    publisher.publish(package_folder(tmp_path / "first", first)).well()
    publisher.publish(package_folder(tmp_path / "second", second), tag="next").well()
    publisher.publish(package_folder(tmp_path / "above", above), tag="stable").well()

    assert guarded.tags(base) == {"latest": "1.0.0", "next": "1.1.0-rc.1"}
    assert guarded.tags(scoped)["stable"] == "2.0.0"
    reader = READERS[kind](tmp_path / "reader", guarded.url, guarded.token("reader", "read"))
    wanted = {"name": "application", "version": "1.0.0", "dependencies": {scoped: "stable", base: "^1.0.0"}}
    reader.install(project(tmp_path / "project", wanted)).well()
    assert json.loads(reader.start(tmp_path / "project").well().out) == {
        scoped: {"id": f"{scoped}@2.0.0", "needs": {base: f"{base}@1.1.0-rc.1"}},
        base: {"id": f"{base}@1.0.0", "needs": {}},
    }


@pytest.mark.parametrize("kind", PUBLISHERS, ids=lambda kind: kind.name)
def test_a_version_is_published_once(kind: type[Client], guarded: Registry, tmp_path: Path) -> None:
    name = f"once-{kind.__name__.lower()}"
    publisher = kind(tmp_path / "home", guarded.url, guarded.token(name))
    described = {"name": name, "version": "1.0.0", "main": "index.js"}
    publisher.publish(package_folder(tmp_path / "first", described)).well()

    again = publisher.publish(package_folder(tmp_path / "again", described | {"description": "Other bytes"}))

    assert again.status != 0, again.text
