"""The declaration file of an entry, as TypeScript's NodeNext resolution finds it.

With `exports`: the conditions of the import plus `types` (and `types@<range>`), and for each target the
declaration file beside it. Without: `types`, `typings` or `main` through `typesVersions`, then `index.d.ts`.
Packages of declarations for other packages (`@types/*`) are packages of their own and not looked for.
"""

from collections.abc import Container, Iterator
from typing import Any, Final, Literal

from chalicelib.domain.errors import InvalidRange
from chalicelib.domain.manifest import EntryFields, FolderFields
from chalicelib.domain.resolution.exports import (
    Leave,
    Walk,
    counts_as_exports,
    resolve_exports,
    resolve_imports,
)
from chalicelib.domain.resolution.paths import literal
from chalicelib.domain.resolution.profiles import NODE, Mode, Profile, TargetRules
from chalicelib.domain.resolution.trace import Refused
from chalicelib.domain.semver.ranges import Range

TYPESCRIPT: Final = "5.9.3"
"""The compiler release that ranges in `typesVersions` and `types@<range>` are compared with."""

DeclarationsKind = Literal["bundled", "types-field", "none"]

_RULES: Final = TargetRules(
    read=literal,
    null_is_no_match=True,
    ignores_non_strings=True,
    index_keys_allowed=True,
    failures_are_no_match=True,
)
_DECLARING: Final = (".ts", ".tsx", ".mts", ".cts")
_SIBLINGS: Final[dict[str, tuple[str, ...]]] = {
    "js": (".ts", ".tsx", ".d.ts"),
    "jsx": (".tsx", ".ts", ".d.ts"),
    "mjs": (".mts", ".d.mts"),
    "cjs": (".cts", ".d.cts"),
    "json": (".d.json.ts",),
}
_ADDED: Final = (".ts", ".tsx", ".d.ts")


def declaration_for(
    fields: EntryFields, files: Container[str], subpath: str, *, profile: Profile, mode: Mode
) -> str | None:
    """Answer the path of a subpath's declarations, None for an entry without any."""
    if not counts_as_exports(fields.exports, _RULES):
        return _legacy(fields, files, subpath, mode)
    try:
        return resolve_exports(fields, subpath, _walk(files, profile, mode))
    except Refused:
        return None


def imported_declaration(
    fields: EntryFields, files: Container[str], name: str, *, leave: Leave, profile: Profile, mode: Mode
) -> str | None:
    """Answer the declarations behind a name of `imports`: a path, what `leave` answers, or None for none."""
    walk = _walk(files, profile, mode)._replace(field="imports", leave=leave)
    try:
        return resolve_imports(fields.imports, name, walk)
    except Refused:
        return None


def declarations_kind(fields: EntryFields, files: Container[str]) -> DeclarationsKind:
    """Answer whence a package's declarations come: the `types` field, files beside the code, or nowhere."""
    found = {
        declaration_for(fields, files, ".", profile=NODE, mode=mode) for mode in ("import", "require")
    } - {None}
    if not found:
        return "none"
    named = literal(fields.types_field) if fields.types_field else None
    return "types-field" if named in found else "bundled"


def declared_beside(path: str, files: Container[str]) -> str | None:
    """Answer the declaration file that belongs to a file: itself, or the one beside it."""
    return _first(_siblings(path), files)


def _walk(files: Container[str], profile: Profile, mode: Mode) -> Walk:
    def locate(target: str, _how: str) -> str | None:
        path = literal(target)
        return None if path is None else _first(_siblings(path), files)

    conditions = profile.type_conditions | {mode}
    return Walk(conditions=conditions, rules=_RULES, locate=locate, allows=_is_types_of_this_release)


def _first(candidates: Iterator[str], files: Container[str]) -> str | None:
    return next((path for path in candidates if path in files), None)


def _siblings(path: str) -> Iterator[str]:
    if path.endswith(_DECLARING):
        yield path
        return
    stem, _, extension = path.rpartition(".")
    for declaring in _SIBLINGS.get(extension, ()):
        yield stem + declaring


def _is_types_of_this_release(condition: str) -> bool:
    return condition.startswith("types@") and _in_range(condition.removeprefix("types@"))


def _in_range(text: str) -> bool:
    try:
        return Range.parse(text).contains(TYPESCRIPT)
    except InvalidRange:
        return False


def _legacy(fields: EntryFields, files: Container[str], subpath: str, mode: Mode) -> str | None:
    paths = _version_paths(fields.types_versions)
    if subpath == ".":
        return _of_package(fields, files, paths, mode)
    path = literal(subpath)
    if path is None:
        return None
    path = path.rstrip("/")
    key = _best_pattern(paths, path)
    # A folder with a package.json of its own comes before `typesVersions`.
    looked_at = key is None or path in fields.scopes
    found = _first(_of_subpath(fields, path, mode), files) if looked_at else None
    if key is None or found is not None:
        return found
    return _first(_mapped(paths, key, strict=mode == "import"), files)


def _of_package(fields: EntryFields, files: Container[str], paths: dict[str, Any], mode: Mode) -> str | None:
    named = fields.types_field or fields.main
    inside = literal(named) if named else None
    # A module of a package of modules may leave nothing out, not even in `main`.
    strict = mode == "import" and fields.type == "module"
    key = _best_pattern(paths, inside or "index")
    if key is not None:
        found = _first(_mapped(paths, key, strict=strict), files)
        if found is not None or mode == "require":
            return found
    elif inside is not None:
        found = _first(_candidates(inside.rstrip("/"), strict=strict), files)
        if found is not None:
            return found
    return _first((f"index{extension}" for extension in _ADDED), files)


def _of_subpath(fields: EntryFields, path: str, mode: Mode) -> Iterator[str]:
    strict = mode == "import"
    yield from _siblings(path)
    if not strict:
        yield from (path + extension for extension in _ADDED)
    folder = fields.folders.get(path, FolderFields())
    named = folder.types_field or folder.main
    inside = literal(f"{path}/{named}") if named else None
    if inside:
        yield from _candidates(inside, strict=strict and fields.scopes.get(path) == "module")
    if not strict:
        yield from (f"{path}/index{extension}" for extension in _ADDED)


def _candidates(path: str, *, strict: bool) -> Iterator[str]:
    """Answer what a path may stand for; unless `strict`, extensions and `/index` may be missing."""
    if path:
        yield from _siblings(path)
    if strict:
        return
    if path:
        yield from (path + extension for extension in _ADDED)
        path += "/"
    yield from (f"{path}index{extension}" for extension in _ADDED)


def _version_paths(versions: Any) -> dict[str, Any]:
    for text, paths in (versions or {}).items():
        if isinstance(paths, dict) and _in_range(text):
            return paths
    return {}


def _mapped(paths: dict[str, Any], match: tuple[str, str], *, strict: bool) -> Iterator[str]:
    key, star = match
    substitutes = paths[key] if isinstance(paths[key], list) else []
    for substitute in substitutes:
        target = literal(substitute.replace("*", star, 1)) if isinstance(substitute, str) else None
        if target is not None:
            yield from _candidates(target.rstrip("/"), strict=strict)


def _best_pattern(paths: dict[str, Any], path: str) -> tuple[str, str] | None:
    if path in paths:
        return path, ""
    best: tuple[str, str] | None = None
    longest = -1
    for key in paths:
        prefix, star, suffix = key.partition("*")
        fits = star and len(path) >= len(prefix) + len(suffix)
        if fits and path.startswith(prefix) and path.endswith(suffix) and len(prefix) > longest:
            longest, best = len(prefix), (key, path[len(prefix) : len(path) - len(suffix)])
    return best
