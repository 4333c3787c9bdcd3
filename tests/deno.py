"""Where the Deno is that tests run."""

import shutil
from pathlib import Path
from typing import Final

DENO: Final = Path(__file__).parent / "node_modules" / "@deno"
"""Holds a folder for the platform with the program in it; the package `deno` would only choose one by a script."""


def deno() -> Path:
    """Answer the program: the pinned one, or on a platform that none is pinned for, the user's own."""
    program = next(DENO.glob("*/deno"), None) or shutil.which("deno")
    assert program, "run `make oracles`, which installs Deno with npm, or install Deno"
    return Path(program)
