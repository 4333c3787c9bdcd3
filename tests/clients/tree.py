"""A small tree with one of everything that clients do differently, and the application that stands on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.builders import package_json, tarball
from tests.clients.wire import put_package


@dataclass(frozen=True)
class Package:
    """A version that the registry is to have; its module tells who it is and whom it found."""

    name: str
    version: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    tag: str = "latest"

    @property
    def described(self) -> dict[str, Any]:
        """Its package.json."""
        return package_json(self.name, self.version, main="index.js", **self.fields)

    @property
    def tarball(self) -> bytes:
        """Its bytes."""
        program = '#!/usr/bin/env node\nconsole.log(require("./index.js").id)\n'
        return tarball(
            {"package.json": self.described, "index.js": module(self.described), "bin/kit.sh": program}
        )


def module(described: Mapping[str, Any]) -> str:
    """Write a module that tells who it is, and which of its dependencies are found to be whom."""
    kinds = ("dependencies", "optionalDependencies", "peerDependencies")
    names = [name for kind in kinds for name in described.get(kind, {})]
    found = "".join(f"  try {{ needs[{name!r}] = require({name!r}).id }} catch {{}}\n" for name in names)
    told = f"{described['name']}@{described['version']}"
    return f"const needs = {{}}\n{found}module.exports = {{ id: {told!r}, needs }}\n"


TREE: Final = (
    Package("base", "1.0.0"),
    Package("base", "1.1.0"),
    Package("base", "1.1.2"),
    Package("base", "2.0.0-rc.1", tag="next"),
    Package("base", "2.0.0"),
    Package("left", "1.0.0", {"dependencies": {"base": "^1.0.0"}}),
    Package("right", "1.3.0", {"dependencies": {"base": "~1.1.0"}}),
    Package("@acme/legacy", "0.1.0", {"dependencies": {"base": "1.0.0"}}),
    Package("@acme/host", "3.0.0"),
    Package("@acme/host", "3.1.0", {"dependencies": {"base": ">=2"}}),
    Package("@acme/plugin", "2.1.0", {"peerDependencies": {"@acme/host": "^3"}}),
    Package("@acme/elsewhere", "1.0.0", {"os": ["win32"], "cpu": ["x64"]}),
    Package("fast", "1.0.0"),
    Package(
        "@acme/kit",
        "1.2.0",
        {
            "dependencies": {"left": "1.x", "right": "^1.2.0"},
            "optionalDependencies": {"fast": "^1.0.0", "@acme/elsewhere": "^1.0.0"},
            "bin": {"kit": "bin/kit.sh"},
        },
    ),
    Package("steady", "4.0.0"),
    Package("steady", "5.0.0-beta.2", tag="next"),
)

APPLICATION: Final = {
    "name": "application",
    "version": "1.0.0",
    "private": True,
    "dependencies": {
        "@acme/host": "^3.0.0",
        "@acme/kit": "^1.0.0",
        "@acme/legacy": "*",
        "@acme/plugin": "^2.0.0",
        "renamed": "npm:base@~1.1.0",
        "steady": "next",
    },
}

LOADED: Final = {
    "@acme/host": {"id": "@acme/host@3.1.0", "needs": {"base": "base@2.0.0"}},
    "@acme/kit": {
        "id": "@acme/kit@1.2.0",
        "needs": {"fast": "fast@1.0.0", "left": "left@1.0.0", "right": "right@1.3.0"},
    },
    "@acme/legacy": {"id": "@acme/legacy@0.1.0", "needs": {"base": "base@1.0.0"}},
    "@acme/plugin": {"id": "@acme/plugin@2.1.0", "needs": {"@acme/host": "@acme/host@3.1.0"}},
    "renamed": {"id": "base@1.1.2", "needs": {}},
    "steady": {"id": "steady@5.0.0-beta.2", "needs": {}},
}
"""What the application finds, whoever has installed it."""


def publish_tree(registry: str, token: str | None = None) -> None:
    """Publish all of it."""
    for package in TREE:
        put_package(registry, package.described, package.tarball, tag=package.tag, token=token)


def project(folder: Path, described: Mapping[str, Any]) -> Path:
    """Write a project whose program prints what it has loaded."""
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps(described, indent=2) + "\n")
    loads = ", ".join(f"{name!r}: require({name!r})" for name in described["dependencies"])
    (folder / "main.cjs").write_text(f"console.log(JSON.stringify({{ {loads} }}))\n")
    return folder


def package_folder(folder: Path, described: Mapping[str, Any]) -> Path:
    """Write a package to be published."""
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps(described, indent=2) + "\n")
    (folder / "index.js").write_text(module(described))
    (folder / "README.md").write_text(f"# {described['name']}\n\nOne of everything.\n")
    return folder
