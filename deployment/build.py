"""Builds the functions' package and Chalice's template, each once for the same sources.

Chalice packs a copy of the sources in a workspace of its own, so that nothing can change while they are packed and
nothing that merely lies in the tree is shipped. What was built is kept under `.cache`, by the digest of the sources,
and shared by all processes of the machine. Chalice installs the requirements once; to later builds they are vendored
files, which saves most of the time.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from deployment.stage import ROOT
from deployment.trimming import shipped_requirements, trim

CACHE: Final = ROOT / ".cache" / "deployment"
KEPT: Final = 6
"""How many builds stay; two stages in two formats are four."""

Format = Literal["cloudformation", "terraform"]
TEMPLATES: Final[dict[Format, str]] = {"cloudformation": "sam.json", "terraform": "chalice.tf.json"}
ARCHIVE: Final = "deployment.zip"
CHALICE: Final = "import sys; from chalice.cli import main; sys.exit(main())"
EMPTY: Final = """from chalice import Chalice

app = Chalice(app_name="empty")


@app.lambda_function()
def nothing(event, context):
    pass
"""
"""An app for whose package Chalice has a reason, and in which there is nothing but what it requires."""

DEFAULT_REGION: Final = "us-east-1"
"""Chalice asks for a region only to look up the names of services, which are the same in all of them."""


class BuildFailed(Exception):
    """Chalice could not package the functions; says what Chalice said."""


@dataclass(frozen=True, slots=True)
class Package:
    """The functions' package and the template that Chalice made for it, before anything is added."""

    zip: Path
    template: Path


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A package as Lambda lays it out: `code` is the folder that is Lambda's /var/task."""

    code: Path
    package: Package


def build(stage: str, out: Path, package_format: Format = "cloudformation") -> Package:
    """Put the package of a stage and its template into a folder."""
    built = _built(stage, package_format)
    out.mkdir(parents=True, exist_ok=True)
    return Package(*(Path(shutil.copyfile(path, out / path.name)) for path in (built.zip, built.template)))


def built_package(stage: str) -> Unpacked:
    """Answer the package of a stage unpacked; shared by all who ask, and not to be changed."""
    package = _built(stage, "cloudformation")
    code = package.zip.parent / "code"
    with locked():
        if not code.exists():
            unfinished = code.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            with zipfile.ZipFile(package.zip) as archive:
                archive.extractall(unfinished)
            unfinished.rename(code)
    return Unpacked(code, package)


