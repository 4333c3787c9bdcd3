"""The `exports` and `imports` fields: from a subpath, or a name with `#`, to the target that a runtime loads.

Node's PACKAGE_EXPORTS_RESOLVE and PACKAGE_IMPORTS_RESOLVE
(https://nodejs.org/api/esm.html#resolution-algorithm-specification): the first matching condition in the
package's own key order wins, an exact key beats a pattern, the longest prefix beats a shorter one, and null
hides. Where a runtime departs from it, its TargetRules say so.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.resolution.profiles import TargetRules
from chalicelib.domain.resolution.subpaths import Subpaths, keyed
from chalicelib.domain.resolution.trace import Reason, Refused, Step, Trace

Locate = Callable[[str, str], str | None]
"""From the text of a target, and how it was matched (`exact`, `pattern` or `folder`), to an existing file."""


class Elsewhere(str):
    """The specifier of another package or of a built-in module, where a target of `imports` leads to one."""

    __slots__ = ()


Leave = Callable[[str], str | None]
"""From a target that is no path to an Elsewhere, or to the file where it leads back into the package."""

_ARRAY_INDEX: Final = re.compile(r"(?:0|[1-9][0-9]{0,9})")
_LARGEST_INDEX: Final = 2**32 - 2


class _Nothing:
    """No target: `hidden` by null, or else no condition matched."""

    def __init__(self, *, hidden: bool) -> None:
        self.hidden = hidden


_NO_MATCH: Final = _Nothing(hidden=False)
_HIDDEN: Final = _Nothing(hidden=True)


class Walk(NamedTuple):
    """What one resolution looks with."""

    conditions: frozenset[str]
    rules: TargetRules
    locate: Locate
    trace: Trace = None
    allows: Callable[[str], bool] | None = None
    """A further test of a condition's name, beside the set of conditions."""
    field: Literal["exports", "imports"] = "exports"
    leave: Leave | None = None
    """What to make of a target that is no path; without it, it is invalid."""

    def note(self, key: str, condition: str, outcome: str) -> None:
        """Note a step, if anybody asked."""
        if self.trace is not None:
            self.trace.append(Step(key, condition, outcome))


def counts_as_exports(exports: Any, rules: TargetRules) -> bool:
    """Tell whether a value of `exports` rules out the legacy fields."""
    if exports is None:
        return False
    return isinstance(exports, (str, list, Mapping)) or not rules.scalar_is_absent


def resolve_exports(fields: EntryFields, subpath: str, walk: Walk) -> str:
    """Answer the file that a subpath (`.` or `./sub`) leads to; raises Refused."""
    try:
        return _resolve(fields.subpaths, subpath, walk)
    except Refused as refused:
        rules = walk.rules
        if rules.retries_without_js and subpath.endswith(".js") and len(subpath) > 5:
            shorter = _second_try(fields, subpath[:-3], walk)
            if shorter is not None:
                return shorter
        if rules.always_package_json and subpath == "./package.json":
            walk.note(subpath, "", "always_served")
            return "package.json"
        raise refused from None


def resolve_imports(imports: Any, name: str, walk: Walk) -> str:
    """Answer the file that a name (`#name`) leads to, or an Elsewhere; raises Refused."""
    return _resolve(keyed(imports if isinstance(imports, Mapping) else {}), name, walk)


def best_key(stated: Subpaths, subpath: str, rules: TargetRules) -> tuple[str, str, str] | None:
    """Answer the key that a subpath matches, the text for `*`, and how: `exact`, `pattern` or `folder`."""
    if subpath in stated.targets and "*" not in subpath and not subpath.endswith("/"):
        return subpath, "", "exact"
    if subpath == ".":
        return None
    best: tuple[str, str, str] | None = None
    rank = (-1, -1)
    for key in stated.patterns:
        found = _match(key, subpath, rules)
        if found is not None and found[0] > rank:
            rank, best = found[0], (key, found[1], found[2])
    return best


def _match(key: str, subpath: str, rules: TargetRules) -> tuple[tuple[int, int], str, str] | None:
    prefix, star, trailer = key.partition("*")
    if not star:
        if rules.folder_mappings and key.endswith("/") and subpath.startswith(key):
            return (len(key), -1), subpath[len(key) :], "folder"
        return None
    if "*" in trailer or not subpath.startswith(prefix) or not subpath.endswith(trailer):
        return None
    if len(subpath) < len(key) and (trailer or not rules.star_may_be_empty):
        return None
    return (len(prefix) + 1, len(key)), subpath[len(prefix) : len(subpath) - len(trailer)], "pattern"


def _resolve(stated: Subpaths, subpath: str, walk: Walk) -> str:
    matched = best_key(stated, subpath, walk.rules)
    if matched is None:
        reason: Reason = "not_exported" if walk.field == "exports" else "not_imported"
        raise Refused(reason, f"`{subpath}` is not in `{walk.field}`")
    key, star, how = matched
    if walk.trace is not None:
        _note_passed_over(stated, subpath, key, walk)
    result = _target(stated.targets[key], _Place(key, star, how), "", walk)
    if isinstance(result, str):
        return result
    if result.hidden:
        raise Refused("hidden", f"`{key}` is null in `{walk.field}`")
    raise Refused("no_matching_condition", f"no condition of `{key}` applies")


