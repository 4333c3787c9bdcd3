"""What has changed since a lock was made, and why."""

from collections.abc import Callable, Iterator
from typing import Protocol

from chalicelib.domain.graph.documents import Lock, LockChange, LockedPackage


class VersionFacts(Protocol):
    """What is known of a version now."""

    @property
    def at(self) -> str: ...
    @property
    def deprecated(self) -> str | None: ...
    @property
    def yanked(self) -> str | None: ...


FactsOf = Callable[[str, str], VersionFacts | None]


def changes(before: Lock, after: Lock, facts_of: FactsOf) -> list[LockChange]:
    """Answer what differs, by folder; `facts_of` answers what is known now of a version by name and number."""
    found: list[LockChange] = []
    for path in sorted(before.packages.keys() | after.packages.keys()):
        old, new = before.packages.get(path), after.packages.get(path)
        if old is None and new is not None:
            reason = _demand(after, path)
            found.append(LockChange(path=path, name=new.name, kind="added", after=new.version, reason=reason))
        elif new is None and old is not None:
            reason = _why_gone(old, after, path, facts_of)
            found.append(
                LockChange(path=path, name=old.name, kind="removed", before=old.version, reason=reason)
            )
        elif old is not None and new is not None:
            found += _compared(path, old, new, before, after, facts_of)
    return found


def _compared(
    path: str, old: LockedPackage, new: LockedPackage, before: Lock, after: Lock, facts_of: FactsOf
) -> Iterator[LockChange]:
    versions = {"path": path, "name": new.name, "before": old.version, "after": new.version}
    if (old.name, old.version) != (new.name, new.version):
        yield LockChange(**versions, kind="moved", reason=_why_moved(old, new, before, after, path, facts_of))
        return
    if old.integrity != new.integrity:
        yield LockChange(
            **versions, kind="integrity", reason=f"it is `{new.integrity}` and was `{old.integrity}`"
        )
    if old.yanked != new.yanked:
        yield LockChange(
            **versions,
            kind="yanked" if new.yanked else "unyanked",
            reason=new.yanked or "the yank was taken back",
        )
    if old.deprecated != new.deprecated:
        yield LockChange(
            **versions,
            kind="deprecated" if new.deprecated else "undeprecated",
            reason=new.deprecated or "the deprecation was taken back",
        )


def _why_moved(
    old: LockedPackage, new: LockedPackage, before: Lock, after: Lock, path: str, facts_of: FactsOf
) -> str:
    gone = _why_gone_itself(old, facts_of)
    if gone is not None:
        return gone
    wanted, wanted_before = _demand(after, path), _demand(before, path)
    facts = facts_of(new.name, new.version)
    if facts is not None and facts.at > before.as_of:
        return f"`{new.version}` was published at {facts.at}; {wanted}"
    known = facts_of(old.name, old.version)
    if known is not None and known.deprecated and not old.deprecated:
        return f"`{old.version}` was deprecated: {known.deprecated}"
    if wanted != wanted_before:
        return f"{wanted}; before, {wanted_before}"
    return f"a tag moved, or packages beside it did; {wanted}"


def _why_gone(old: LockedPackage, after: Lock, path: str, facts_of: FactsOf) -> str:
    return _why_gone_itself(old, facts_of) or "nobody needs it there any more"


def _why_gone_itself(old: LockedPackage, facts_of: FactsOf) -> str | None:
    facts = facts_of(old.name, old.version)
    if facts is None:
        return f"`{old.version}` is not published any more"
    return f"`{old.version}` was yanked: {facts.yanked}" if facts.yanked and not old.yanked else None


def _demand(lock: Lock, path: str) -> str:
    """Answer who wants what is in a folder, and as what."""
    name = path.rpartition("node_modules/")[2]
    request = lock.request
    for group in (request.dependencies, request.optional_dependencies, request.dev_dependencies):
        if name in group and path == f"node_modules/{name}":
            return f"you want `{name}@{group[name]}`"
    for package in lock.packages.values():
        if package.dependencies.get(name) == path:
            return f"`{package.name}@{package.version}` wants `{name}@{package.wanted.get(name, '')}`"
    return "nobody wants it"
