"""Which version of a package a wanted version, range or tag picks: npm's own choice (`npm-pick-manifest` 11).

A version picks itself. A tag picks what it points to. A range picks `latest` if that is inside and sound,
else the best version inside, by this order: not to be avoided; not deprecated and made for the engines;
made for the engines; not deprecated; highest.

What was published after `before` does not exist. Neither does what was yanked, except for who names it
exactly, as in PEP 592. A tag that points to either picks the best version below it.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Protocol

from chalicelib.domain.errors import InvalidVersion
from chalicelib.domain.semver.ranges import Range, satisfies
from chalicelib.domain.semver.versions import clean_version, loose_version_key
from chalicelib.domain.specs import ANYTHING, WantedKind

LATEST: Final = "latest"

_PERFECT: Final = (True, True, True, True)
_WORST: Final = (False, False, False, False)
_LOWEST: Final[tuple[Any, ...]] = ()
_Judge = Callable[["Candidate"], bool]


class Candidate(Protocol):
    """What is known of one version: when it came (`at`, written as in `times`) and what speaks against it."""

    @property
    def at(self) -> str: ...
    @property
    def deprecated(self) -> str | None: ...
    @property
    def yanked(self) -> str | None: ...
    @property
    def engines(self) -> Mapping[str, Any] | None: ...


def pick_version(
    versions: Mapping[str, Candidate],
    tags: Mapping[str, str],
    kind: WantedKind,
    wanted: str,
    *,
    before: str | None = None,
    node_version: str | None = None,
    npm_version: str | None = None,
    avoid: str | None = None,
    default_tag: str = LATEST,
) -> str | None:
    """Answer the version picked, None if there is none; raises InvalidVersion, InvalidRange.

    `before` is a moment as `times` writes it and counts itself in. Engines count if their version is given.
    `avoid` is a range of versions to take only if there are no others.
    """
    exists = _existence(before)
    if kind == "version":
        return _named(versions, clean_version(wanted, loose=True), before)
    if kind == "tag":
        tagged = tags.get(wanted)
        if tagged is None or tagged not in versions:
            return None
        if exists(versions[tagged]):
            return tagged
        wanted = f"<={tagged}"
    runs = _running(node_version, npm_version)
    default = tags.get(default_tag)
    if default is not None and default in versions and _prefers(default, wanted, avoid):
        candidate = versions[default]
        if exists(candidate) and runs(candidate) and not candidate.deprecated:
            return default
    return _best(versions, wanted, avoid, exists, runs)


def current(versions: Mapping[str, Candidate], tags: Mapping[str, str]) -> str | None:
    """Answer the version that a user gets who names none; None when all are yanked."""
    return pick_version(versions, tags, "tag", LATEST) if LATEST in tags else None


def _named(versions: Mapping[str, Candidate], version: str, before: str | None) -> str | None:
    candidate = versions.get(version)
    if candidate is None or (before is not None and candidate.at > before):
        return None
    return version


def _prefers(default: str, wanted: str, avoid: str | None) -> bool:
    """Tell whether the default is inside; `*` holds it even if it is a prerelease."""
    inside = wanted in {ANYTHING, ""} or Range.parse(wanted, loose=True).contains(default)
    return inside and not _is_avoided(default, avoid)


def _is_avoided(version: str, avoid: str | None) -> bool:
    return avoid is not None and satisfies(version, avoid, loose=True, include_prerelease=True)


def _existence(before: str | None) -> _Judge:
    if before is None:
        return lambda candidate: not candidate.yanked
    return lambda candidate: candidate.at <= before and not candidate.yanked


def _running(node_version: str | None, npm_version: str | None) -> _Judge:
    """Answer the judge of a candidate's engines; what is no range is an engine nobody has."""
    given = [(name, text) for name, text in (("node", node_version), ("npm", npm_version)) if text]

    @cache
    def satisfied(version: str, text: str) -> bool:
        return satisfies(version, text, include_prerelease=True)

    def runs(candidate: Candidate) -> bool:
        engines = candidate.engines
        if not given or not isinstance(engines, Mapping):
            return True
        return all(
            not (text := engines.get(name)) or (isinstance(text, str) and satisfied(version, text))
            for name, version in given
        )

    return runs


def _best(
    versions: Mapping[str, Candidate], wanted: str, avoid: str | None, exists: _Judge, runs: _Judge
) -> str | None:
    """Answer the best version inside; of equals the first."""
    contains_key = Range.parse(wanted, loose=True).contains_key
    best: str | None = None
    best_rank, best_key = _WORST, _LOWEST
    # Most packages list their versions upwards: the winner comes early, and for the rest a key is enough.
    for version in reversed(list(versions)):
        try:
            key = loose_version_key(version)
        except InvalidVersion:
            continue
        if (best_rank == _PERFECT and key < best_key) or not contains_key(key):
            continue
        candidate = versions[version]
        if not exists(candidate):
            continue
        rank = _rank(candidate, runs, avoided=_is_avoided(version, avoid))
        if (rank, key) >= (best_rank, best_key):
            best, best_rank, best_key = version, rank, key
    return best


def _rank(candidate: Candidate, runs: _Judge, *, avoided: bool) -> tuple[bool, bool, bool, bool]:
    fits, fresh = runs(candidate), not candidate.deprecated
    return (not avoided, fresh and fits, fits, fresh)
