"""Whether a version takes something away that users of the one before may rely on.

Each rule answers sentences. They tell of the content alone: a new major version is allowed to break and a
patch is not, but the numbers are not asked here.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Final

from chalicelib.domain.comparable import Comparable
from chalicelib.domain.metadata import ExportEntry
from chalicelib.domain.narrowing import first_shut_out

_LOADABLE: Final = (".js", ".cjs", ".mjs", ".json", ".node", ".wasm")
_REQUIRABLE: Final = frozenset({"commonjs", "json", "addon"})


def breaking_reasons(before: Comparable, after: Comparable) -> list[str]:
    """Answer why `after` may break users of `before`, nothing if it should not."""
    return [reason for rule in RULES for reason in rule(before, after)]


def removed_entries(before: Comparable, after: Comparable) -> Iterator[str]:
    """Something that could be imported cannot be any more."""
    old, new = _entries(before), _entries(after)
    if before.exports is None or after.exports is None:
        return
    for name in sorted(old.keys() - new.keys()):
        if name == ".":
            yield "the root entry `.` was removed"
        elif not _covered(name, new):
            yield f"the entry `{name}` was removed"


def hidden_files(before: Comparable, after: Comparable) -> Iterator[str]:
    """A new exports map hides files that could be imported by their path."""
    if before.exports is None or after.exports is None or before.files is None:
        return
    if before.exports.has_export_map or not after.exports.has_export_map:
        return
    entries = _entries(after)
    hidden = [
        path for path in before.files if path.endswith(_LOADABLE) and not _covered(f"./{path}", entries)
    ]
    if hidden:
        more = f" and {len(hidden) - 1} more" if len(hidden) > 1 else ""
        yield f"a new exports map hides `{hidden[0]}`{more}, which could be imported by path"


def no_longer_requirable(before: Comparable, after: Comparable) -> Iterator[str]:
    """An entry that had a CommonJS file has only modules left."""
    new = _entries(after)
    for name, entry in sorted(_entries(before).items()):
        formats = {target.format for target in new[name].targets} if name in new else set()
        if formats == {"module"} and any(target.format in _REQUIRABLE for target in entry.targets):
            yield f"`{name}` has only ES modules left and no CommonJS file"


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


def _entries(side: Comparable) -> dict[str, ExportEntry]:
    return {entry.name: entry for entry in side.exports.entries} if side.exports else {}


def _covered(name: str, entries: Collection[str]) -> bool:
    return name in entries or any(_matches(name, entry) for entry in entries if "*" in entry)


def _matches(name: str, pattern: str) -> bool:
    start, _, end = pattern.partition("*")
    return len(name) > len(start) + len(end) and name.startswith(start) and name.endswith(end)
