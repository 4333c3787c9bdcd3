"""The registries that are compared, each as a process of its own with an empty storage, as their users run them."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.builders import tarball
from tests.clients.client import node
from tests.clients.wire import publish_document, put_package, send
from tests.servers import serving

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = ROOT / ".cache" / "benchmarks"
"""Where the registry and the load tool that are pinned in `benchmarks/package.json` are installed."""

START_SECONDS: Final = 30
CONFIGURATION: Final = {
    "storage": "./storage",
    "auth": {"htpasswd": {"file": "./htpasswd", "max_users": 100}},
    "uplinks": {},
    "packages": {
        pattern: {"access": "$all", "publish": "$authenticated", "unpublish": "$authenticated"}
        for pattern in ("@*/*", "**")
    },
    "middlewares": {"audit": {"enabled": False}},
    "web": {"enable": False},
    "log": {"type": "stdout", "format": "json", "level": "error"},
    "max_body_size": "50mb",
}


class Server(NamedTuple):
    """A running registry, empty when it started."""

    name: str
    url: str
    token: str | None
    process: int
    storage: Path

    def memory(self) -> float:
        """Answer the resident memory of the process in MB."""
        status = Path(f"/proc/{self.process}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def installed() -> Path:
    """Install what is pinned, once, and answer the folder of its modules."""
    wanted = {
        name: (ROOT / "benchmarks" / name).read_bytes() for name in ("package.json", "package-lock.json")
    }
    mark = HERE / "installed.json"
    if not mark.exists() or mark.read_bytes() != wanted["package-lock.json"]:
        HERE.mkdir(parents=True, exist_ok=True)
        for name, data in wanted.items():
            (HERE / name).write_bytes(data)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(HERE / "package-lock.json", mark)
    return HERE / "node_modules"


@contextlib.contextmanager
def prism(folder: Path) -> Iterator[Server]:
    """Run Prism's local server over the filesystem."""
    with serving(folder / "storage", PRISM_STORAGE_DRIVER="filesystem") as running:
        # By the address that the greeting tells its user to give npm.
        url = f"{running.url.replace('127.0.0.1', 'localhost')}/npm/"
        yield Server("prism", url, None, running.process.pid, folder / "storage")


@contextlib.contextmanager
def verdaccio(folder: Path) -> Iterator[Server]:
    """Run Verdaccio over its own storage."""
    program = installed() / "verdaccio" / "bin" / "verdaccio"
    port = _free_port()
    url = f"http://127.0.0.1:{port}/"
    (folder / "config.yaml").write_text(json.dumps(CONFIGURATION))
    process = subprocess.Popen(
        [node(), program, "-c", folder / "config.yaml", "-l", f"127.0.0.1:{port}"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(url)
        yield Server("verdaccio", url, _token(url), process.pid, folder / "storage")
    finally:
        process.terminate()
        process.wait()


def fill(server: Server, name: str, count: int, described: dict[str, Any]) -> None:
    """Give a package its first versions: Prism publishes them, Verdaccio finds them in the file that it reads."""
    first = 1 if server.name == "verdaccio" else count
    for number in range(first):
        version = version_of(described, name, number)
        put_package(server.url, version, packed(version), token=server.token)
    if server.name == "verdaccio":
        _write_versions(server, name, count, described)


def _write_versions(server: Server, name: str, count: int, described: dict[str, Any]) -> None:
    path = server.storage / name / "package.json"
    document = json.loads(path.read_text())
    for number in range(1, count):
        version = version_of(described, name, number)
        told = publish_document(version, packed(version), registry=server.url)
        document["versions"] |= told["versions"]
        document["dist-tags"] |= told["dist-tags"]
        document["time"][f"1.0.{number}"] = document["time"]["modified"]
    path.write_text(json.dumps(document, indent=2))


def version_of(described: Mapping[str, Any], name: str, number: int) -> dict[str, Any]:
    """Answer the package.json of one of the versions of a package."""
    return {**described, "name": name, "version": f"1.0.{number}"}


def packed(described: Mapping[str, Any]) -> bytes:
    """Answer the tarball of a version; it has a module and no more."""
    return tarball({"package.json": described, "index.js": "module.exports = 1\n"})


def _token(url: str) -> str:
    body = {"name": "measurer", "password": "a-long-password"}
    status, answer = send("PUT", f"{url}-/user/org.couchdb.user:measurer", body)
    assert status == 201, answer
    return str(answer["token"])


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}-/ping", timeout=5):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing answers at {url}")