@contextmanager
def locked() -> Iterator[None]:
    """Keep other processes of this machine from the workspace while the block runs."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def workspace(deployed: Path | None = None) -> Iterator[Path]:
    """Give a folder in which Chalice finds the sources as they are now; it writes what it deployed to `deployed`."""
    with locked():
        folder = CACHE / "workspace"
        _mirror(folder)
        if deployed is not None:
            deployed.mkdir(parents=True, exist_ok=True)
            (folder / ".chalice" / "deployed").symlink_to(deployed.resolve())
        yield folder


def chalice(folder: Path, *arguments: str | Path, quiet: bool = True, region: str = DEFAULT_REGION) -> None:
    """Run Chalice's command in a workspace; raises BuildFailed."""
    done = subprocess.run(  # noqa: S603 - the arguments are ours
        [sys.executable, "-c", CHALICE, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "AWS_DEFAULT_REGION": region, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        text=True,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
    )
    if done.returncode:
        raise BuildFailed(f"`chalice {arguments[0]}` ended with {done.returncode}\n{done.stdout or ''}")


def trim_cached(folder: Path) -> None:
    """Trim what Chalice has packed in a workspace, which it will deploy as it is."""
    for package in (folder / ".chalice" / "deployments").glob("*.zip"):
        _trim_once(package)


def _trim_once(package: Path) -> None:
    """Trim a package; one that was trimmed before is taken from then, whatever the stage or format."""
    digest = hashlib.sha256(package.read_bytes() + _trimming()).hexdigest()[:16]
    kept = CACHE / f"trimmed-{digest}"
    if not kept.exists():
        trim(package)
        unfinished = CACHE / "trimming"
        shutil.copyfile(package, unfinished)
        unfinished.rename(kept)
        _keep_newest(list(CACHE.glob("trimmed-*")), KEPT)
    shutil.copyfile(kept, package)


def _built(stage: str, package_format: Format) -> Package:
    with workspace() as folder:
        place = CACHE / f"{_digest(folder)}-{stage}-{package_format}"
        if not place.exists():
            _forget_old()
            unfinished = CACHE / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            chalice(folder, "package", "--stage", stage, "--pkg-format", package_format, unfinished)
            _trim_once(unfinished / ARCHIVE)
            unfinished.rename(place)
        os.utime(place)
    return Package(place / ARCHIVE, place / TEMPLATES[package_format])


def _mirror(folder: Path) -> None:
    shutil.rmtree(folder / "chalicelib", ignore_errors=True)
    for link in (folder / ".chalice" / "deployed", folder / "vendor"):
        link.unlink(missing_ok=True)
    for path in _sources():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    (folder / "requirements.txt").write_text("")
    (folder / "vendor").symlink_to(_installed((ROOT / "requirements.txt").read_text()))


def _installed(requirements: str) -> Path:
    """Answer a folder with what the functions require, as Chalice picks it for Lambda."""
    shipped = shipped_requirements(requirements)
    digest = hashlib.sha256(f"{sys.version}\n{shipped}".encode() + _trimming()).hexdigest()[:16]
    place = CACHE / f"installed-{digest}"
    if not place.exists():
        _keep_newest(list(CACHE.glob("installed-*")), 1)
        with tempfile.TemporaryDirectory() as scratch:
            project, unfinished = Path(scratch), CACHE / "installing"
            (project / ".chalice").mkdir()
            (project / ".chalice" / "config.json").write_text('{"version": "2.0", "app_name": "empty"}')
            (project / "app.py").write_text(EMPTY)
            (project / "requirements.txt").write_text(shipped)
            chalice(project, "package", project / "out")
            trim(project / "out" / ARCHIVE)
            shutil.rmtree(unfinished, ignore_errors=True)
            with zipfile.ZipFile(project / "out" / ARCHIVE) as archive:
                archive.extractall(unfinished, [name for name in archive.namelist() if not _is_app(name)])
            unfinished.rename(place)
    return place


def _is_app(name: str) -> bool:
    return name == "app.py" or name.startswith("chalice/")


def _trimming() -> bytes:
    return (Path(__file__).parent / "trimming.py").read_bytes()


def _sources() -> Iterator[Path]:
    """Answer the files that a package is made of, below the root."""
    yield Path("app.py")
    files = (ROOT / "chalicelib").rglob("*")
    yield from sorted(
        path.relative_to(ROOT) for path in files if path.is_file() and "__pycache__" not in path.parts
    )
    yield from sorted(path.relative_to(ROOT) for path in (ROOT / ".chalice").glob("*.json"))


def _digest(folder: Path) -> str:
    running = hashlib.sha256(sys.version.encode())
    running.update((folder / "vendor").resolve().name.encode())
    for path in _sources():
        running.update(f"{path}\0{hashlib.sha256((folder / path).read_bytes()).hexdigest()}\n".encode())
    running.update(Path(__file__).read_bytes())
    return running.hexdigest()[:16]


def _forget_old() -> None:
    _keep_newest([path.parent for path in CACHE.glob(f"*/{ARCHIVE}")], KEPT - 1)
    # Chalice packs every state of the sources anew, and would keep them all.
    _keep_newest(list((CACHE / "workspace" / ".chalice" / "deployments").glob("*.zip")), 1)


def _keep_newest(paths: list[Path], count: int) -> None:
    for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)[count:]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
