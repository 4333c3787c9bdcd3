"""Walking one package's folder and choosing its files by the rules that stand along the way."""

import posixpath
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chalicelib.cli.packing.rules import DEFAULTS, Rules, decide, decide_folder, parse_rules, rules_of

IGNORE_FILES: Final = (".npmignore", ".gitignore")
"""The first that a folder has is read; the others are not."""

_DEFAULT_RULES: Final[Rules] = []


@dataclass(frozen=True, slots=True)
class Policy:
    """What a package says about its root: rules that replace or follow its ignore files.

    `required` are files that the package names one by one, relative to the root.
    """

    chosen: Rules | None
    strict: Rules
    required: tuple[str, ...] = ()
    defaults: bool = True
    obeys_ignore_files: bool = True
    extra_defaults: tuple[str, ...] = ()
    reads_nested_package_json: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on the walk; `exact` when rules matched itself, not only something inside it."""

    path: Path
    relative: str
    rules: Rules
    required: tuple[str, ...]
    exact: bool = False
    above: tuple["Folder", ...] = field(default=(), repr=False)

    def relative_entry(self, folder: "Folder", name: str) -> str:
        """Answer the path of an entry of `folder`, at or below this one, relative to this one."""
        whole = f"{folder.relative}/{name}" if folder.relative else name
        return whole[len(self.relative) + 1 :] if self.relative else whole


def default_rules() -> Rules:
    """Answer the rules that apply in every folder, made once."""
    if not _DEFAULT_RULES:
        _DEFAULT_RULES.extend(rules_of(DEFAULTS))
    return _DEFAULT_RULES


def walk(root: Path, policy: Policy) -> Iterator[str]:
    """Answer the paths of a package's files, relative to its root, in no promised order."""
    names = _names(root)
    rules = [*(default_rules() if policy.defaults else []), *rules_of(policy.extra_defaults)]
    if policy.chosen is not None:
        rules += policy.chosen
    elif policy.obeys_ignore_files:
        rules += _ignore_file_rules(root, names)
    folder = Folder(root, "", [*rules, *policy.strict], policy.required)
    yield from _walk(folder, names, reads_package_json=policy.reads_nested_package_json)


def _walk(folder: Folder, names: list[str], *, reads_package_json: bool) -> Iterator[str]:
    for name in names:
        # npm leaves out names that Windows cannot have.
        if "*" in name:
            continue
        mode = (folder.path / name).lstat().st_mode
        relative = f"{folder.relative}/{name}" if folder.relative else name
        if stat.S_ISREG(mode) and _included(folder, name):
            yield relative
        elif stat.S_ISDIR(mode) and _folder_included(folder, name):
            exact = _included(folder, name) or _included(folder, f"{name}/")
            inner, inner_names = _enter(
                folder, name, relative, exact=exact, reads_package_json=reads_package_json
            )
            yield from _walk(inner, inner_names, reads_package_json=reads_package_json)


def _enter(
    folder: Folder, name: str, relative: str, *, exact: bool, reads_package_json: bool
) -> tuple[Folder, list[str]]:
    path = folder.path / name
    names = _names(path)
    required = tuple(file[len(name) + 1 :] for file in folder.required if posixpath.dirname(file) == name)
    rules = [*default_rules()]
    if reads_package_json and "package.json" in names:
        # With workspaces, npm reads a nested package.json as if it were an ignore file.
        rules += parse_rules(_read(path / "package.json"))
    else:
        rules += _ignore_file_rules(path, names)
    rules += rules_of(["/.git", *(f"!{file}" for file in required)])
    return Folder(path, relative, rules, required, exact, (*folder.above, folder)), names


def _names(path: Path) -> list[str]:
    return [entry.name for entry in path.iterdir()]


def _ignore_file_rules(path: Path, names: list[str]) -> Rules:
    for name in IGNORE_FILES:
        if name in names:
            return parse_rules(_read(path / name))
    return []


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _included(folder: Folder, name: str) -> bool:
    included = True
    for level in (*folder.above, folder):
        if included or level.exact:
            included = decide(level.rules, level.relative_entry(folder, name), included=included)
    return included


def _folder_included(folder: Folder, name: str) -> bool:
    included = True
    for level in (*folder.above, folder):
        if included or level.exact:
            own_name = None if level is folder else name
            path = level.relative_entry(folder, name)
            included = decide_folder(level.rules, path, included=included, name=own_name)
    return included
