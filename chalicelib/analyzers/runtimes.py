"""On which runtimes a package's root is expected to work, and the evidence against the others.

The root is resolved as each runtime would, its own files are followed, and what they import is compared with
what the runtime offers. A verdict is negative only where something was found; what only might matter is a
note.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields, Runtimes
from chalicelib.domain.metadata import Declarations, EntryPoints, Evidence, RuntimeAnalysis
from chalicelib.domain.package import Package
from chalicelib.domain.resolution.builtins import MISSING, builtin_name
from chalicelib.domain.resolution.closure import Closure, walk_closure
from chalicelib.domain.resolution.entry import Entry, resolve_entry
from chalicelib.domain.resolution.formats import file_format
from chalicelib.domain.resolution.profiles import PROFILES, Mode, Profile

name = "runtimes"
version = "1"
requires = ("exports", "types")
essential = False

MAX_EVIDENCE: Final = 20
_JUDGED: Final = tuple(PROFILES[runtime] for runtime in ("node", "deno", "bun", "workers"))
_MODES: Final[tuple[Mode, ...]] = ("import", "require")
_SCHEMES: Final = {
    "bun:": "bun",
    "cloudflare:": "workers",
    "jsr:": "deno",
    "npm:": "deno",
    "http:": "deno",
    "https:": "deno",
}
_GLOBALS: Final = {"Deno": "deno", "Bun": "bun"}
_GYP: Final = ("node-gyp", "prebuild-install", "node-pre-gyp", "node-gyp-build", "cmake-js")
_INSTALL_SCRIPTS: Final = ("preinstall", "install", "postinstall")


@dataclass(frozen=True, slots=True)
class _View:
    """A package as one runtime sees it."""

    profile: Profile
    package: Package
    fields: EntryFields
    entry: Entry
    closure: Closure

    def against(self, code: str, path: str | None, detail: str) -> Evidence:
        return Evidence(code=code, runtime=self.profile.name, path=path, detail=detail)


def analyze(subject: Subject) -> Found:
    """Answer where a package is expected to run."""
    entry_points: EntryPoints = subject.results["exports"]
    declarations: Declarations = subject.results["types"]
    evidence: list[Evidence] = []
    notes: dict[str, None] = {}
    closures: dict[str, Closure] = {}
    for profile in _JUDGED:
        found, noted = _judge(subject.package, entry_points.fields, profile, closures)
        evidence += found
        notes |= dict.fromkeys(noted)
    notes |= dict.fromkeys(_declared_engines(subject.package))
    against = {item.runtime for item in evidence}
    compatibility = Runtimes(**{profile.name: profile.name not in against for profile in _JUDGED})
    analysis = RuntimeAnalysis(
        compatibility=compatibility,
        module_format=entry_points.map.inferred_format,
        types=declarations.kind,
        evidence=evidence,
        notes=list(notes),
    )
    runs_on = [profile.name for profile in _JUDGED if profile.name not in against]
    return Found(", ".join(runs_on) or "no runtime", analysis)


def _judge(
    package: Package, fields: EntryFields, profile: Profile, closures: dict[str, Closure]
) -> tuple[list[Evidence], list[str]]:
    try:
        entry, mode = _root(package, fields, profile)
    except EntryNotFound as error:
        return [Evidence(code="no_entry", runtime=profile.name, detail=error.detail)], []
    if entry.path not in closures:
        closures[entry.path] = walk_closure(entry.path, package.files, package.read)
    view = _View(profile, package, fields, entry, closures[entry.path])
    return list(_evidence(view))[:MAX_EVIDENCE], list(_notes(view, mode))


def _root(package: Package, fields: EntryFields, profile: Profile) -> tuple[Entry, Mode]:
    try:
        return resolve_entry(fields, package.files.keys(), profile=profile), "import"
    except EntryNotFound as refused:
        try:
            return resolve_entry(fields, package.files.keys(), profile=profile, mode="require"), "require"
        except EntryNotFound:
            raise refused from None


def _evidence(view: _View) -> Iterator[Evidence]:
    yield from _of_format(view)
    yield from _of_addons(view)
    for path, imports in view.closure.outside.items():
        for item in imports:
            if item.kind != "dynamic":
                yield from _of_import(view, path, item.specifier)
        yield from _of_globals(view, path)
        yield from _of_require(view, path)


def _of_format(view: _View) -> Iterator[Evidence]:
    if view.entry.format == "typescript" and view.profile.formats != "content":
        yield view.against(
            "typescript_source", view.entry.path, "TypeScript inside a package is not compiled"
        )
    elif view.entry.format == "unknown":
        yield view.against("unknown_format", view.entry.path, "a file of this kind cannot be imported")


def _of_addons(view: _View) -> Iterator[Evidence]:
    if view.profile.name == "workers":
        for path in view.closure.addons:
            yield view.against("native_addon", path, "native code cannot be loaded")
    # Deno and Bun run no install scripts of a dependency unless told to.
    builder = _builder(view.package)
    if builder and view.profile.name != "node":
        yield view.against("built_on_install", None, f"its native code is built on install by `{builder}`")


def _builder(package: Package) -> str | None:
    if any(path.endswith(".node") for path in package.files):
        return None
    scripts = package.package_json.get("scripts")
    for script in _INSTALL_SCRIPTS:
        command = str(scripts.get(script, "")) if isinstance(scripts, dict) else ""
        if any(tool in command for tool in _GYP):
            return command
    return "binding.gyp" if "binding.gyp" in package.files else None


def _of_import(view: _View, path: str, specifier: str) -> Iterator[Evidence]:
    runtime = view.profile.name
    builtin = builtin_name(specifier)
    if builtin is not None:
        if builtin in MISSING[runtime]:
            yield view.against("missing_builtin", path, f"`{specifier}` does not exist there")
        return
    scheme, colon, _ = specifier.partition(":")
    only = _SCHEMES.get(scheme + colon)
    if only is not None and only != runtime:
        yield view.against("foreign_import", path, f"`{specifier}` exists on {only} alone")


def _of_globals(view: _View, path: str) -> Iterator[Evidence]:
    source = view.closure.sources[path]
    for used in sorted(source.globals - source.guards):
        if _GLOBALS[used] != view.profile.name:
            yield view.against("foreign_global", path, f"`{used}` is used without asking whether it exists")


def _of_require(view: _View, path: str) -> Iterator[Evidence]:
    source = view.closure.sources[path]
    makes_require = any(builtin_name(item.specifier) == "module" for item in source.imports)
    if view.profile.formats == "content" or makes_require or not source.esm:
        return
    required = next((item.specifier for item in source.imports if item.kind == "require"), None)
    if required is not None and file_format(path, view.fields, view.profile) == "module":
        yield view.against(
            "require_in_module", path, f"a module has no `require`, but `{required}` is required"
        )


def _notes(view: _View, mode: Mode) -> Iterator[str]:
    runtime = view.profile.name
    if mode == "require":
        yield f"{runtime}: the root can be required but not imported"
    if not view.closure.complete:
        yield f"{runtime}: a limit was met, {len(view.closure.sources)} of the files from the root were read"
    uses = {item.specifier for imports in view.closure.outside.values() for item in imports}
    if runtime == "workers" and any(builtin_name(specifier) for specifier in uses):
        yield "workers: needs the `nodejs_compat` flag"


def _declared_engines(package: Package) -> Iterator[str]:
    engines = package.package_json.get("engines")
    for engine in ("node", "deno", "bun"):
        wanted = engines.get(engine) if isinstance(engines, dict) else None
        if isinstance(wanted, str):
            yield f"{engine}: asks for `{wanted}`"
