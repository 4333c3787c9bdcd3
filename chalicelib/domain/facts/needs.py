"""The dependencies a package.json declares, in whatever way real packages do."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from chalicelib.domain.dependencies import classify_dependency
from chalicelib.domain.manifest import Installation
from chalicelib.domain.metadata import DependencyGroup, DependencySpec

GROUPS: Final[tuple[DependencyGroup, ...]] = get_args(DependencyGroup)
_BUNDLED: Final = ("bundleDependencies", "bundledDependencies")


def string_map(value: Any) -> dict[str, str]:
    """Answer the entries of a JSON object that have a string, in its order; nothing of any other value."""
    if not isinstance(value, Mapping):
        return {}
    return {str(key): text for key, text in value.items() if isinstance(text, str)}


def declared_dependencies(package_json: Mapping[str, Any]) -> list[DependencySpec]:
    """Answer every dependency of the four groups, in the order of groups and of declaration."""
    optional = _optional_peers(package_json)
    return [
        DependencySpec(
            name=name,
            spec=spec,
            group=group,
            kind=classify_dependency(spec),
            optional=group == "optionalDependencies" or (group == "peerDependencies" and name in optional),
        )
        for group in GROUPS
        for name, spec in string_map(package_json.get(group)).items()
    ]


def declared_installation(package_json: Mapping[str, Any]) -> Installation | None:
    """Answer what a package.json says about its installation; None for one without peers that says nothing."""
    bundled = next((package_json[key] for key in _BUNDLED if key in package_json), None)
    found = Installation(
        optional_peers=sorted(_optional_peers(package_json)),
        bundled=sorted(string_map(package_json.get("dependencies"))) if bundled is True else _texts(bundled),
        os=_texts(package_json.get("os")),
        cpu=_texts(package_json.get("cpu")),
        libc=_texts(package_json.get("libc")),
    )
    return found if found != Installation() or string_map(package_json.get("peerDependencies")) else None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _optional_peers(package_json: Mapping[str, Any]) -> set[str]:
    meta = package_json.get("peerDependenciesMeta")
    if not isinstance(meta, Mapping):
        return set()
    return {
        name for name, about in meta.items() if isinstance(about, Mapping) and about.get("optional") is True
    }
