"""deno 2.9."""

from collections.abc import Mapping
from pathlib import Path

from tests.clients.client import Client, Ran
from tests.deno import deno


class Deno(Client):
    """deno, which installs from the registry and publishes elsewhere."""

    name = "deno"
    lock = "deno.lock"
    publishes = False

    def command(self) -> list[str]:
        """Answer the program of this platform."""
        return [str(deno())]

    def environment(self) -> Mapping[str, str]:
        """Put its cache into the room."""
        return {"DENO_DIR": str(self.cache), "DENO_NO_UPDATE_CHECK": "1"}

    def install(self, project: Path) -> Ran:
        """Install and lock, packages of any age."""
        return self.run("install", "--minimum-dependency-age=0", cwd=project)

    def install_frozen(self, project: Path) -> Ran:
        """Install from the lock."""
        return self.run("install", "--frozen", "--minimum-dependency-age=0", cwd=project)

    def start(self, project: Path, program: str = "main.cjs") -> Ran:
        """Run a program in deno, with what is installed only."""
        return self.run("run", "--allow-all", "--cached-only", program, cwd=project)
