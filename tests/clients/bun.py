"""bun 1.4."""

from collections.abc import Mapping
from pathlib import Path

from tests.clients.client import Client, Ran, pinned


class Bun(Client):
    """bun, which also runs what it has installed."""

    name = "bun"
    lock = "bun.lock"

    def command(self) -> list[str]:
        """Answer the program of this platform."""
        return [str(pinned("@oven/bun-linux-x64-baseline/bin/bun"))]

    def environment(self) -> Mapping[str, str]:
        """Put its cache into the room."""
        return {"BUN_INSTALL": str(self.cache / "bun"), "BUN_INSTALL_CACHE_DIR": str(self.cache / "packages")}

    def install(self, project: Path) -> Ran:
        """Install and lock."""
        return self.run("install", cwd=project)

    def install_frozen(self, project: Path) -> Ran:
        """Install from the lock."""
        return self.run("install", "--frozen-lockfile", cwd=project)

    def publish(self, folder: Path, *, tag: str | None = None) -> Ran:
        """Publish."""
        return self.run("publish", "--access", "public", *(("--tag", tag) if tag else ()), cwd=folder)

    def start(self, project: Path, program: str = "main.cjs") -> Ran:
        """Run a program in bun."""
        return self.run("run", program, cwd=project)
