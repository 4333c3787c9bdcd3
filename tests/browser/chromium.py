"""A real browser: the Chromium that `tests/package.json` pins, and what comes of a visit with it."""

import ctypes.util
import fcntl
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.clients.client import MODULES, node

HERE: Final = Path(__file__).resolve().parent
CACHE: Final = HERE.parents[1] / ".cache" / "browser"
SECONDS: Final = 120
OWN: Final = frozenset({"blob", "data"})
"""Schemes of what a page has already."""


@dataclass(frozen=True)
class Visit:
    """What a scenario answered, what the browser complained about, and every request that it made."""

    result: Any
    complaints: list[str]
    requests: list[dict[str, str]]

    @property
    def hosts(self) -> set[str]:
        """Whom the browser asked: host and port of each."""
        asked = (urlsplit(request["url"]) for request in self.requests)
        return {address.netloc for address in asked if address.scheme not in OWN}


def visit(scenario: Path, told: Mapping[str, Any], folder: Path) -> Visit:
    """Let a scenario do with a page what it does; profile and downloads lie in the folder.

    A scenario that fails is an AssertionError with all that was said.
    """
    program = chromium()
    kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
    lent = {} if ctypes.util.find_library("nss3") else {"LD_LIBRARY_PATH": str(program.parent / "al2023/lib")}
    done = subprocess.run(
        [node(), HERE / "visit.mjs", program, folder, scenario, json.dumps(told)],
        env={**kept, **lent, "LC_ALL": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Visit(**json.loads(done.stdout))


def chromium() -> Path:
    """Answer the program of the browser, unpacked once, whoever else asks for it at the same moment."""
    package = json.loads((MODULES / "@sparticuz" / "chromium" / "package.json").read_text())
    unpacked: Path = CACHE / package["version"]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "unpacking").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not unpacked.exists():
            _unpack(unpacked)
    return unpacked / "chromium"


def _unpack(target: Path) -> None:
    """Unpack the browser beside where it belongs and give it its name whole."""
    draft = Path(tempfile.mkdtemp(dir=CACHE))
    subprocess.run(
        [node(), HERE / "unpack.mjs"], env={**os.environ, "TMPDIR": str(draft)}, check=True, timeout=SECONDS
    )
    draft.rename(target)
