"""What the rules look at: a package as it is published, and a bounded part of its code."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from chalicelib.domain.facts.needs import declared_dependencies, string_map
from chalicelib.domain.metadata import DependencySpec
from chalicelib.domain.package import Package

MAX_SCANNED_FILES: Final = 512
MAX_SCANNED_BYTES: Final = 4 * 1024 * 1024
INSTALL_EVENTS: Final = ("preinstall", "install", "postinstall")

_CODE: Final = (".js", ".cjs", ".mjs")
_ENTRY_FIELDS: Final = ("main", "module", "browser", "exports", "imports")
_QUOTED: Final = rb"[\"'`]([^\"'`\n]{1,100})[\"'`]"
# Each begins with plain text, which makes it some twenty times faster than one pattern for all four. Nowhere
# do two `\s*` meet: for them, a file of spaces would take time with the square of its size.
_IMPORTS: Final = tuple(
    re.compile(start + _QUOTED)
    for start in (rb"require\s*\(\s*", rb"from\s*", rb"import\s*(?:\(\s*)?", rb"getBuiltinModule\s*\(\s*")
)
_WORD: Final = re.compile(r"[^\s'\"=;&|]+")


@dataclass(frozen=True)
class Source:
    """The part of a code file that is scanned."""

    path: str
    data: bytes

    @cached_property
    def imports(self) -> frozenset[str]:
        """What the code imports by a plain text, without the prefix `node:`."""
        found = {name for pattern in _IMPORTS for name in pattern.findall(self.data)}
        return frozenset(name.decode("utf-8", "replace").removeprefix("node:") for name in found)


@dataclass(frozen=True, slots=True)
class Sources:
    """The code that is scanned, ascending by path, and whether more was left out than the limits allow."""

    scanned: tuple[Source, ...]
    total_files: int
    truncated: bool


@dataclass(frozen=True)
class Inspection:
    """A package under the name and version it is published as."""

    name: str
    version: str
    package: Package

    @property
    def package_json(self) -> Mapping[str, Any]:
        """The package.json of the tarball."""
        return self.package.package_json

    @cached_property
    def dependencies(self) -> list[DependencySpec]:
        """The dependencies of all groups."""
        return declared_dependencies(self.package_json)

    @cached_property
    def install_scripts(self) -> dict[str, str]:
        """The scripts that run when the package is installed, by lifecycle event."""
        scripts = string_map(self.package_json.get("scripts"))
        return {event: scripts[event] for event in INSTALL_EVENTS if scripts.get(event, "").strip()}

    @cached_property
    def commands(self) -> dict[str, str]:
        """The commands that `bin` puts on the path, each with the file it runs."""
        declared = self.package_json.get("bin")
        named = {self.name: declared} if isinstance(declared, str) else string_map(declared)
        return {key.rpartition("/")[2]: _rooted(path) for key, path in named.items()}

    @cached_property
    def sources(self) -> Sources:
        """The code that is scanned, within MAX_SCANNED_FILES and MAX_SCANNED_BYTES.

        What runs when installing comes first, then commands and entries, then what is nearest to the root.
        """
        files = self.package.files
        paths = [path for path in files if path.endswith(_CODE)]
        named = dict.fromkeys(path for path in self._named() if path in files)
        ranks = {path: rank for rank, path in enumerate(named)}
        paths.sort(key=lambda path: (ranks.get(path, len(ranks)), path.count("/"), path))
        scanned = sorted(self._within_limits(paths), key=lambda source: source.path)
        complete = sum(len(source.data) for source in scanned) == sum(files[path].size for path in paths)
        return Sources(tuple(scanned), total_files=len(paths), truncated=not complete)

    def _named(self) -> Iterator[str]:
        for script in self.install_scripts.values():
            yield from map(_rooted, _WORD.findall(script))
        yield from self.commands.values()
        for field in _ENTRY_FIELDS:
            yield from map(_rooted, _strings(self.package_json.get(field)))

    def _within_limits(self, paths: list[str]) -> Iterator[Source]:
        left = MAX_SCANNED_BYTES
        for path in paths[:MAX_SCANNED_FILES]:
            data = self.package.read(path)[:left]
            left -= len(data)
            yield Source(path, data)
            if not left:
                return


def _rooted(path: str) -> str:
    return posixpath.normpath(f"/{path}").lstrip("/")


def _strings(value: Any) -> Iterable[str]:
    # Without recursion, since the depth of a package.json is its author's choice.
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            pending.extend(reversed([*item.values()]))
        elif isinstance(item, list):
            pending.extend(reversed(item))
