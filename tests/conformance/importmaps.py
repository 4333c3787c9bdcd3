"""What the real Deno makes of a large application's import map, beside what it makes of an installation.

Of each import that Deno meets on its way through the map the file has to be the one that Deno finds in a node_modules
with the same packages in the same folders. What is written as ES modules throughout has to load through the map if it
loads from there.
"""

import json
import os
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from chalicelib.domain.resolution.source import read_source
from tests.conformance.comparing import LOADED, LOADS, MODULES, WITH_COMMONJS, Compared
from tests.conformance.published import REGISTRIES, Served, serving_popular
from tests.conformance.runtimes import QUIET, RUNTIMES, ask, run

_PERMISSIONS: Final = ("--allow-read", "--allow-env", "--allow-sys", "--no-prompt")
_DENO: Final = replace(RUNTIMES[1], arguments=("run", "--cached-only", *_PERMISSIONS))
_MAIN: Final = "main.mjs"

Modules = dict[str, Mapping[str, str | None]]
"""For each module's address, where what it imports leads, by specifier."""


def compare_import_map() -> Iterator[Compared]:
    """Compare where each import of the popular packages leads, and which packages load."""
    with serving_popular() as served, tempfile.TemporaryDirectory(dir=REGISTRIES) as scratch:
        application = Path(scratch, "application")
        served.lay_out(application)
        mapped = Path(scratch, "mapped")
        mapped.mkdir()
        (mapped / "map.json").write_text(json.dumps(served.graph.importmap.to_json_value()))
        modules = _modules(served, mapped)
        yield from _imports(served, application, modules)
        yield from _loads(served, application, mapped, modules)


def _modules(served: Served, mapped: Path) -> Modules:
    """Let Deno follow all that the packages import."""
    (mapped / _MAIN).write_text("".join(f"import {json.dumps(name)};\n" for name in served.names))
    told = json.loads(_deno(served, mapped, "info", "--json", "--import-map=map.json", _MAIN))
    return {
        module["specifier"]: {
            item["specifier"]: item["code"].get("specifier")
            for item in module.get("dependencies", ())
            if "code" in item
        }
        for module in told["modules"]
    }


def _imports(served: Served, application: Path, modules: Modules) -> Iterator[Compared]:
    asked: list[tuple[str, str, str | None]] = []
    for address, imports in modules.items():
        place = served.place_of(address)
        asker = place[0].path.removeprefix("node_modules/") if place else ""
        asked += [(asker, specifier, to) for specifier, to in imports.items() if _is_bare(specifier)]
    answers = ask(_DENO, application, [(asker, specifier) for asker, specifier, _ in asked])
    for (asker, specifier, to), answer in zip(asked, answers, strict=True):
        place = served.place_of(to) if to and served.source_of(to) else None
        ours = f"{place[0].name}@{place[0].version}/{place[1]}" if place else None
        theirs = served.file_of(answer["import"]) if answer["import"] else None
        yield Compared("import map", "deno", "import", f"{asker} {specifier}", ours, theirs, {})


def _loads(served: Served, application: Path, mapped: Path, modules: Modules) -> Iterator[Compared]:
    """Load every package that is ES modules throughout, and of the others those that were asked for."""
    entries = next(imports for address, imports in modules.items() if address.endswith(f"/{_MAIN}"))
    are_modules = {
        name: is_module and _is_all_modules(served, entries[name] or "", modules)
        for name, is_module in served.names.items()
        if served.source_of(entries[name] or "")
    }
    asked = [name for name, is_module in are_modules.items() if is_module or name in served.graph.roots]
    theirs = run(_DENO, "loads.mjs", application, asked)
    for name, here, there in zip(
        asked, _through_map(served, application, mapped, asked), theirs, strict=True
    ):
        mode = MODULES if are_modules[name] else WITH_COMMONJS
        yield Compared(LOADED, "deno", mode, name, _told(here), _told(there), {"error": here})


def _through_map(served: Served, application: Path, mapped: Path, asked: Sequence[str]) -> list[str | None]:
    (mapped / "questions.json").write_text(json.dumps(asked))
    (mapped / "loads.mjs").write_bytes((application / "loads.mjs").read_bytes())
    said = _deno(served, mapped, "run", *_PERMISSIONS, "--import-map=map.json", "loads.mjs")
    answers: list[str | None] = json.loads(said.splitlines()[-1])
    return answers


def _told(error: str | None) -> str:
    return LOADS if error is None else "fails"


def _is_all_modules(served: Served, entry: str, modules: Modules) -> bool:
    """Tell whether nothing that an entry imports is written as CommonJS, which Deno loads from no address."""
    waiting = deque([entry])
    met = {entry}
    while waiting:
        address = waiting.popleft()
        source = served.source_of(address)
        if source is None:
            continue
        if read_source(source.read_bytes()).commonjs:
            return False
        new = {to for to in modules.get(address, {}).values() if to} - met
        met |= new
        waiting += new
    return True


def _is_bare(specifier: str) -> bool:
    return not specifier.startswith((".", "/")) and ":" not in specifier


def _deno(served: Served, folder: Path, command: str, *arguments: str) -> str:
    host = served.url.removeprefix("http://")
    done = subprocess.run(
        [_DENO.command[0], command, "--no-lock", f"--allow-import={host}", *arguments],
        cwd=folder,
        env={**os.environ, **QUIET, "NO_PROXY": "127.0.0.1", "DENO_DIR": str(folder / "deno")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"deno {command}: {done.stderr[-2000:]}"
    return done.stdout
