"""What may be wrong with the folder of the filesystem driver."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import uuid4

from chalicelib.storage.diagnosis import Finding

LITTLE_BYTES: Final = 1 << 30
LITTLE_SHARE: Final = 0.05


def findings(root: Path, scratch: Path) -> Iterator[Finding]:
    """Tell whether the folder can be written to, has links and has room; `scratch` is a folder in it for trying."""
    yield _writable(root, scratch)
    yield from _space(root)
    yield Finding(
        "notifications",
        "ok",
        "not applicable: a folder announces nothing, nor are uploads in it taken up",
    )


def _writable(root: Path, scratch: Path) -> Finding:
    first, second = scratch / uuid4().hex, scratch / uuid4().hex
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        first.write_bytes(b"")
    except OSError as error:
        fix = "let this process write there, or set STORAGE_ROOT to another folder"
        return Finding("root", "failed", f"`{root}` cannot be written to: {error.strerror}", fix)
    try:
        os.link(first, second)
    except OSError as error:
        fix = "set STORAGE_ROOT to a folder on a filesystem that has hard links"
        return Finding("root", "failed", f"`{root}` has no hard links: {error.strerror}", fix)
    finally:
        first.unlink(missing_ok=True)
        second.unlink(missing_ok=True)
    return Finding("root", "ok", f"`{root}` can be written to and has hard links")


def _space(root: Path) -> Iterator[Finding]:
    try:
        disk = shutil.disk_usage(root)
    except OSError:
        return
    told = f"{disk.free / 1e9:.1f} GB of {disk.total / 1e9:.1f} GB are free"
    if disk.free < LITTLE_BYTES or disk.free < LITTLE_SHARE * disk.total:
        yield Finding("space", "warning", told, "make room, or set STORAGE_ROOT to a folder on a larger disk")
    else:
        yield Finding("space", "ok", told)
