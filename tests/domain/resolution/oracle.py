"""Asks a real runtime where specifiers lead: packages from pictures in a temporary node_modules, one process.

Three rules make it truthful: a path counts only if it is a regular file (`import.meta.resolve` does not look), an
answer outside the packages counts as none, and errors are compared as "none" whatever their code.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.domain.resolution.profiles import NODE, NODE20, Profile

PROBE = Path(__file__).with_name("probe.mjs")
Answers = dict[str, dict[str, str | None]]


def ask(
    command: Sequence[str],
    folder: Path,
    packages: Mapping[str, Mapping[str, Any]],
    specifiers: Sequence[str],
) -> Answers:
    """Answer, for each specifier and mode, the file below node_modules that the runtime finds, or None."""
    for name, files in packages.items():
        for path, content in files.items():
            target = folder / "node_modules" / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content if isinstance(content, str) else json.dumps(content))
    (folder / "package.json").write_text("{}")
    (folder / "specifiers.json").write_text(json.dumps(specifiers))
    shutil.copy(PROBE, folder)
    done = subprocess.run([*command, "probe.mjs"], cwd=folder, capture_output=True, text=True, check=True)
    answers: Answers = json.loads(done.stdout)
    return answers


def node_profile() -> Profile:
    """Answer the profile of the `node` on the PATH; its rules for odd values changed after version 20."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return NODE20 if version.startswith(("v20.", "v22.")) else NODE
