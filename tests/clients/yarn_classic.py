"""yarn 1."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.clients.client import Client, Ran, node, pinned


class YarnClassic(Client):
    """yarn 1, which many projects have never left."""

    name = "yarn 1"
    lock = "yarn.lock"

    def command(self) -> list[str]:
        """Answer the program, run by the pinned Node."""
        return [str(node()), str(pinned("yarn/bin/yarn.js")), "--non-interactive"]

    def settings(self) -> list[str]:
        """Let it show its token where it reads, too."""
        return ["always-auth=true"]

    def environment(self) -> Mapping[str, str]:
        """Put its cache into the room."""
        return {"YARN_CACHE_FOLDER": str(self.cache)}

    def install(self, project: Path) -> Ran:
        """Install and lock."""
        return self.run("install", "--ignore-scripts", cwd=project)

    def install_frozen(self, project: Path) -> Ran:
        """Install from the lock."""
        return self.run("install", "--frozen-lockfile", "--ignore-scripts", cwd=project)

    def publish(self, folder: Path, *, tag: str | None = None) -> Ran:
        """Publish the version that package.json says, without asking for another."""
        version = json.loads((folder / "package.json").read_text())["version"]
        told = ("--tag", tag) if tag else ()
        return self.run(
            "publish",
            "--new-version",
            version,
            "--no-git-tag-version",
            "--access",
            "public",
            *told,
            cwd=folder,
        )
