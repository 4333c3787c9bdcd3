"""What clients tell of packages that are known to be vulnerable."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import package_json, tarball
from tests.clients.bun import Bun
from tests.clients.client import Client
from tests.clients.npm import Npm
from tests.clients.pnpm import Pnpm
from tests.clients.registries import Registry, open_registry
from tests.clients.tree import project
from tests.clients.wire import put_package
from tests.clients.yarn import Yarn
from tests.domain.advisories.records import osv

AUDITS = {Npm: ("audit",), Pnpm: ("audit",), Yarn: ("npm", "audit"), Bun: ("audit",)}
"""yarn 1 asks in a way that was given up, and deno asks elsewhere."""
WANTED = {"name": "application", "version": "1.0.0", "dependencies": {"brittle": "^1.0.0", "sound": "^1.0.0"}}


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with open_registry() as registry:
        for name, version in (("brittle", "1.0.0"), ("brittle", "2.0.0"), ("sound", "1.0.0")):
            described = package_json(name, version, main="index.js")
            data = tarball({"package.json": described, "index.js": "module.exports = 1\n"})
            put_package(registry.url, described, data)
        events = [{"introduced": "0"}, {"fixed": "1.5.0"}]
        record = osv("GHSA-aaaa-bbbb-cccc", "brittle", events=events, summary="It breaks when it is touched")
        registry.world.container.advising.take_in([record])
        yield registry


@pytest.mark.parametrize(("kind", "command"), AUDITS.items(), ids=[kind.name for kind in AUDITS])
def test_a_vulnerable_package_is_named_with_its_advisory(
    kind: type[Client], command: tuple[str, ...], registry: Registry, tmp_path: Path
) -> None:
    client = kind(tmp_path / "home", registry.url)
    folder = project(tmp_path / "project", WANTED)
    client.install(folder).well()

    client.run(*command, cwd=folder).badly("brittle", "It breaks when it is touched", "GHSA-aaaa-bbbb-cccc")


def test_npm_says_so_when_it_installs(registry: Registry, tmp_path: Path) -> None:
    npm = Npm(tmp_path / "home", registry.url)

    said = npm.run("install", cwd=project(tmp_path / "project", WANTED)).well().text

    assert "1 " in said
    assert "vulnerability" in said
