"""pnpm 12."""

from collections.abc import Mapping
from pathlib import Path

from tests.clients.client import Client, Ran, pinned


class Pnpm(Client):
    """pnpm, whose own package only chooses the program of a platform by a script; that program is pinned itself."""

    name = "pnpm"
    lock = "pnpm-lock.yaml"

    def command(self) -> list[str]:
        """Answer the program of this platform."""
        return [str(pinned("@pnpm/exe.linux-x64/pnpm"))]

    def environment(self) -> Mapping[str, str]:
        """Put its store into the cache, and take packages of any age."""
        return {
            "PNPM_HOME": str(self.cache / "pnpm"),
            "pnpm_config_store_dir": str(self.cache / "store"),
            "pnpm_config_minimum_release_age": "0",
            "pnpm_config_fetch_retries": "0",
        }

    def install(self, project: Path) -> Ran:
        """Install and lock."""
        return self.run("install", "--ignore-scripts", cwd=project)

    def install_frozen(self, project: Path) -> Ran:
        """Install from the lock."""
        return self.run("install", "--frozen-lockfile", "--ignore-scripts", cwd=project)

    def publish(self, folder: Path, *, tag: str | None = None) -> Ran:
        """Publish."""
        told = ("--tag", tag) if tag else ()
        return self.run("publish", "--no-git-checks", "--access", "public", *told, cwd=folder)
