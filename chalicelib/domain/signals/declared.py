"""Signals in what a package.json declares."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib.domain.facts.licences import declared_licence, licence_files
from chalicelib.domain.facts.needs import GROUPS
from chalicelib.domain.semver.versions import number_of
from chalicelib.domain.signals.inspection import Inspection
from chalicelib.domain.signals.rule import Observation, rule, shown

PACKAGE_JSON: Final = "package.json"

_SHELL_COMMANDS: Final = """
    awk bash bun bunx cat cd chmod chown cmd cp curl deno df dir du echo env eval exec exit export find git
    grep gunzip gzip head kill less ln ls make mkdir more mount mv nc node nohup npm npx open perl php ping
    pip pnpm powershell printf ps pwd python python3 rm rmdir rsync ruby scp sed sh sleep sort source ssh su
    sudo tail tar tee test top touch true uname unzip wget which whoami xargs yarn zip zsh
"""

SHELL_COMMANDS: Final = frozenset(_SHELL_COMMANDS.split())
"""Names that a shell or a developer takes for something else than an installed package's command."""


def install_script(inspection: Inspection) -> Iterator[Observation]:
    """A script runs when the package is installed."""
    for event, script in inspection.install_scripts.items():
        yield _declared(f"`{event}` runs {shown(script)} when the package is installed")


def implicit_install(inspection: Inspection) -> Iterator[Observation]:
    """A `binding.gyp` without an install script makes npm compile code when the package is installed."""
    replaced = {"preinstall", "install"} & inspection.install_scripts.keys()
    wanted = inspection.package_json.get("gypfile") is not False
    if "binding.gyp" in inspection.package.files and wanted and not replaced:
        yield Observation("binding.gyp", "npm runs `node-gyp rebuild` when the package is installed")


def git_dependency(inspection: Inspection) -> Iterator[Observation]:
    """A dependency is fetched from a git repository."""
    return _dependencies(inspection, "git", "is fetched from a repository, whose content can change")


def url_dependency(inspection: Inspection) -> Iterator[Observation]:
    """A dependency is fetched from a URL."""
    return _dependencies(inspection, "url", "is fetched from outside the registry")


def file_dependency(inspection: Inspection) -> Iterator[Observation]:
    """A dependency is a local path, which users do not have."""
    return _dependencies(inspection, "file", "is a path that users do not have")


def workspace_dependency(inspection: Inspection) -> Iterator[Observation]:
    """A dependency still says `workspace:`, which means nothing to users."""
    return _dependencies(inspection, "workspace", "means something only inside the publisher's workspace")


def unbounded_dependency(inspection: Inspection) -> Iterator[Observation]:
    """A dependency takes any version."""
    for dependency in inspection.dependencies:
        if dependency.group in {"dependencies", "optionalDependencies"} and _unbounded(dependency.spec):
            yield _declared(f"`{dependency.name}` takes any version ({shown(dependency.spec)})")


def invalid_dependency(inspection: Inspection) -> Iterator[Observation]:
    """A dependency is not declared as a string, so it is ignored."""
    for group in GROUPS:
        declared = inspection.package_json.get(group, {})
        if not isinstance(declared, Mapping):
            yield _declared(f"`{group}` is not an object and is ignored")
            continue
        for name, spec in declared.items():
            if not isinstance(spec, str):
                yield _declared(f"{shown(name)} in `{group}` is not a string and is ignored")


def bin_shadows_command(inspection: Inspection) -> Iterator[Observation]:
    """A command of the package has the name of a common shell command."""
    for command, path in inspection.commands.items():
        if command in SHELL_COMMANDS and command != inspection.name:
            yield Observation(path, f"the command `{command}` hides the one that a shell or a script means")


def bin_missing(inspection: Inspection) -> Iterator[Observation]:
    """A command of the package runs a file that is not in it."""
    for command, path in inspection.commands.items():
        if path not in inspection.package.files:
            yield _declared(
                f"the command {shown(command)} names {shown(path)}, which the package does not hold"
            )


def manifest_confusion(inspection: Inspection) -> Iterator[Observation]:
    """The package.json in the tarball names another package or version, or repeats a key."""
    package_json = inspection.package_json
    name, version = str(package_json.get("name", "")), str(package_json.get("version", ""))
    if name.strip().lower() != inspection.name:
        yield _declared(f"the name inside is {shown(name)} and not `{inspection.name}`")
    if number_of(version, loose=True) != number_of(inspection.version, loose=True):
        yield _declared(f"the version inside is {shown(version)} and not `{inspection.version}`")
    try:
        repeated = _repeated_keys(inspection.package.read(PACKAGE_JSON))
    except (ValueError, RecursionError):
        yield _declared("not every reader can parse the file")
        return
    for key in repeated:
        yield _declared(f"{shown(key)} occurs twice in one object, and readers differ in which they take")


def marked_private(inspection: Inspection) -> Iterator[Observation]:
    """The package.json says `private`."""
    if inspection.package_json.get("private") is True:
        yield _declared("the package says it is private")


def no_licence(inspection: Inspection) -> Iterator[Observation]:
    """No licence is declared and none is included."""
    if declared_licence(inspection.package_json) is None and not licence_files(inspection.package.files):
        yield _declared("no licence is declared and no licence file is included")


def platform_restricted(inspection: Inspection) -> Iterator[Observation]:
    """The package installs only on some platforms."""
    for field in ("os", "cpu", "libc"):
        values = inspection.package_json.get(field)
        named = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
        if named:
            yield _declared(f"installs only where `{field}` is {shown(', '.join(named))}")


def _dependencies(inspection: Inspection, kind: str, problem: str) -> Iterator[Observation]:
    for dependency in inspection.dependencies:
        if dependency.kind == kind and dependency.group != "devDependencies":
            yield _declared(f"`{dependency.name}` ({shown(dependency.spec)}) {problem}")


def _unbounded(spec: str) -> bool:
    return spec.strip() in {"", "*", "x", "X", "latest", ">=0", ">=0.0.0"}


def _repeated_keys(data: bytes) -> list[str]:
    repeated: set[str] = set()

    def collect(pairs: list[tuple[str, Any]]) -> None:
        repeated.update(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)

    json.loads(data.decode("utf-8-sig"), object_pairs_hook=collect)
    return sorted(repeated)


def _declared(detail: str) -> Observation:
    return Observation(PACKAGE_JSON, detail)


RULES: Final = (
    rule("warning", install_script),
    rule("warning", implicit_install),
    rule("danger", manifest_confusion),
    rule("warning", git_dependency),
    rule("warning", url_dependency),
    rule("warning", file_dependency),
    rule("warning", workspace_dependency),
    rule("info", unbounded_dependency),
    rule("info", invalid_dependency),
    rule("warning", bin_shadows_command),
    rule("warning", bin_missing),
    rule("info", marked_private),
    rule("info", no_licence),
    rule("info", platform_restricted),
)
"""The rules on declarations, in the order they are reported."""
