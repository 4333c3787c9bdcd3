"""The `exports` field as a map of subpaths, read and checked once for all that is asked of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from chalicelib.domain.resolution.trace import Refused


class Subpaths(NamedTuple):
    """What `exports` (or `imports`) states for each key, and those of its keys that can match more than themselves."""

    targets: Mapping[str, Any]
    patterns: tuple[str, ...]


def subpaths_of(exports: Any) -> Subpaths:
    """Answer the subpaths of a value of `exports`; raises Refused for one that cannot be read."""
    return keyed(_subpath_map(exports))


def keyed(targets: Mapping[str, Any]) -> Subpaths:
    """Answer a map with the keys in it that are patterns or folders."""
    return Subpaths(targets, tuple(key for key in targets if "*" in key or key[-1:] == "/"))


def _subpath_map(exports: Any) -> Mapping[str, Any]:
    """Answer `exports` with its short forms written out."""
    if isinstance(exports, (str, list)):
        return {".": exports}
    if not isinstance(exports, Mapping):
        raise Refused("invalid_exports", "`exports` is neither text, nor a list, nor a map")
    if not exports:
        return {}
    # Keys that begin with a dot sort between "." and "/".
    if min(exports) >= "." and max(exports) < "/":
        return exports
    if any(key.startswith(".") for key in exports):
        raise Refused("invalid_exports", "`exports` mixes subpaths and conditions")
    return {".": exports}
