"""Every way through `exports`: each subpath, each chain of conditions, and the target at its end."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.resolution.paths import as_url
from chalicelib.domain.resolution.subpaths import subpaths_of
from chalicelib.domain.resolution.trace import Refused


@dataclass(frozen=True, slots=True)
class Branch:
    """One way: the subpath, the conditions on the way, and the target as text."""

    subpath: str
    conditions: tuple[str, ...]
    target: str


def branches(exports: Any) -> Iterator[Branch]:
    """Answer every way through a value of `exports`, in the package's order; nothing for an invalid one."""
    try:
        table = subpaths_of(exports).targets if exports is not None else {}
    except Refused:
        return
    for subpath, target in table.items():
        yield from _below(subpath, target, ())


def target_files(branch: Branch, files: Collection[str]) -> list[str]:
    """Answer the files that a way can lead to, ascending; more than one only for a pattern or folder."""
    path = as_url(branch.target) if branch.target.startswith("./") else None
    if path is None:
        return []
    if "*" in branch.subpath and "*" in path:
        prefix, _, suffix = path.partition("*")
        shortest = len(prefix) + len(suffix) + 1
        return sorted(
            file
            for file in files
            if len(file) >= shortest and file.startswith(prefix) and file.endswith(suffix)
        )
    if branch.subpath.endswith("/"):
        return sorted(file for file in files if file.startswith(path))
    return [path] if path in files else []


def _below(subpath: str, target: Any, conditions: tuple[str, ...]) -> Iterator[Branch]:
    if isinstance(target, str):
        yield Branch(subpath, conditions, target)
    elif isinstance(target, list):
        for item in target:
            yield from _below(subpath, item, conditions)
    elif isinstance(target, Mapping):
        for condition, item in target.items():
            yield from _below(subpath, item, (*conditions, condition))
