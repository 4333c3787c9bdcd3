"""Popular packages with everything they depend on, installed from a lock without running their scripts."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.conformance.subjects import Subject, exact_subpaths, installed, subject

PINNED: Final = Path(__file__).parent / "popular"
"""A package.json with the packages chosen, and the lock that pins what comes with them."""
ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / ".cache" / "conformance" / "popular"
_FILES: Final = ("package.json", "package-lock.json", ".npmrc")


def install() -> Path:
    """Answer the folder whose node_modules holds what the lock pins, installed if it is not there."""
    done = FOLDER / "node_modules" / ".pinned"
    lock = (PINNED / "package-lock.json").read_bytes()
    if not done.exists() or done.read_bytes() != lock:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            shutil.copy(PINNED / name, FOLDER)
        # Not `npm ci`: it wants the optional packages in the lock that `.npmrc` leaves out.
        command = ["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--loglevel=error"]
        subprocess.run(command, cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
        done.write_bytes(lock)
    return FOLDER


def popular(folder: Path) -> list[Subject]:
    """Answer the packages that lie directly in a folder's node_modules, with their exact subpaths."""
    modules = folder / "node_modules"
    subjects = []
    for path in sorted([*modules.glob("[!.@]*/package.json"), *modules.glob("@*/*/package.json")]):
        package = installed(path.parent)
        name = path.parent.relative_to(modules).as_posix()
        if package.package_json.get("name") == name:
            subjects.append(subject(name, package, exact_subpaths(package.package_json)))
    return subjects
