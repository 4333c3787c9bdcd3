"""What a package's own files load by a name that begins with `#`: another file, a package, or a built-in module.

Node's PACKAGE_IMPORTS_RESOLVE (https://nodejs.org/api/esm.html#resolution-algorithm-specification). The other
packages are not looked into: the answer names them as an import would.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from chalicelib.domain.errors import InvalidName
from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.names import PackageName
from chalicelib.domain.resolution.builtins import has_builtin, replacement
from chalicelib.domain.resolution.entry import Entry, not_found, resolve_subpath, walk_of
from chalicelib.domain.resolution.exports import Elsewhere, counts_as_exports, resolve_imports
from chalicelib.domain.resolution.formats import file_format
from chalicelib.domain.resolution.legacy import Lookup
from chalicelib.domain.resolution.profiles import Mode, Profile
from chalicelib.domain.resolution.trace import Refused, Step
from chalicelib.domain.resolution.types import declaration_for, imported_declaration


@dataclass(frozen=True, slots=True)
class Outside:
    """What is loaded from outside the package: a built-in module, or a subpath of another package."""

    specifier: str
    kind: Literal["package", "builtin"]
    name: str
    """The package's or the module's name, without subpath or `node:`."""
    subpath: str = "."
    trace: tuple[Step, ...] = ()


def resolve_import(
    fields: EntryFields,
    files: Collection[str],
    name: str,
    *,
    importer: str | None = None,
    profile: Profile,
    mode: Mode = "import",
    explain: bool = False,
) -> Entry | Outside:
    """Answer what a file of the package loads by a name such as `#name`; raises EntryNotFound.

    `importer` is the file's path, without which it is one that the package's own package.json is nearest to.
    """
    lookup = Lookup(fields, files, profile, mode, [] if explain else None)
    try:
        _check(name, importer, lookup)
        walk = walk_of(lookup)._replace(field="imports", leave=lambda target: _leave(target, lookup))
        found = resolve_imports(fields.imports, name, walk)
    except Refused as refused:
        raise not_found(lookup, name, refused) from None
    trace = tuple(lookup.trace or ())
    if isinstance(found, Elsewhere):
        return _outside(found, profile, trace)
    return Entry(
        path=found,
        format=file_format(found, fields, profile),
        types=_types(lookup, name),
        trace=trace,
    )


def _check(name: str, importer: str | None, lookup: Lookup) -> None:
    if name == "#" or (name.startswith("#/") and not lookup.profile.imports.slash_names):
        raise Refused(
            "invalid_subpath", f"`{name}` is not a name that {lookup.profile.name} looks up in `imports`"
        )
    if lookup.profile.imports.checks_exports and isinstance(lookup.fields.exports, Mapping):
        lookup.fields.subpaths  # noqa: B018 - raises Refused where they cannot be read
    scope = _scope(importer or "", lookup.fields)
    if scope:
        raise Refused(
            "not_imported", f"`{scope}/package.json` is nearer to `{importer}` than the package's own"
        )


def _scope(path: str, fields: EntryFields) -> str:
    """Answer the folder whose package.json is nearest above a file, empty for the package's root."""
    while "/" in path:
        path = path.rpartition("/")[0]
        if path in fields.scopes:
            return path
    return ""


def _leave(target: str, lookup: Lookup) -> str | None:
    """Answer where a target leads that is no path; None where it is not a specifier either."""
    builtin = _builtin(target, lookup)
    if builtin is not None:
        if lookup.mode == "require" and not lookup.profile.imports.requires_builtins:
            # Unlike an invalid target this ends an array: it was found, and cannot be required.
            raise Refused("file_missing", f"`{target}` is a built-in module, which is no file")
        return Elsewhere(builtin)
    try:
        name, subpath = split_specifier(target)
    except InvalidName:
        if target.startswith(("../", "/")) or ":" in target:
            return None
        # Unlike an invalid target this ends an array: it was taken for a package's name.
        raise Refused("file_missing", f"`{target}` names no package") from None
    return _back(subpath, lookup) if name == _own_name(lookup.fields) else Elsewhere(target)


def _builtin(target: str, lookup: Lookup) -> str | None:
    runtime = lookup.profile.name
    if target.startswith(lookup.profile.imports.builtin_schemes) and has_builtin(target, runtime):
        return target
    return replacement(target, runtime, in_package=True)


def _back(subpath: str, lookup: Lookup) -> str:
    """Answer the file that the package's own name leads to, from inside the package."""
    returns_as = lookup.profile.imports.returns_as
    if returns_as and not counts_as_exports(lookup.fields.exports, lookup.profile.targets):
        lookup = lookup._replace(mode=returns_as)
    return resolve_subpath(lookup, subpath)


def _outside(specifier: str, profile: Profile, trace: tuple[Step, ...]) -> Outside:
    if ":" in specifier or replacement(specifier, profile.name, in_package=True):
        return Outside(specifier, "builtin", specifier.removeprefix("node:"), trace=trace)
    name, subpath = split_specifier(specifier)
    return Outside(specifier, "package", name, subpath, trace)


def _types(lookup: Lookup, name: str) -> str | None:
    fields, files, profile, mode = lookup.fields, lookup.files, lookup.profile, lookup.mode
    found = imported_declaration(fields, files, name, leave=_elsewhere, profile=profile, mode=mode)
    if not isinstance(found, Elsewhere):
        return found
    package, subpath = split_specifier(found)
    if package != _own_name(fields):
        return None
    return declaration_for(fields, files, subpath, profile=profile, mode=mode)


def _elsewhere(target: str) -> Elsewhere | None:
    try:
        split_specifier(target)
    except InvalidName:
        return None
    return Elsewhere(target)


def _own_name(fields: EntryFields) -> str | None:
    name: str | None = getattr(fields, "name", None)
    return name


def split_specifier(specifier: str) -> tuple[str, str]:
    """Answer the package and the subpath that an import names; raises InvalidName where it names no package."""
    depth = 2 if specifier.startswith("@") else 1
    parts = specifier.split("/", depth)
    name = "/".join(parts[:depth])
    PackageName.parse(name)
    return name, f"./{parts[depth]}" if len(parts) > depth else "."
