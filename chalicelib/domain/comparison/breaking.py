"""Whether a version takes something away that users of the one before may rely on.

Each rule answers sentences. They tell of the content alone: a new major version is allowed to break and a
patch is not, but the numbers are not asked here.
"""

from collections.abc import Callable, Iterator
from typing import Final

from chalicelib.domain.comparison.comparable import Comparable
from chalicelib.domain.comparison.importable import Importable, leads_somewhere
from chalicelib.domain.comparison.narrowing import first_shut_out
from chalicelib.domain.metadata import ExportEntry

_LOADABLE: Final = (".js", ".cjs", ".mjs", ".json", ".node", ".wasm")
_REQUIRABLE: Final = frozenset({"commonjs", "json", "addon"})


def breaking_reasons(before: Comparable, after: Comparable) -> list[str]:
    """Answer why `after` may break users of `before`, nothing if it should not."""
    return [reason for rule in RULES for reason in rule(before, after)]


def removed_entries(before: Comparable, after: Comparable) -> Iterator[str]:
    """Something that could be imported cannot be any more."""
    old, new = _importable(before), _importable(after)
    if old is None or new is None:
        return
    for name, entry in sorted(old.entries.items()):
        if not leads_somewhere(entry):
            continue
        if name in new.entries:
            if not leads_somewhere(new.entries[name]):
                yield f"the entry `{name}` leads to no file any more"
        elif not all(map(new.reaches, old.subpaths(name))):
            yield f"the {'root ' if name == '.' else ''}entry `{name}` was removed"


def hidden_files(before: Comparable, after: Comparable) -> Iterator[str]:
    """A new exports map hides files that could be imported by their path."""
    new = _importable(after)
    if before.exports is None or before.files is None or new is None or after.exports is None:
        return
    if before.exports.has_export_map or not after.exports.has_export_map:
        return
    hidden = [path for path in before.files if path.endswith(_LOADABLE) and not new.reaches(f"./{path}")]
    if hidden:
        more = f" and {len(hidden) - 1} more" if len(hidden) > 1 else ""
        yield f"a new exports map hides `{hidden[0]}`{more}, which could be imported by path"


def no_longer_requirable(before: Comparable, after: Comparable) -> Iterator[str]:
    """An entry that had a CommonJS file has only modules left."""
    if before.exports is None or after.exports is None:
        return
    new = {entry.name: _formats(entry) for entry in after.exports.entries}
    for entry in before.exports.entries:
        if new.get(entry.name) == {"module"} and not _REQUIRABLE.isdisjoint(_formats(entry)):
            yield f"`{entry.name}` has only ES modules left and no CommonJS file"


def removed_types(before: Comparable, after: Comparable) -> Iterator[str]:
    """The types that came with the package are gone."""
    if before.exports and after.exports and before.exports.types != "none" and after.exports.types == "none":
        yield "the package no longer brings its types"


def lost_runtimes(before: Comparable, after: Comparable) -> Iterator[str]:
    """A runtime on which the package was expected to work is lost."""
    if before.runtime is None or after.runtime is None:
        return
    old, new = before.runtime.compatibility, after.runtime.compatibility
    for runtime in ("node", "deno", "bun", "workers"):
        if getattr(old, runtime) and not getattr(new, runtime):
            yield f"the package is no longer expected to run on {runtime}"


def narrowed_engines(before: Comparable, after: Comparable) -> Iterator[str]:
    """A version of an engine that was supported is not any more."""
    for engine, new in sorted(after.engines.items()):
        old = before.engines.get(engine, "*")
        lost = first_shut_out(old, new)
        if lost is not None:
            yield f"`engines.{engine}` went from `{old}` to `{new}` and shuts out {lost}"


def stricter_peers(before: Comparable, after: Comparable) -> Iterator[str]:
    """Users must bring a package they did not have to, or a version of it they may not have."""
    old = before.groups["peerDependencies"]
    for name, new in sorted(after.groups["peerDependencies"].items()):
        demanded = name not in after.optional_peers
        if demanded and (name not in old or name in before.optional_peers):
            yield f"the peer dependency `{name}` ({new}) must now be present"
        elif name in old and (lost := first_shut_out(old[name], new)) is not None:
            yield f"the peer dependency `{name}` went from `{old[name]}` to `{new}` and shuts out {lost}"


RULES: Final[tuple[Callable[[Comparable, Comparable], Iterator[str]], ...]] = (
    removed_entries,
    hidden_files,
    no_longer_requirable,
    removed_types,
    lost_runtimes,
    narrowed_engines,
    stricter_peers,
)
"""The rules, in the order their reasons are given."""


def _importable(side: Comparable) -> Importable | None:
    """Answer what can be imported from one side, None if that was not analyzed."""
    if side.exports is None or side.files is None:
        return None
    return Importable(side.exports, side.files.keys())


def _formats(entry: ExportEntry) -> set[str]:
    # Declarations stand beside the files that run and say nothing of how those are loaded.
    return {target.format for target in entry.targets if target.exists and target.format != "typescript"}
