"""yarn 4."""

from collections.abc import Mapping
from pathlib import Path

from tests.clients.client import Client, Ran, node, pinned


class Yarn(Client):
    """yarn 4, with a `node_modules` folder."""

    name = "yarn 4"
    lock = "yarn.lock"

    def command(self) -> list[str]:
        """Answer the program, run by the pinned Node."""
        return [str(node()), str(pinned("@yarnpkg/cli-dist/bin/yarn.js"))]

    def log_in_with(self, token: str | None) -> None:
        """Write its own kind of configuration; `.npmrc` it does not read."""
        lines = [
            f"npmRegistryServer: {self.registry}",
            "unsafeHttpWhitelist: [127.0.0.1]",
            "npmMinimalAgeGate: 0",
            "nodeLinker: node-modules",
            "enableScripts: false",
            "enableTelemetry: false",
            "enableProgressBars: false",
            "httpRetry: 0",
            f"cacheFolder: {self.cache}",
            f"globalFolder: {self.cache}",
            *([f'npmAuthToken: "{token}"', "npmAlwaysAuth: true"] if token is not None else []),
        ]
        (self.home / ".yarnrc.yml").write_text("\n".join([*lines, ""]))

    def environment(self) -> Mapping[str, str]:
        """Leave which yarn runs to the test."""
        return {"YARN_IGNORE_PATH": "1"}

    def install(self, project: Path) -> Ran:
        """Install and lock; a folder with a lock file is a project of its own."""
        (project / self.lock).touch()
        return self.run("install", "--no-immutable", cwd=project)

    def install_frozen(self, project: Path) -> Ran:
        """Install from the lock."""
        return self.run("install", "--immutable", cwd=project)

    def publish(self, folder: Path, *, tag: str | None = None) -> Ran:
        """Publish; a package that is a project needs to be installed before."""
        self.install(folder).well()
        return self.run("npm", "publish", "--access", "public", *(("--tag", tag) if tag else ()), cwd=folder)
