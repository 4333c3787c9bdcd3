"""Install an application of several hundred real packages from Prism, with each of the six clients.

    python -m tests.conformance.clients             # all
    python -m tests.conformance.clients npm bun     # some

The packages are those that `application/package-lock.json` pins, as npm fetches them, published into a local server
over the filesystem. Each client installs the application, runs a program that loads it, and does both again from its
lock file with an empty cache. Exits with 1 where a client cannot.
"""

import argparse
import base64
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from chalicelib.domain.semver.versions import version_key
from tests.builders import package_json, tarball
from tests.clients.all import CLIENTS
from tests.clients.client import Client
from tests.clients.wire import publish_document, send
from tests.servers import serving

PINNED: Final = Path(__file__).parent / "application"
"""The application, and the lock that pins what comes with it."""
ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / ".cache" / "clients"
PATIENCE: Final = 900
"""Seconds for one installation, on a machine that is busy with other things too."""
ELSEWHERE: Final = {"os": ["aix"], "description": "Stands for a program of another platform"}


class Published(NamedTuple):
    """A package that the application needs: its package.json and its tarball."""

    described: dict[str, Any]
    data: bytes


def application() -> list[Published]:
    """Answer everything the lock pins, oldest versions first, and stand-ins for what is for other platforms."""
    entries = _locked()
    fetched = _fetched()
    found = {}
    for entry in entries:
        path = fetched / _content(entry["integrity"])
        data = path.read_bytes() if path.exists() else None
        if data is not None:
            described = _described(data)
            found[described["name"], described["version"]] = Published(described, data)
    for name, version in _optional(entries):
        if not any(known == name for known, _ in found):
            described = package_json(name, version, **ELSEWHERE)
            found[name, version] = Published(described, tarball({"package.json": described}))
    return sorted(found.values(), key=lambda each: version_key(each.described["version"]))


def _locked() -> list[dict[str, Any]]:
    lock = json.loads((PINNED / "package-lock.json").read_text())
    return [entry for path, entry in lock["packages"].items() if path]


def _fetched() -> Path:
    """Let npm fetch what the lock pins, once, and answer the folder where its cache has the tarballs."""
    cache, done = CACHE / "npm", CACHE / "fetched.json"
    lock = (PINNED / "package-lock.json").read_bytes()
    if not done.exists() or done.read_bytes() != lock:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(PINNED, folder, dirs_exist_ok=True)
            # Not `npm ci`: it wants optional packages of other platforms in the lock, too.
            command = [
                "npm",
                "install",
                "--no-save",
                "--cache",
                str(cache),
                "--prefer-offline",
                "--loglevel=error",
            ]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        done.write_bytes(lock)
    return cache / "_cacache" / "content-v2"


def _content(integrity: str) -> Path:
    """Answer where npm's cache keeps what has this integrity."""
    kind, _, digest = integrity.partition("-")
    text = base64.b64decode(digest).hex()
    return Path(kind, text[:2], text[2:4], text[4:])


def _described(data: bytes) -> dict[str, Any]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = [each for each in archive.getmembers() if each.name.split("/")[1:] == ["package.json"]]
        file = archive.extractfile(members[-1])
        assert file is not None
        described: dict[str, Any] = json.loads(file.read())
    return described


def _optional(entries: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        for name, wanted in entry.get("optionalDependencies", {}).items():
            yield name, wanted.lstrip("^~")


def publish_all(registry: str, packages: Sequence[Published]) -> None:
    """Publish all of it."""
    for package in packages:
        name = package.described["name"]
        document = publish_document(package.described, package.data, registry=registry)
        status, answer = send("PUT", registry + quote(name, safe="@"), document)
        assert status == HTTPStatus.CREATED, answer


def try_client(kind: type[Client], registry: str, folder: Path) -> Iterator[str]:
    """Install, run, and do both again from the lock; answers what to tell of each."""
    client = kind(folder / "home", registry)
    client.patience = PATIENCE
    project = folder / "project"
    shutil.copytree(PINNED, project, ignore=shutil.ignore_patterns("package-lock.json", ".npmrc"))
    described = json.loads((project / "package.json").read_text())
    names = [*described["dependencies"], *described["devDependencies"]]
    loads = "".join(f"require({name!r})\n" for name in names if name != "webpack-cli")
    (project / "main.cjs").write_text(f"{loads}console.log('loaded')\n")
    for name, step in (("installed", client.install), ("installed from the lock", client.reinstall)):
        started = time.monotonic()
        step(project).well()
        took = time.monotonic() - started
        said = client.start(project).well().out
        assert said.endswith("loaded\n"), said
        yield f"{name} in {took:.1f} s"


def main(arguments: Sequence[str]) -> int:
    """Try the clients; answers 0 if all can."""
    parser = argparse.ArgumentParser(
        prog="tests.conformance.clients",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = {kind.__name__.lower(): kind for kind in CLIENTS}
    parser.add_argument("clients", nargs="*", metavar="client", help=f"default: {' '.join(known)}")
    chosen = parser.parse_args(arguments).clients or list(known)
    packages = application()
    failed = 0
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "storage") as server:
        registry = f"{server.url}/npm/"
        started = time.monotonic()
        publish_all(registry, packages)
        print(f"{len(packages)} packages published in {time.monotonic() - started:.1f} s", flush=True)
        for name in chosen:
            try:
                for told in try_client(known[name], registry, Path(folder) / name):
                    print(f"{name}: {told}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"{name}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
