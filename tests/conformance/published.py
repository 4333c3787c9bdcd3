"""The popular packages as a registry that serves them, and as an installation of the graph that it answers.

The registry stays in `.cache` until the packages or the code that publishes them change.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from app import app
from chalicelib.api.local.server import running
from chalicelib.container import installed
from chalicelib.domain.graph.documents import Graph, GraphNode
from chalicelib.services.graphing import GraphRequest
from chalicelib.services.publishing import PublishRequest
from chalicelib.telemetry import LOGGER
from tests.builders import gzipped, raw_entry, raw_tar
from tests.conformance.popular import FOLDER, PINNED, ROOT
from tests.conformance.runtimes import ASKER
from tests.worlds import ALICE, World, filesystem_world

REGISTRIES: Final = FOLDER.parent
_CODE: Final = (
    *("chalicelib/domain/*.py", "chalicelib/domain/facts/*.py", "chalicelib/domain/resolution/*.py"),
    *("chalicelib/analyzers/**/*.py", "chalicelib/services/publishing/*.py", "chalicelib/stores/**/*.py"),
)
"""What decides about what is stored of a package."""

Version = tuple[str, str]
"""A package's name and the number of its version."""


@dataclass(frozen=True)
class Served:
    """The graph of the popular packages on Deno, and the address of the registry that answered it."""

    graph: Graph
    url: str
    sources: dict[Version, Path]

    def lay_out(self, folder: Path) -> None:
        """Install the graph below a folder's node_modules."""
        for node in self.graph.nodes:
            source = self.sources[node.name, node.version]
            for path in _files(source):
                target = folder / node.path / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(path, target)

    def place_of(self, address: str) -> tuple[GraphNode, str] | None:
        """Answer the first folder of the package that an address leads into, and the path there."""
        prefix = f"{self.url}/packages/"
        if not address.startswith(prefix):
            return None
        parts = unquote(address.removeprefix(prefix)).split("/")
        depth = 2 if parts[0].startswith("@") else 1
        return self._first["/".join(parts[:depth]), parts[depth]], "/".join(parts[depth + 1 :])

    @property
    def names(self) -> dict[str, bool]:
        """The packages that can be imported from everywhere, and whether Prism calls their entries modules."""
        return {
            node.path.removeprefix("node_modules/"): "deno" in node.entries
            and node.entries["deno"].format == "module"
            for node in self.graph.nodes
            if node.path.count("node_modules/") == 1
        }

    def source_of(self, address: str) -> Path | None:
        """Answer the file that an address leads to, None where it leads to none."""
        place = self.place_of(address)
        file = self.sources[place[0].name, place[0].version] / place[1] if place else None
        return file if file is not None and file.is_file() else None

    def file_of(self, path: str) -> str:
        """Answer the package, the version and the path in it of a file below node_modules."""
        folder = f"node_modules/{path}"
        while folder not in self._folders:
            folder = folder.rpartition("/")[0]
        node = self._folders[folder]
        return f"{node.name}@{node.version}/{path[len(folder) - len('node_modules/') + 1 :]}"

    @cached_property
    def _folders(self) -> dict[str, GraphNode]:
        return {node.path: node for node in self.graph.nodes}

    @cached_property
    def _first(self) -> dict[Version, GraphNode]:
        return {(node.name, node.version): node for node in reversed(self.graph.nodes)}


@contextmanager
def serving_popular() -> Iterator[Served]:
    """Serve the popular packages while the block runs; publishes what is not there."""
    sources = dict(_sources(FOLDER / "node_modules"))
    registry = filesystem_world(_registry())
    # Thousands of requests follow.
    logging.getLogger(LOGGER).setLevel(logging.WARNING)
    _publish(registry, sources)
    roots = json.loads((PINNED / "package.json").read_bytes())["dependencies"]
    with installed(registry.container), running(app) as url:
        specs = [f"{name}@{version}" for name, version in roots.items()]
        graph = registry.container.graphing.graph(GraphRequest(specs=specs, runtimes=["deno"], base=url))
        yield Served(graph, url, sources)


def _registry() -> Path:
    digest = hashlib.sha256((PINNED / "package-lock.json").read_bytes())
    for path in sorted(path for pattern in _CODE for path in ROOT.glob(pattern)):
        digest.update(path.read_bytes())
    wanted = REGISTRIES / f"registry-{digest.hexdigest()[:16]}"
    for other in REGISTRIES.glob("registry-*"):
        if other != wanted:
            shutil.rmtree(other)
    return wanted


def _sources(modules: Path) -> Iterator[tuple[Version, Path]]:
    """Answer the packages below a node_modules, those inside others included."""
    for path in sorted([*modules.glob("[!.@]*/package.json"), *modules.glob("@*/*/package.json")]):
        stated = json.loads(path.read_bytes())
        yield (stated["name"], stated["version"]), path.parent
        yield from _sources(path.parent / "node_modules")


def _publish(registry: World, sources: dict[Version, Path]) -> None:
    for name in sorted({name for name, _ in sources}):
        head = registry.container.heads.get(name)
        there = head.view.versions if head else {}
        for (owner, version), folder in sources.items():
            if owner == name and version not in there:
                request = PublishRequest(publisher=ALICE, source="cli", data=_tarball(folder))
                registry.container.publishing.publish(request)


def _tarball(folder: Path) -> bytes:
    entries = [raw_entry(f"package/{path.relative_to(folder)}", path.read_bytes()) for path in _files(folder)]
    return gzipped(raw_tar(*entries), level=1)


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and "node_modules" not in path.relative_to(folder).parts and path.name != ASKER
    )
