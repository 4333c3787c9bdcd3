"""Which installed packages a package bundles: those it names, and all that they need at run time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chalicelib.cli.packing.package_json import PackageJson, read_package_json


@dataclass(frozen=True, slots=True)
class Bundled:
    """An installed package: the folder it is reached by, and its package.json, where it has one."""

    path: Path
    package: PackageJson | None
    linked: bool


def bundled_packages(root: Path, package: PackageJson, workspaces: dict[str, Path]) -> Iterator[Bundled]:
    """Answer every bundled package once, the nearest first."""
    seen = {root.resolve()}
    waiting = [(root, name) for name in package.bundled if _is_bundled(package, name) or name in workspaces]
    while waiting:
        needer, name = waiting.pop(0)
        folder = _installed(name, needer.resolve(), root.resolve())
        if folder is None or folder.resolve() in seen:
            continue
        seen.add(folder.resolve())
        found = Bundled(folder, _package_json(folder), linked=folder.is_symlink())
        yield found
        waiting += [(folder, name) for name in _needs(found)]


def _package_json(folder: Path) -> PackageJson | None:
    return read_package_json(folder) if (folder / "package.json").is_file() else None


def _needs(found: Bundled) -> list[str]:
    if found.package is None:
        return []
    needs = _run_time_needs(found.package)
    # Where a package is developed, what it names for development too is not shipped with it.
    return [name for name in needs if not (found.linked and name in found.package.names("devDependencies"))]


def _run_time_needs(package: PackageJson) -> list[str]:
    return [*package.names("dependencies"), *package.names("optionalDependencies")]


def _is_bundled(package: PackageJson, name: str) -> bool:
    return name in _run_time_needs(package) and name not in package.names("devDependencies")


def _installed(name: str, needer: Path, root: Path) -> Path | None:
    """Look for a package where Node would, from the one that needs it up to the root of the project."""
    for folder in (needer, *needer.parents):
        candidate = folder / "node_modules" / name
        if candidate.is_dir():
            return candidate
        if folder == root:
            return None
    return None
