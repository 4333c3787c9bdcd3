"""The files that are loaded with an entry: relative imports followed, in breadth, up to a limit."""

from collections import deque
from collections.abc import Callable, Container
from dataclasses import dataclass
from posixpath import dirname, normpath
from typing import Final

from chalicelib.domain.resolution.source import Import, Source, read_source

MAX_FILES: Final = 200
MAX_BYTES: Final = 4 * 1024 * 1024
_GUESSES: Final = (
    "",
    ".js",
    ".mjs",
    ".cjs",
    ".json",
    ".node",
    ".ts",
    "/index.js",
    "/index.mjs",
    "/index.cjs",
    "/index.ts",
)
_SCRIPTS: Final = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")


@dataclass(frozen=True, slots=True)
class Closure:
    """What an entry loads: its files in the order met, and the imports that leave the package, by file."""

    sources: dict[str, Source]
    outside: dict[str, tuple[Import, ...]]
    addons: tuple[str, ...]
    complete: bool
    """False when a limit ended the walk."""


def walk_closure(entry: str, files: Container[str], read: Callable[[str], bytes]) -> Closure:
    """Follow the static and dynamic imports of an entry through the package's own files."""
    sources: dict[str, Source] = {}
    outside: dict[str, tuple[Import, ...]] = {}
    addons: dict[str, None] = {}
    waiting = deque([entry])
    met = {entry}
    size = 0
    complete = True
    while waiting:
        path = waiting.popleft()
        if path.endswith(".node"):
            addons[path] = None
        if not path.endswith(_SCRIPTS):
            continue
        if len(sources) == MAX_FILES or size == MAX_BYTES:
            return Closure(sources, outside, tuple(addons), complete=False)
        whole = read(path)
        # Of a file that is too long its beginning is read, which is where imports are.
        data = whole[: MAX_BYTES - size]
        complete = complete and len(data) == len(whole)
        size += len(data)
        source = sources[path] = read_source(data)
        outside[path] = tuple(item for item in source.imports if not item.specifier.startswith("."))
        for item in source.imports:
            target = _inside(path, item.specifier, files)
            if target is not None and target not in met:
                met.add(target)
                waiting.append(target)
    return Closure(sources, outside, tuple(addons), complete=complete)


def _inside(importer: str, specifier: str, files: Container[str]) -> str | None:
    if not specifier.startswith("."):
        return None
    base = normpath(f"{dirname(importer) or '.'}/{specifier}")
    return next((base + guess for guess in _GUESSES if base + guess in files), None)
