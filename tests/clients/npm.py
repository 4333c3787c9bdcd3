"""npm 11."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.clients.client import Client, Ran, node, pinned


class Npm(Client):
    """npm, which most people use."""

    name = "npm"
    lock = "package-lock.json"

    def command(self) -> list[str]:
        """Answer the program, run by the pinned Node."""
        return [str(node()), str(pinned("npm/bin/npm-cli.js"))]

    def environment(self) -> Mapping[str, str]:
        """Keep the configuration of this machine's npm away."""
        return {
            "NPM_CONFIG_GLOBALCONFIG": str(self.home / "none"),
            "NPM_CONFIG_PREFIX": str(self.home / "global"),
        }

    def settings(self) -> list[str]:
        """Answer what keeps it quiet."""
        return [
            f"cache={self.cache}",
            "update-notifier=false",
            "fund=false",
            "fetch-retries=0",
            "ignore-scripts=true",
        ]

    def install(self, project: Path) -> Ran:
        """Install and lock."""
        return self.run("install", "--no-audit", cwd=project)

    def install_frozen(self, project: Path) -> Ran:
        """Install from the lock."""
        return self.run("ci", "--no-audit", cwd=project)

    def publish(self, folder: Path, *, tag: str | None = None) -> Ran:
        """Publish."""
        return self.run("publish", "--access", "public", *(("--tag", tag) if tag else ()), cwd=folder)

    def asked(self, *arguments: str, cwd: Path | None = None) -> Any:
        """Run a command with `--json` and answer what it printed."""
        return json.loads(self.run(*arguments, "--json", cwd=cwd or self.home).well().out)
