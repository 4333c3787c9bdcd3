"""What a package.json says about packing, as rules."""

import posixpath
from pathlib import Path
from typing import Any

from chalicelib.cli.packing.package_json import PackageJson
from chalicelib.cli.packing.rules import ALWAYS_IN, ALWAYS_OUT, Rules, rules_of


def chosen_and_strict(package: PackageJson, root: Path) -> tuple[Rules | None, Rules, tuple[str, ...]]:
    """Answer the rules of `files` (None without it), those that nothing overrides, and the files it names."""
    named: list[str] = []
    chosen: list[str] = []
    for entry in map(_entry, package.files or ()):
        # Resolved as text: `a/../b` is `b` even where there is no `a`.
        target = Path(posixpath.normpath(f"{root}/{entry.lstrip('!')}"))
        if _is_plain_file(target, entry):
            named.append(entry)
        elif target.is_symlink():
            continue
        elif target.is_dir():
            chosen += [f"!{entry}", f"!{entry}/**"]
        elif not _exists(target):
            chosen.append(f"!{entry}")
    strict = [
        *(f"!{entry}" for entry in reversed(named)),
        "/.git",
        *ALWAYS_IN,
        *ALWAYS_OUT,
        *_entry_points(package),
    ]
    required = tuple(posixpath.normpath(entry.removeprefix("/")) for entry in named)
    return None if package.files is None else rules_of(["*", *chosen]), rules_of(strict), required


def _entry(entry: str) -> str:
    entry = entry[1:] if entry.startswith("./") else entry
    return f"{entry}*" if entry.endswith("/*") else entry


def _is_plain_file(target: Path, entry: str) -> bool:
    return target.is_file() and not target.is_symlink() and not entry.endswith("/")


def _exists(target: Path) -> bool:
    try:
        target.lstat()
    except (OSError, ValueError):
        return False
    return True


def _entry_points(package: PackageJson) -> list[str]:
    fields = package.fields
    declared = [fields.get("browser"), fields.get("main"), *package.bin.values()]
    return [f"!/{_as_text(value)}" for value in declared if value]


def _as_text(value: Any) -> str:
    # npm puts whatever stands there into a pattern; an object becomes this text, a class of characters.
    return value if isinstance(value, str) else "[object Object]"
