"""What a package.json declares, with the liberties it may take made regular, as npm does before it publishes.

npm tells a registry more of a folder than installations need: it guesses a start script, manual pages, contributors,
the type declarations and the commit, makes objects of texts such as `repository` and `author`, normalizes addresses of
git, and adds what is bundled to the dependencies. None of that is done here. A package is told as its package.json
tells it, but for what decides how it is installed: its dependencies, commands, scripts and platforms.
"""

from collections.abc import Collection, Mapping
from posixpath import basename, normpath
from typing import Any, Final

from chalicelib.domain.facts.needs import string_map

INSTALL_SCRIPTS: Final = ("preinstall", "install", "postinstall")

_OURS: Final = frozenset({"name", "version", "dist", "deprecated", "readme", "readmeFilename", "maintainers"})
"""Fields that a package.json may hold and that are the registry's to tell."""
_MAPS: Final = (
    "dependencies",
    "optionalDependencies",
    "devDependencies",
    "peerDependencies",
    "engines",
    "scripts",
)
_NATIVE_BUILD: Final = ".gyp"


def declared(package_json: Mapping[str, Any], paths: Collection[str]) -> dict[str, Any]:
    """Answer what a package.json declares; `paths` are the package's files."""
    fields = {
        name: value
        for name, value in package_json.items()
        if name not in _OURS and not name.startswith("_") and value is not None
    }
    for name in _MAPS:
        if name in fields:
            fields[name] = string_map(fields[name])
    for name in ("os", "cpu", "libc"):
        if isinstance(fields.get(name), str):
            fields[name] = [fields[name]]
    _set(fields, "bin", _commands(package_json, paths))
    _set(fields, "bundleDependencies", _bundled(fields))
    fields.pop("bundledDependencies", None)
    _add_native_build(fields, paths)
    return fields


def runs_scripts(fields: Mapping[str, Any]) -> bool:
    """Tell whether installing a package runs scripts of it."""
    return any(fields.get("scripts", {}).get(name) for name in INSTALL_SCRIPTS)


def _set(fields: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        fields.pop(name, None)
    else:
        fields[name] = value


def _commands(package_json: Mapping[str, Any], paths: Collection[str]) -> dict[str, str] | None:
    """Answer a package's commands and their files, or None where it has none."""
    told, directories = package_json.get("bin"), package_json.get("directories")
    if isinstance(told, str):
        told = {str(package_json["name"]): told}
    elif isinstance(told, list):
        told = {basename(path): path for path in told if isinstance(path, str)}
    elif not told and isinstance(directories, Mapping) and isinstance(directories.get("bin"), str):
        told = _files_below(_inside(directories["bin"]), paths)
    commands = {basename(_inside(name)): _inside(path) for name, path in string_map(told).items()}
    return {name: path for name, path in commands.items() if name and path} or None


def _files_below(folder: str, paths: Collection[str]) -> dict[str, str]:
    below = f"{folder}/"
    names = (path.removeprefix(below) for path in sorted(paths) if folder and path.startswith(below))
    return {basename(name): below + name for name in names if not f"/{name}".count("/.")}


def _inside(path: str) -> str:
    """Answer a path as one that cannot leave the package."""
    return normpath("/" + path.replace("\\", "/").replace(":", "/").lstrip("/"))[1:]


def _bundled(fields: Mapping[str, Any]) -> list[Any] | None:
    """Answer the dependencies that a package brings along, or None where it does not say."""
    told = fields.get("bundleDependencies", fields.get("bundledDependencies"))
    if told is True:
        return list(fields.get("dependencies", ()))
    if told is False or isinstance(told, Mapping):
        return list(told or ())
    return told if isinstance(told, list) else None


def _add_native_build(fields: dict[str, Any], paths: Collection[str]) -> None:
    """Say what npm would run for a package that brings a native build and no script for it."""
    scripts = fields.get("scripts", {})
    if scripts.get("install") or scripts.get("preinstall") or fields.get("gypfile") is False:
        return
    if any(path.endswith(_NATIVE_BUILD) and "/" not in path and path[0] != "." for path in paths):
        fields["scripts"] = {**scripts, "install": "node-gyp rebuild"}
        fields["gypfile"] = True
