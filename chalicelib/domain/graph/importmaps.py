"""Import maps: every specifier that the packages of a graph can import, as an address."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.resolution.builtins import replacement
from chalicelib.domain.resolution.entry import resolve_entry
from chalicelib.domain.resolution.exports import counts_as_exports
from chalicelib.domain.resolution.imports import Outside, resolve_import
from chalicelib.domain.resolution.profiles import Profile
from chalicelib.domain.resolution.trace import Refused

MAX_SUBPATHS: Final = 2000
"""Of one pattern, whether they lead anywhere or not; what a pattern covers beyond is left out."""

Addresses = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Importable:
    """A package that can be imported from: its fields and files, and the address of its root folder."""

    fields: EntryFields
    files: Collection[str]
    root: str


def specifiers(name: str, package: Importable, profile: Profile) -> Addresses:
    """Answer what importing a package by a name, and by paths below it, leads to on a runtime.

    That is a module of the runtime's own where the runtime has one of that name.
    """
    found = _specifiers(name, package, profile)
    return {wanted: replacement(wanted, profile.name, in_package=True) or found[wanted] for wanted in found}


def _specifiers(name: str, package: Importable, profile: Profile) -> Addresses:
    if not counts_as_exports(package.fields.exports, profile.targets):
        root = _address(package, ".", profile)
        below: Addresses = {f"{name}/": f"{package.root}/"}
        return {name: root, **below} if root else below
    try:
        table = package.fields.subpaths.targets
    except Refused:
        return {}
    found: Addresses = {}
    for key in table:
        for subpath, address in _addresses(
            key, table, package, lambda wanted: _address(package, wanted, profile)
        ):
            found[f"{name}{subpath[1:]}"] = address
    return found


def own_names(package: Importable, profile: Profile, leave: Callable[[Outside], str | None]) -> Addresses:
    """Answer what a package's own files import by names that begin with `#`.

    `leave` answers the address of what is outside the package.
    """

    def locate(name: str) -> str | None:
        try:
            found = resolve_import(package.fields, package.files, name, profile=profile, mode="import")
        except EntryNotFound:
            return None
        return leave(found) if isinstance(found, Outside) else f"{package.root}/{quote(found.path)}"

    imports = package.fields.imports
    table = imports if isinstance(imports, Mapping) else {}
    found: Addresses = {}
    for key in table:
        found |= dict(_addresses(key, table, package, locate))
    return found


def _addresses(
    key: str, table: Mapping[str, Any], package: Importable, locate: Callable[[str], str | None]
) -> Iterator[tuple[str, str | None]]:
    if "*" not in key:
        address = locate(key)
        if address is not None:
            yield key, address
        return
    if table[key] is None:
        if key.endswith("/*"):
            yield key[:-1], None
        return
    for star, subpath in islice(_expanded(key, table, package), MAX_SUBPATHS):
        address = locate(subpath)
        if address is None:
            continue
        if key.endswith("/*") and address.endswith(f"/{quote(star)}"):
            # All that the pattern covers lies below one folder.
            yield key[:-1], address[: -len(quote(star))]
            return
        yield subpath, address


def _expanded(key: str, table: Mapping[str, Any], package: Importable) -> Iterator[tuple[str, str]]:
    """Answer what can stand for the star, and the subpath it makes, from the files that the targets match."""
    seen = set()
    for target in dict.fromkeys(_targets(table[key])):
        before, _, after = target.removeprefix("./").partition("*")
        pattern = re.compile(f"{re.escape(before)}(.+){re.escape(after)}", re.DOTALL)
        for path in sorted(package.files):
            match = pattern.fullmatch(path)
            if match is not None and match[1] not in seen:
                seen.add(match[1])
                yield match[1], key.replace("*", match[1])


def _targets(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if "*" in value:
            yield value
        return
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for item in inner:
        yield from _targets(item)


def _address(package: Importable, subpath: str, profile: Profile) -> str | None:
    try:
        entry = resolve_entry(package.fields, package.files, subpath, profile=profile, mode="import")
    except EntryNotFound:
        return None
    return f"{package.root}/{quote(entry.path)}"
