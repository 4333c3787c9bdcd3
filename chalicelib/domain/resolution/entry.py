"""The one question asked of a package: what does an import of this subpath load on that runtime?"""

from collections.abc import Collection, Container
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.metadata import FileFormat
from chalicelib.domain.resolution.exports import Walk, counts_as_exports, resolve_exports, subpath_map
from chalicelib.domain.resolution.formats import file_format
from chalicelib.domain.resolution.legacy import LegacyWalk, resolve_legacy, rewritten, search, with_extensions
from chalicelib.domain.resolution.profiles import Mode, Profile
from chalicelib.domain.resolution.trace import Refused, Step, Trace
from chalicelib.domain.resolution.types import declaration_for

_NEARBY: Final = 8
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """What is loaded: the file's path inside the package, how it is run, its declarations, and the way there."""

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
    """Answer what importing or requiring a subpath loads; raises EntryNotFound with the reason and nearby entries.

    `subpath` is `.`, or `./sub` as after the package's name in an import. `files` should be a set (or a mapping's keys);
    a list is made into one. The trace is empty unless `explain`.
    """
    known = frozenset(files) if isinstance(files, (list, tuple)) else files
    wanted = normal_subpath(subpath)
    trace: Trace = [] if explain else None
    try:
        path = _resolve(
            fields, known, wanted.partition("?")[0] if profile.ignores_query else wanted, profile, mode, trace
        )
    except Refused as refused:
        raise _not_found(fields, wanted, profile, mode, refused, trace) from None
    return Entry(
        path=path,
        format=file_format(path, fields, profile),
        types=declaration_for(fields, known, wanted, profile, mode),
        trace=tuple(trace or ()),
    )


def normal_subpath(subpath: str) -> str:
    """Answer a subpath as `.` or `./sub`, from any of `""`, `.`, `sub`, `/sub` and `./sub`."""
    if subpath in {"", ".", "./"}:
        return "."
    return subpath if subpath.startswith("./") else f"./{subpath.lstrip('/')}"


def _resolve(
    fields: EntryFields, files: Container[str], subpath: str, profile: Profile, mode: Mode, trace: Trace
) -> str:
    if not counts_as_exports(fields.exports, profile.targets):
        return resolve_legacy(LegacyWalk(fields, files, profile, mode, trace), subpath)
    legacy = LegacyWalk(fields, files, profile, mode)

    def locate(target: str, how: str) -> str | None:
        path = profile.targets.read(target)
        if path is None or path in files:
            return path
        return _source_of(path, how, legacy)

    walk = Walk(conditions=profile.conditions[mode], rules=profile.targets, locate=locate, trace=trace)
    return resolve_exports(fields.exports, subpath, walk)


def _source_of(path: str, how: str, legacy: LegacyWalk) -> str | None:
    """Answer what a runtime with folder mappings takes for a target that does not exist as it is written."""
    if how == "folder":
        return None if not path or path.endswith("/") else search(legacy, "", path)
    if how == "pattern" and legacy.profile.targets.folder_mappings:
        return legacy.first("", with_extensions(path, legacy.rules.extensions, legacy.profile))
    return legacy.first("", rewritten(path, legacy.profile))


def _not_found(
    fields: EntryFields, subpath: str, profile: Profile, mode: Mode, refused: Refused, trace: Trace
) -> EntryNotFound:
    shown = subpath if len(subpath) <= _SHOWN else f"{subpath[:_SHOWN]}…"
    nearby = _nearby(fields, subpath)
    name = getattr(fields, "name", None)
    of = f" of `{name}`" if name else ""
    hint = f"; it exports {', '.join(f'`{key}`' for key in nearby)}" if nearby else ""
    facts = {"name": name} if name else {}
    if trace is not None:
        facts["trace"] = [
            {"key": step.key, "condition": step.condition, "outcome": step.outcome} for step in trace
        ]
    return EntryNotFound(
        f"{profile.name} cannot {mode} `{shown}`{of}: {refused.detail}{hint}",
        **facts,
        subpath=shown,
        runtime=profile.name,
        mode=mode,
        reason=refused.reason,
        nearby=nearby,
    )


def _nearby(fields: EntryFields, subpath: str) -> list[str]:
    try:
        keys = [key for key, target in subpath_map(fields.exports).items() if target is not None]
    except Refused:
        return []
    near = get_close_matches(subpath, keys[:1000], n=_NEARBY, cutoff=0.3)
    return near + [key for key in keys if key not in near][: _NEARBY - len(near)]
