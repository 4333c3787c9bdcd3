"""How a file is run: Node's loader on popular packages, and all runtimes on every way of declaring and writing one."""

import tempfile
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final

from tests.conformance.comparing import MATRIX, Compared
from tests.conformance.runtimes import MODES, RUNTIMES, run, write_packages
from tests.conformance.subjects import Subject, pictured, subject

_NODE: Final = RUNTIMES[0]
_REFUSED: Final = frozenset({"unknown", "typescript"})
"""What Node loads from no package: it knows no loader for it, or strips no types below node_modules."""

_TYPES: Final = (None, "module", "commonjs", "other")
_EXTENSIONS: Final = (".js", ".mjs", ".cjs", "")
_NOTES: Final = "globalThis.prismSaw[{name!r}] = typeof arguments === 'undefined' ? 'module' : 'commonjs';\n"
_MODULES_ONLY: Final = frozenset({"export", "import", "meta", "await"})
_WRITTEN: Final = {
    "export": "export const one = 1;\n",
    "import": "import 'node:path';\n",
    "meta": "import.meta.url;\n",
    "await": "await 1;\n",
    "exports": "exports.one = 1;\n",
    "require": "require('node:path');\n",
    "neither": "",
    "word": "// export const one = 1\nconst text = 'import x from y';\n",
}


def compare_formats(area: str, folder: Path, subjects: Iterable[Subject]) -> Iterator[Compared]:
    """Ask Node's loader for the format of every entry of installed packages; none of them is run."""
    asked = [(shown, *pair) for shown in subjects for pair in shown.questions()]
    answers = run(_NODE, "formats.mjs", folder, [question for _, question, _ in asked])
    for (shown, (_, specifier), wanted), said in zip(asked, answers, strict=True):
        entry = shown.entry(wanted, _NODE.profile, "import")
        ours = f"{entry.format} {shown.name}/{entry.path}" if entry and entry.format not in _REFUSED else None
        theirs = f"{said[1]} {said[0]}" if said and not said[1].endswith("-typescript") else None
        yield Compared(area, "node", "import", specifier, ours, theirs, shown.package_json)


def compare_executions() -> Iterator[Compared]:
    """Run one package for each `type`, extension, way of writing and mode, in every runtime."""
    packages = dict(_matrix())
    with tempfile.TemporaryDirectory() as folder:
        write_packages(Path(folder), packages)
        for runtime in RUNTIMES:
            asked = [(name.partition("-")[0], name, name) for name in packages]
            answers = run(runtime, "executions.mjs", Path(folder), asked)
            for (mode, name, _), theirs in zip(asked, answers, strict=True):
                shown = subject(name, pictured(packages[name]))
                entry = shown.entry(".", runtime.profile, "import" if mode == "import" else "require")
                waits = runtime.profile.formats == "content"
                said = entry.format if entry else "unknown"
                ours = _runs_as(said, mode, name.rpartition("-")[2], waits=waits)
                yield Compared(MATRIX, runtime.profile.name, mode, name, ours, theirs, shown.package_json)


def _runs_as(said: str, mode: str, written: str, *, waits: bool) -> str | None:
    """Answer the format, or None where nothing of a file in it runs: a syntax error, or a module to be awaited.

    With `waits` a required module runs up to its first `await`.
    """
    if said == "commonjs":
        return None if written in _MODULES_ONLY else said
    return None if (mode, written) == ("require", "await") and not waits else said


def _matrix() -> Iterator[tuple[str, dict[str, Any]]]:
    for mode, kind, extension, (written, text) in product(MODES, _TYPES, _EXTENSIONS, _WRITTEN.items()):
        name = f"{mode}-{kind or 'untyped'}-{extension[1:] or 'bare'}-{written}"
        stated = {"name": name, "version": "1.0.0", "exports": f"./entry{extension}"}
        yield (
            name,
            {
                "package.json": stated | ({"type": kind} if kind else {}),
                f"entry{extension}": _NOTES.format(name=name) + text,
            },
        )
