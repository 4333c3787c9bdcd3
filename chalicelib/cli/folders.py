"""Where the command keeps files of its own: caches and state, in the user's folders (XDG Base Directory 0.8).

Both may hold what gives access, so nobody but the user reads them.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import CommandFailed

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


def cache_folder(env: Environment) -> Path:
    """Answer the folder of what may be lost; raises CommandFailed where the user has no home."""
    return _folder(env, "XDG_CACHE_HOME", ".cache")


def state_folder(env: Environment) -> Path:
    """Answer the folder of what must be kept; raises CommandFailed where the user has no home."""
    return _folder(env, "XDG_STATE_HOME", ".local/state")


def _folder(env: Environment, variable: str, usual: str) -> Path:
    named = env.variable(variable)
    if named and os.path.isabs(named):  # noqa: PTH117 - others count as unset, says the specification
        return Path(named) / "prism"
    home = env.variable("HOME")
    if home is None:
        raise CommandFailed(
            "there is no folder to keep files in, because HOME is not set",
            hint=f"set {variable} to an absolute path",
        )
    return Path(home) / usual / "prism"


def write_private(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document in one step, in a file and a folder that are the user's alone; raises CommandFailed."""
    from tempfile import NamedTemporaryFile

    try:
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        path.parent.chmod(PRIVATE_FOLDER)
        # Such a file is made with the mode 600, whatever the user's mask is.
        with NamedTemporaryFile("w", dir=path.parent, prefix=".", encoding="utf-8", delete=False) as file:
            json.dump(document, file, ensure_ascii=False)
            file.write("\n")
        Path(file.name).replace(path)
    except OSError as error:
        raise CommandFailed(f"`{path}` cannot be written: {error.strerror or error}") from error


def read_private(path: Path) -> dict[str, Any] | None:
    """Answer a document, or None where there is none or what is there is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def documents_in(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Answer the documents in a folder with their paths, in the order of their names."""
    with suppress(OSError):
        for path in sorted(folder.glob("*.json")):
            if (document := read_private(path)) is not None:
                yield path, document


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    with suppress(OSError):
        path.unlink()
