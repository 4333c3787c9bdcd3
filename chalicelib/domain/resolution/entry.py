"""The one question asked of a package: what does an import of this subpath load on that runtime?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields, FileFormat
from chalicelib.domain.resolution.exports import Walk, counts_as_exports, resolve_exports
from chalicelib.domain.resolution.formats import file_format
from chalicelib.domain.resolution.legacy import Lookup, resolve_legacy, rewritten, search, with_extensions
from chalicelib.domain.resolution.profiles import Mode, Profile
from chalicelib.domain.resolution.trace import Refused, Step
from chalicelib.domain.resolution.types import declaration_for

_NEARBY: Final = 8
_SHOWN: Final = 200
_COMPARED: Final = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """What is loaded: the file's path in the package, how it is run, its declarations, and the way there."""

    path: str
    format: FileFormat
    types: str | None = None
    trace: tuple[Step, ...] = ()


def resolve_entry(
    fields: EntryFields,
    files: Collection[str],
    subpath: str = ".",
    *,
    profile: Profile,
    mode: Mode = "import",
    explain: bool = False,
) -> Entry:
    """Answer what importing or requiring a subpath loads; raises EntryNotFound with the reason.

    `subpath` is `.`, or `./sub` as after the package's name in an import. `files` should be a set (or a
    mapping's keys); a list is made into one. The trace is empty unless `explain`.
    """
    known = frozenset(files) if isinstance(files, (list, tuple)) else files
    lookup = Lookup(fields, known, profile, mode, [] if explain else None)
    wanted = normal_subpath(subpath.partition("?")[0] if profile.ignores_query else subpath)
    try:
        path = resolve_subpath(lookup, wanted)
    except Refused as refused:
        raise not_found(lookup, wanted, refused) from None
    return Entry(
        path=path,
        format=file_format(path, fields, profile),
        types=declaration_for(fields, known, wanted, profile=profile, mode=mode),
        trace=tuple(lookup.trace or ()),
    )


def normal_subpath(subpath: str) -> str:
    """Answer a subpath as `.` or `./sub`, from any of `""`, `.`, `sub`, `/sub` and `./sub`."""
    if subpath in {"", "."}:
        return "."
    return subpath if subpath.startswith("./") else f"./{subpath.lstrip('/')}"


def resolve_subpath(lookup: Lookup, subpath: str) -> str:
    """Answer the file that a normal subpath leads to; raises Refused."""
    profile = lookup.profile
    if not counts_as_exports(lookup.fields.exports, profile.targets):
        return resolve_legacy(lookup, subpath)
    return resolve_exports(lookup.fields, subpath, walk_of(lookup))


def walk_of(lookup: Lookup) -> Walk:
    """Answer what the package's conditions are walked with."""
    profile = lookup.profile

    def locate(target: str, how: str) -> str | None:
        path = profile.targets.read(target)
        if path is None or path in lookup.files:
            return path
        return _stands_for(path, how, lookup._replace(trace=None))

    return Walk(
        conditions=profile.conditions[lookup.mode],
        rules=profile.targets,
        locate=locate,
        trace=lookup.trace,
    )


def _stands_for(path: str, how: str, lookup: Lookup) -> str | None:
    """Answer what a runtime takes for a target that does not exist as it is written."""
    if how == "folder":
        return None if not path or path.endswith("/") else search(lookup, "", path)
    if how == "pattern" and lookup.profile.targets.folder_mappings:
        return lookup.first("", with_extensions(path, lookup.rules.extensions, lookup.profile))
    return lookup.first("", rewritten(path, lookup.profile))


def not_found(lookup: Lookup, subpath: str, refused: Refused) -> EntryNotFound:
    """Answer the error for a subpath or a name with `#`, with the keys that are near it."""
    shown = _shortened(subpath)
    imported = subpath.startswith("#")
    nearby = _nearby(_imported(lookup.fields) if imported else _exported(lookup.fields), subpath)
    name = getattr(lookup.fields, "name", None)
    of = f" of `{name}`" if name else ""
    hint = (
        f"; it {'imports' if imported else 'exports'} {', '.join(f'`{key}`' for key in nearby)}"
        if nearby
        else ""
    )
    facts: dict[str, object] = {"name": name} if name else {}
    if lookup.trace is not None:
        facts["trace"] = [step._asdict() for step in lookup.trace]
    return EntryNotFound(
        f"{lookup.profile.name} cannot {lookup.mode} `{shown}`{of}: {_shortened(refused.detail)}{hint}",
        **facts,
        subpath=shown,
        runtime=lookup.profile.name,
        mode=lookup.mode,
        reason=refused.reason,
        nearby=nearby,
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _exported(fields: EntryFields) -> Mapping[str, Any]:
    try:
        return fields.subpaths.targets
    except Refused:
        return {}


def _imported(fields: EntryFields) -> Mapping[str, Any]:
    return fields.imports if isinstance(fields.imports, Mapping) else {}


def _nearby(table: Mapping[str, Any], subpath: str) -> list[str]:
    keys = [key for key, target in table.items() if target is not None]
    near = get_close_matches(subpath, keys[:_COMPARED], n=_NEARBY, cutoff=0.3)
    return near + [key for key in keys if key not in near][: _NEARBY - len(near)]