def _note_passed_over(stated: Subpaths, subpath: str, chosen: str, walk: Walk) -> None:
    """Note the keys that match as well and are less specific than the one chosen."""
    for key in stated.patterns:
        if key != chosen and _match(key, subpath, walk.rules):
            walk.note(key, "", "less_specific")


def _second_try(fields: EntryFields, subpath: str, walk: Walk) -> str | None:
    try:
        return _resolve(fields.subpaths, subpath, walk)
    except Refused:
        return None


class _Place(NamedTuple):
    key: str
    star: str
    how: str


def _target(target: Any, place: _Place, at: str, walk: Walk) -> str | _Nothing:
    if isinstance(target, str):
        return _text(target, place, at, walk)
    if isinstance(target, Mapping):
        return _by_condition(target, place, at, walk)
    if isinstance(target, list):
        return _first_usable(target, place, at, walk)
    if target is None:
        walk.note(place.key, at, "null")
        return _NO_MATCH if walk.rules.null_is_no_match else _HIDDEN
    if walk.rules.ignores_non_strings:
        walk.note(place.key, at, "ignored")
        return _NO_MATCH
    raise _invalid(target, place, at, walk)


def _by_condition(targets: Mapping[str, Any], place: _Place, at: str, walk: Walk) -> str | _Nothing:
    if not walk.rules.index_keys_allowed and any(map(_is_index, targets)):
        raise Refused("invalid_exports", f"`{place.key}` has a number among its conditions")
    left = iter(targets.items())
    for condition, target in left:
        here = f"{at}.{condition}" if at else condition
        if condition not in walk.conditions and not (walk.allows and walk.allows(condition)):
            walk.note(place.key, here, "not_a_condition")
            continue
        result = _target(target, place, here, walk)
        if result is not _NO_MATCH:
            for later, _ in left if walk.trace is not None else ():
                walk.note(place.key, f"{at}.{later}" if at else later, "not_reached")
            return result
    return _NO_MATCH


def _first_usable(targets: list[Any], place: _Place, at: str, walk: Walk) -> str | _Nothing:
    nothing = _NO_MATCH if walk.rules.null_is_no_match else _HIDDEN
    last: Refused | _Nothing = _NO_MATCH if targets else nothing
    for target in targets:
        try:
            result = _target(target, place, at, walk)
        except Refused as refused:
            if refused.reason != "invalid_target" or not walk.rules.array_goes_on:
                raise
            last = refused
            continue
        if isinstance(result, str):
            return result
        if result.hidden:
            if not walk.rules.array_goes_on:
                return result
            last = result
        elif walk.rules.null_is_no_match:
            last = result
    if isinstance(last, Refused):
        raise last
    return last


def _text(target: str, place: _Place, at: str, walk: Walk) -> str | _Nothing:
    rules = walk.rules
    if walk.leave is not None and not target.startswith("./"):
        return _left(target, place, at, walk, walk.leave)
    if not target.startswith("./") or rules.invalid_segments.search(target, 1):
        if rules.failures_are_no_match:
            return _NO_MATCH
        raise _invalid(target, place, at, walk)
    if place.star and rules.invalid_segments.search(place.star):
        raise Refused("invalid_subpath", f"`{place.star}` is not a path inside a folder")
    if place.how == "folder":
        if place.star and not target.endswith("/"):
            raise _invalid(target, place, at, walk)
        target += place.star
    elif place.how == "pattern":
        target = target.replace("*", place.star, rules.stars)
    path = walk.locate(target, place.how)
    walk.note(place.key, at, "found" if path is not None else "file_missing")
    if path is not None:
        return path
    if rules.failures_are_no_match:
        return _NO_MATCH
    raise Refused("file_missing", f"`{place.key}` leads to `{target}`, which the package does not contain")


def _left(target: str, place: _Place, at: str, walk: Walk, leave: Leave) -> str:
    if place.how == "pattern":
        target = target.replace("*", place.star, walk.rules.stars)
    found = leave(target + place.star if place.how == "folder" else target)
    if found is None:
        raise _invalid(target, place, at, walk)
    walk.note(place.key, at, "elsewhere" if isinstance(found, Elsewhere) else "found")
    return found


def _invalid(target: Any, place: _Place, at: str, walk: Walk) -> Refused:
    walk.note(place.key, at, "invalid_target")
    wanted = "not a path inside the package"
    if walk.field == "imports":
        wanted = "neither a path inside the package nor what can be imported from elsewhere"
    return Refused("invalid_target", f"`{place.key}` has the target `{target}`, which is {wanted}")


def _is_index(key: str) -> bool:
    # Few keys begin with a digit, and a pattern search on every key would be felt.
    return "0" <= key[:1] <= "9" and _ARRAY_INDEX.fullmatch(key) is not None and int(key) <= _LARGEST_INDEX
