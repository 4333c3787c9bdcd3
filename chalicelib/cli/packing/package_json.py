"""Reading a folder's package.json, with the fields that packing looks at brought into one form."""

import json
import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.cli.errors import UnusablePackage


@dataclass(frozen=True, slots=True)
class PackageJson:
    """A package.json: `fields` as written, the rest normalised as npm does before it packs."""

    fields: dict[str, Any]
    files: tuple[str, ...] | None
    bin: dict[str, str]
    bundled: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name, empty when there is none."""
        name = self.fields.get("name")
        return name if isinstance(name, str) else ""

    def names(self, group: str) -> list[str]:
        """Answer the names in one group of dependencies, in their order."""
        group_value = self.fields.get(group)
        return list(group_value) if isinstance(group_value, dict) else []


def read_package_json(folder: Path) -> PackageJson:
    """Read the package.json of a folder; raises UnusablePackage."""
    path = folder / "package.json"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UnusablePackage(
            f"`{folder}` has no package.json", hint="run the command in a package, or name its folder"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UnusablePackage(f"`{path}` cannot be read: {error}") from error
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise UnusablePackage(f"`{path}` is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise UnusablePackage(f"`{path}` does not hold a JSON object")
    return normalise(fields, folder)


def normalise(fields: dict[str, Any], folder: Path) -> PackageJson:
    """Bring a package.json into the form that packing works on."""
    return PackageJson(
        fields=fields, files=_files(fields), bin=_bin(fields, folder), bundled=tuple(_bundled(fields))
    )


def _files(fields: dict[str, Any]) -> tuple[str, ...] | None:
    files = fields.get("files")
    if not files and not isinstance(files, list):
        return None
    if not isinstance(files, list) or not all(isinstance(entry, str) for entry in files):
        raise UnusablePackage("`files` in package.json is not a list of patterns")
    return tuple(files)


def _bin(fields: dict[str, Any], folder: Path) -> dict[str, str]:
    declared, name = fields.get("bin"), fields.get("name")
    directories = fields.get("directories")
    if not declared and isinstance(directories, dict) and isinstance(directories.get("bin"), str):
        return _bin_of_folder(folder, inside(directories["bin"]))
    if isinstance(declared, str):
        declared = {name: declared} if name else {}
    elif isinstance(declared, list):
        declared = {posixpath.basename(entry): entry for entry in declared if isinstance(entry, str)}
    elif not isinstance(declared, dict):
        return {}
    targets = ((key, inside(target)) for key, target in declared.items() if isinstance(target, str))
    return {posixpath.basename(inside(key)): target for key, target in targets if target}


def _bin_of_folder(folder: Path, path: str) -> dict[str, str]:
    base = folder / path
    files = (file.relative_to(base).as_posix() for file in sorted(base.rglob("*")))
    shown = (file for file in files if not any(part.startswith(".") for part in file.split("/")))
    return {posixpath.basename(file): f"{path}/{file}" for file in shown}


def inside(path: str) -> str:
    """Answer a path that cannot leave the folder it is relative to: `./x`, `/x` and `../x` are `x`."""
    rooted = posixpath.normpath("/" + path.replace("\\", "/").replace(":", "/"))
    trailing = "/" if path.endswith("/") and rooted.strip("/") else ""
    return rooted.lstrip("/") + trailing


def _bundled(fields: dict[str, Any]) -> list[str]:
    declared = fields.get("bundleDependencies", fields.get("bundledDependencies"))
    if declared is True:
        dependencies = fields.get("dependencies")
        return list(dependencies) if isinstance(dependencies, dict) else []
    if isinstance(declared, dict | list):
        return [name for name in declared if isinstance(name, str)]
    return []
