"""The command against a real registry, through a network that may fail."""

import io
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chalicelib.cli.__main__ import main
from chalicelib.cli.environment import Clock, Environment, Transport
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.transport import send
from tests.builders import content_bytes, gzipped, package_json, raw_entry, raw_tar, tarball
from tests.cli.conftest import Result, Terminal
from tests.proxies import Network, network
from tests.servers import ROOT, environment, serving

MIB = 1 << 20


@dataclass
class Shell:
    """Runs the command at a registry behind a network; time does not stand still, but nobody waits."""

    network: Network
    server: str
    home: Path
    waits: list[float] = field(default_factory=list)
    transport: Transport = send

    def over(self, transport: Transport) -> "Shell":
        """Answer the same command with another way to send requests."""
        return replace(self, transport=transport)

    def through(self, resolve: Callable[[str], str]) -> "Shell":
        """Answer the same command in a network that leads some addresses elsewhere."""
        return self.over(lambda request: send(replace(request, url=resolve(request.url))))

    def __call__(self, *argv: str, tty: bool = False, stdin: str = "", **variables: str) -> Result:
        """Run the command as a shell would, in this process."""
        stream = Terminal if tty else io.StringIO
        out, err = stream(), stream()
        env = Environment(
            stdin=io.StringIO(stdin),
            stdout=out,
            stderr=err,
            environ={**self.variables(), **variables},
            transport=self.transport,
            clock=Clock(now=lambda: sum(self.waits), wait=self.waits.append),
        )
        return Result(ExitStatus(main(list(argv), env)), out.getvalue(), err.getvalue())

    def start(self, *argv: str) -> "subprocess.Popen[str]":
        """Run the command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "chalicelib.cli", *argv],
            env=environment({**self.variables(), "PYTHONPATH": str(ROOT)}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def variables(self) -> dict[str, str]:
        """The variables the command is run with."""
        return {"PRISM_REGISTRY_URL": self.network.url, "HOME": str(self.home)}

    @property
    def unfinished(self) -> list[Path]:
        """The files about unfinished uploads."""
        folder = self.home / ".cache" / "prism" / "uploads"
        return sorted(folder.iterdir()) if folder.exists() else []


@contextmanager
def registry(storage: Path, **settings: str) -> Iterator[str]:
    """Run a registry that takes a MiB in one request while the block runs; answers its address."""
    with serving(storage, **{"PRISM_MAX_PAYLOAD": str(MIB), **settings}) as server:
        yield server.url


@contextmanager
def shell(server: str, home: Path) -> Iterator[Shell]:
    """Answer a command at a registry, with a network of its own and a home of its own."""
    home.mkdir(exist_ok=True)
    with network(server) as between:
        yield Shell(between, server, home)


def large_tarball(
    folder: Path, name: str, size: int = 6 * MIB, *, twice: bool = False, **fields: Any
) -> Path:
    """Write a tarball of about a size that nothing compresses; with a file that is in it `twice`, nobody takes it."""
    data = random.Random(name).randbytes(size)
    path = folder / f"{name.replace('/', '-')}.tgz"
    picture: dict[str, Any] = {
        "package.json": package_json(name, **fields),
        "index.js": "export default 1\n",
        "data.bin": data,
    }
    path.write_bytes(_with_a_file_twice(picture) if twice else tarball(picture))
    return path


def _with_a_file_twice(picture: dict[str, Any]) -> bytes:
    entries = [raw_entry(f"package/{name}", content_bytes(content)) for name, content in picture.items()]
    return gzipped(raw_tar(*entries, entries[1]))


def modes_below(folder: Path) -> set[int]:
    """Answer the permissions of all files and folders below a folder."""
    return {os.lstat(path).st_mode & 0o777 for path in folder.rglob("*")}
