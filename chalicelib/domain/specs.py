"""What a user asks for: a package, which version of it, and a path inside, written `name@wanted/path`.

The words are npm's (`npm-package-arg` 13): what follows the `@` is a version, a range or a tag, and nothing
means `*`, which prefers the tag `latest`. An alias (`other@npm:name@^1`) asks for the name behind it. Where
npm sees a git shorthand or a directory (`lodash/fp`), this is a path inside the package, as in an import.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal, NoReturn, Self

from chalicelib.domain.dependencies import DependencyKind, classify_dependency, is_foreign, registry_kind
from chalicelib.domain.errors import InvalidRange, InvalidSpec, InvalidVersion
from chalicelib.domain.names import PackageName
from chalicelib.domain.semver.grammar import SPACES
from chalicelib.domain.semver.versions import clean_version

__all__ = ["DependencyKind", "PackageSpec", "WantedKind", "classify_dependency", "read_wanted"]

WantedKind = Literal["version", "range", "tag"]

ANYTHING: Final = "*"
MAX_LENGTH: Final = 2048

_ALIAS: Final = "npm:"
_NAME: Final = re.compile(r"@[^/@]*(?:/[^/@]*)?|[^/@]*")
# Dots and slashes count as such when they are percent-encoded too, because a URL treats them alike.
_UNSAFE_PATH: Final = re.compile(r"(?:/|\A)(?:\.|%2e){0,2}(?:/|\Z)|[\\\x00-\x1f\x7f]|%2f|%5c", re.IGNORECASE)
_FOREIGN: Final[dict[DependencyKind, str]] = {
    "git": "a git repository; publish the package and ask for it by name",
    "url": "an address; publish the tarball behind it and ask for the package by name",
    "file": "a path on a disk; publish the package and ask for it by name",
    "workspace": "a package of a workspace; publish it and ask for it by name and version",
    "alias": "an alias of an alias; name the package itself",
    "unknown": "of a protocol that npm does not know; ask for the package by name",
}


@dataclass(frozen=True, slots=True)
class PackageSpec:
    """A package and what is wanted of it.

    `wanted` is a version as it is published, a range or a tag, as `kind` says. `subpath` is `.` or `./path`.
    `alias` is the name it was asked for under if that is another than its own.
    """

    name: PackageName
    kind: WantedKind = "range"
    wanted: str = ANYTHING
    subpath: str = "."
    alias: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a spec; raises InvalidSpec, InvalidName or InvalidRange."""
        spec = text.strip(SPACES)
        if not spec:
            raise InvalidSpec("the spec is empty; write `name`, `name@range` or `name@range/path`", spec=spec)
        if len(spec) > MAX_LENGTH:
            raise InvalidSpec(f"the spec has {len(spec)} characters and at most {MAX_LENGTH} are allowed")
        return cls._target(spec, spec) if _is_alias(spec) else cls._named(spec, spec)

    @classmethod
    def _named(cls, text: str, spec: str) -> Self:
        if is_foreign(text):
            _refuse(text, spec)
        name_part, rest = _split_name(text)
        if not rest.startswith("@"):
            return cls(PackageName.parse(name_part), subpath=_subpath(rest, spec))
        after = rest[1:]
        if _is_alias(after) and text is spec:
            return replace(cls._target(after, spec), alias=PackageName.parse(name_part))
        if is_foreign(after):
            _refuse(after, spec)
        wanted, slash, path = after.partition("/")
        return cls(PackageName.parse(name_part), *read_wanted(wanted), _subpath(slash + path, spec))

    @classmethod
    def _target(cls, alias: str, spec: str) -> Self:
        """Read what stands behind `npm:`, which cannot be an alias again."""
        return cls._named(alias[len(_ALIAS) :].lstrip(SPACES), spec)

    def __str__(self) -> str:
        alias = f"{self.alias}@{_ALIAS}" if self.alias else ""
        wanted = "" if self.wanted == ANYTHING else f"@{self.wanted}"
        return f"{alias}{self.name}{wanted}{self.subpath[1:]}"


def read_wanted(text: str) -> tuple[WantedKind, str]:
    """Answer what a text after the `@` is and its text, a version in its clean form; raises InvalidRange."""
    wanted = text.strip(SPACES) or ANYTHING
    try:
        return "version", clean_version(wanted, loose=True)
    except InvalidVersion:
        kind = registry_kind(wanted)
    if kind == "unknown":
        raise InvalidRange(f"`{wanted}` is neither a version nor a range nor a tag", range=wanted)
    return kind, wanted


def _is_alias(text: str) -> bool:
    return text[: len(_ALIAS)].lower() == _ALIAS


def _split_name(spec: str) -> tuple[str, str]:
    match = _NAME.match(spec)
    end = match.end() if match else 0
    return spec[:end], spec[end:]


def _subpath(rest: str, spec: str) -> str:
    """Answer what follows the first slash as `./path`; raises InvalidSpec for a path that leads elsewhere."""
    path = rest.removeprefix("/")
    if not path:
        return "."
    if _UNSAFE_PATH.search(path):
        raise InvalidSpec(f"the path of `{spec}` holds an empty segment, `.`, `..` or an escape", spec=spec)
    return f"./{path}"


def _refuse(text: str, spec: str) -> NoReturn:
    kind = classify_dependency(text)
    raise InvalidSpec(f"`{spec}` is {_FOREIGN.get(kind, _FOREIGN['unknown'])}", spec=spec, kind=kind)
