"""AWS's runtime client in a folder of its own, as Lambda has it beside the package, with nothing else in it."""

import importlib.metadata
from functools import cache
from pathlib import Path
from typing import Final

from tests.runtime.locks import locked

ROOT: Final = Path(__file__).resolve().parents[2]
CACHE: Final = ROOT / ".cache" / "runtime"
PARTS: Final = ("awslambdaric", "simplejson", "snapshot-restore-py")


@cache
def client_folder() -> Path:
    """Answer the folder, made of links to what is installed."""
    version = importlib.metadata.version("awslambdaric")
    folder = CACHE / f"client-{version}"
    with locked(CACHE / "client.lock"):
        folder.mkdir(exist_ok=True)
        for link, target in _installed().items():
            if not (folder / link).exists():
                (folder / link).symlink_to(target)
    return folder


def _installed() -> dict[str, Path]:
    """Answer the top-level modules of the client and what it needs, by name."""
    found: dict[str, Path] = {}
    for part in PARTS:
        distribution = importlib.metadata.distribution(part)
        for file in distribution.files or ():
            top = file.parts[0]
            if not top.startswith("..") and not top.endswith(".dist-info") and top != "__pycache__":
                found[top] = Path(str(distribution.locate_file(top)))
    return found
