"""Folders built from a picture: a path to its text, `Link("target")` for a symbolic link, dicts for JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Link:
    """A symbolic link to a path relative to its own folder."""

    target: str


Picture = Mapping[str, "str | Link | Mapping[str, Any]"]


def build(root: Path, picture: Picture) -> Path:
    """Lay a picture out below a folder, and answer the folder."""
    for path, content in picture.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            file.symlink_to(content.target)
        elif isinstance(content, str):
            file.write_text(content, encoding="utf-8")
        else:
            file.write_text(json.dumps(content), encoding="utf-8")
    return root
