"""Workspaces: the packages a root package.json declares, and the rules that reach a member from above it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chalicelib.cli.packing.globs import Glob
from chalicelib.cli.packing.walker import IGNORE_FILES


def members(root: Path, fields: dict[str, Any]) -> dict[str, Path]:
    """Answer the folders of a root's workspaces by package name."""
    declared = fields.get("workspaces")
    patterns = declared.get("packages") if isinstance(declared, dict) else declared
    if not isinstance(patterns, list):
        return {}
    return {
        _name(folder): folder
        for folder in _folders(root, [text for text in patterns if isinstance(text, str)])
    }


def rules_from_above(folder: Path) -> tuple[str, ...]:
    """Answer the ignore files that lie between a workspace's root and the member, the root's first."""
    for root in folder.parents:
        fields = _fields(root)
        if fields is None or "workspaces" not in fields:
            continue
        if folder not in members(root, fields).values():
            return ()
        between = [above for above in reversed(folder.parents) if above.is_relative_to(root)]
        return tuple(text for above in between if (text := _ignore_text(above)) is not None)
    return ()


def _folders(root: Path, patterns: list[str]) -> Iterator[Path]:
    refused = [Glob(_clean(text)) for text in patterns if text.startswith("!")]
    for pattern in (text for text in patterns if not text.startswith("!")):
        for path in sorted(root.glob(f"{_clean(pattern)}/package.json")):
            relative = path.parent.relative_to(root).as_posix()
            if "node_modules" not in relative.split("/") and not any(
                glob.matches(relative) for glob in refused
            ):
                yield path.parent


def _clean(pattern: str) -> str:
    return pattern.lstrip("!").removeprefix(".").strip("/") or "."


def _name(folder: Path) -> str:
    fields = _fields(folder) or {}
    name = fields.get("name")
    return name if isinstance(name, str) and name else folder.name


def _fields(folder: Path) -> dict[str, Any] | None:
    try:
        fields = json.loads((folder / "package.json").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None
    return fields if isinstance(fields, dict) else None


def _ignore_text(folder: Path) -> str | None:
    for name in IGNORE_FILES:
        try:
            return (folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return None
