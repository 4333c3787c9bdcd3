"""What is answered of a resolution: the file or dependency, with whatever else is to be known of it."""

from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from pydantic import Field

from chalicelib.domain.document import Document
from chalicelib.domain.errors import FileMissing, InvalidRequest
from chalicelib.domain.head import VersionState
from chalicelib.domain.manifest import DigestPair, FileFormat, Manifest
from chalicelib.domain.resolution.builtins import replacement
from chalicelib.domain.resolution.entry import Entry, resolve_entry
from chalicelib.domain.resolution.imports import Outside, resolve_import
from chalicelib.domain.resolution.profiles import Mode, Profile
from chalicelib.domain.specs import PackageSpec
from chalicelib.stores.manifests import StoredManifest


class ResolvedProvenance(Document):
    """Where the resolved bytes come from: digests of tarball and manifest, and the provenance score (0 to 100)."""

    score: int
    tarball: DigestPair
    manifest: DigestPair


class ResolvedDependency(Document):
    """What a name of `imports` leads to outside the package: a built-in module, or a subpath of a dependency.

    `range` is what the package.json asks for, absent where it does not name the package; `spec` can be resolved in
    its turn, and is absent where the package is not to be had from a registry.
    """

    kind: Literal["package", "builtin"]
    specifier: str
    name: str
    subpath: str
    range: str | None = None
    spec: str | None = None


class ResolutionNote(Document):
    """What else is to be known of an answer on one runtime, by a stable code."""

    code: Literal["shadowed_by_builtin"]
    runtime: str
    detail: str


class ResolutionStep(Document):
    """One thing looked at: a key or field, the condition or path there (dotted when nested), and what came of it."""

    key: str
    condition: str
    outcome: str


class Resolution(Document):
    """What a runtime would load for a spec; `url` and `typesUrl` lead to the files.

    `url`, `entryPath` and `format` are absent where `dependency` says that it is nothing of this package.
    """

    spec: str
    name: str
    version: str
    runtime: str
    mode: Mode
    subpath: str
    importer: str | None = Field(default=None, alias="from")
    url: str | None = None
    entry_path: str | None = None
    format: FileFormat | None = None
    types_url: str | None = None
    types_path: str | None = None
    dependency: ResolvedDependency | None = None
    notes: list[ResolutionNote] | None = None
    trace: list[ResolutionStep] | None = None
    integrity: str
    deprecated: str | None = None
    yanked: str | None = None
    provenance: ResolvedProvenance


class Asked(NamedTuple):
    """One thing to resolve for a package whose version is known."""

    spec: PackageSpec
    profile: Profile
    mode: Mode
    base: str
    importer: str | None = None
    explain: bool = False


def resolved(asked: Asked, state: VersionState, stored: StoredManifest) -> Resolution:
    """Answer what one version has for what was asked; raises EntryNotFound and FileMissing."""
    manifest = stored.manifest
    found = _found(asked, stored)
    root = f"{asked.base}/packages/{manifest.name}/{manifest.version}"
    return Resolution(
        **_what(found, root, manifest),
        **_extras(asked, found),
        spec=str(asked.spec),
        name=manifest.name,
        version=manifest.version,
        runtime=asked.profile.name,
        mode=asked.mode,
        subpath=_import_name(asked.spec) or asked.spec.subpath,
        integrity=manifest.integrity,
        deprecated=state.deprecated,
        yanked=state.yanked,
        provenance=ResolvedProvenance(
            score=manifest.score,
            tarball=DigestPair(sha256=manifest.dist.sha256, sha512=manifest.dist.sha512),
            manifest=stored.digests,
        ),
    )


def _found(asked: Asked, stored: StoredManifest) -> Entry | Outside:
    manifest, files, name = stored.manifest, stored.files, _import_name(asked.spec)
    if asked.importer is not None and asked.importer not in files:
        raise FileMissing(manifest.name, manifest.version, asked.importer[:200])
    profile, mode, explain = asked.profile, asked.mode, asked.explain
    if name is None:
        return resolve_entry(manifest, files, asked.spec.subpath, profile=profile, mode=mode, explain=explain)
    return resolve_import(
        manifest, files, name, importer=asked.importer, profile=profile, mode=mode, explain=explain
    )


def _import_name(spec: PackageSpec) -> str | None:
    """Answer the name that a spec asks of the package's own `imports`, None where it asks for an entry."""
    return spec.subpath[2:] if spec.subpath.startswith("./#") else None


def _what(found: Entry | Outside, root: str, manifest: Manifest) -> dict[str, Any]:
    if isinstance(found, Outside):
        return {"dependency": _dependency(found, manifest)}
    entry = {"url": f"{root}/{quote(found.path)}", "entry_path": found.path, "format": found.format}
    if found.types is None:
        return entry
    return {**entry, "types_path": found.types, "types_url": f"{root}/{quote(found.types)}"}


def _dependency(found: Outside, manifest: Manifest) -> ResolvedDependency:
    told = {"kind": found.kind, "specifier": found.specifier, "name": found.name, "subpath": found.subpath}
    if found.kind == "builtin":
        return ResolvedDependency.model_validate(told)
    fields = (manifest.optional_dependencies, manifest.dependencies, manifest.peer_dependencies)
    wanted = next((field[found.name] for field in fields if found.name in field), None)
    spec = _spec(f"{found.name}{f'@{wanted}' if wanted else ''}{found.subpath[1:]}")
    return ResolvedDependency.model_validate({**told, "range": wanted, "spec": spec})


def _spec(text: str) -> str | None:
    try:
        return str(PackageSpec.parse(text))
    except InvalidRequest:
        return None


def _extras(asked: Asked, found: Entry | Outside) -> dict[str, Any]:
    """Answer the members that most answers do not have."""
    notes = _notes(asked.spec, asked.profile.name)
    steps = [ResolutionStep(**step._asdict()) for step in found.trace] if asked.explain else None
    return {"importer": asked.importer, "notes": notes or None, "trace": steps}


def _notes(spec: PackageSpec, runtime: str) -> list[ResolutionNote]:
    specifier = f"{spec.alias or spec.name}{spec.subpath[1:]}"
    builtin = replacement(specifier, runtime)
    if builtin is None:
        return []
    detail = f"{runtime} loads its own `{builtin}` for `{specifier}`, even where this package is installed"
    return [ResolutionNote(code="shadowed_by_builtin", runtime=runtime, detail=detail)]
