"""What a package lets its users import, and the fields that decide which file an import loads.

The rules are Node's: https://nodejs.org/api/packages.html#package-entry-points.
"""

from itertools import groupby

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.metadata import EntryPoints, ExportEntry, ExportsMap, ExportTarget, PackageFormat
from chalicelib.domain.package import Package
from chalicelib.domain.resolution.branches import Branch, branches, target_files
from chalicelib.domain.resolution.fields import entry_fields, root_entries
from chalicelib.domain.resolution.formats import file_format
from chalicelib.domain.resolution.paths import literal
from chalicelib.domain.resolution.profiles import NODE
from chalicelib.domain.resolution.types import declarations_kind, declared_beside

name = "exports"
version = "1"
requires: tuple[str, ...] = ()
essential = True


def analyze(subject: Subject) -> Found:
    """Answer the entry points of a package."""
    fields = entry_fields(subject.package)
    entries = ExportsMap(
        entries=_entries(fields, subject.package),
        has_export_map=fields.exports is not None,
        inferred_format=_package_format(fields, subject.package),
        types=declarations_kind(fields, subject.package.files),
    )
    plural = "entry" if len(entries.entries) == 1 else "entries"
    verdict = f"{len(entries.entries)} {plural}, {entries.inferred_format}"
    return Found(verdict, EntryPoints(fields=fields, map=entries))


def _package_format(fields: EntryFields, package: Package) -> PackageFormat:
    formats = {entry.format for entry in root_entries(fields, package).values()} & {"module", "commonjs"}
    if len(formats) == 2:
        return "hybrid"
    if not formats:
        return "esm" if fields.type == "module" else "cjs"
    return "esm" if formats == {"module"} else "cjs"


def _entries(fields: EntryFields, package: Package) -> list[ExportEntry]:
    if fields.exports is not None:
        by_subpath = groupby(branches(fields.exports), key=lambda branch: branch.subpath)
        return [_entry(subpath, list(ways), fields, package) for subpath, ways in by_subpath]
    named = {"module": fields.module, "default": fields.main or _legacy_root(fields, package)}
    ways = [
        Branch(".", (condition,), f"./{path}")
        for condition, text in named.items()
        if text and (path := literal(text))
    ]
    return [_entry(".", ways, fields, package)] if ways else []


def _legacy_root(fields: EntryFields, package: Package) -> str | None:
    root = next(iter(root_entries(fields, package).values()), None)
    return root.path if root else None


def _entry(subpath: str, ways: list[Branch], fields: EntryFields, package: Package) -> ExportEntry:
    targets = [_target(way, fields, package) for way in ways]
    only_types = all(declared_beside(target.path, {target.path}) == target.path for target in targets)
    return ExportEntry(name=subpath, type="type" if only_types else "value", targets=targets)


def _target(way: Branch, fields: EntryFields, package: Package) -> ExportTarget:
    found = target_files(way, package.files)
    path = way.target.removeprefix("./")
    return ExportTarget(
        condition=".".join(way.conditions) or "default",
        path=path,
        format=file_format(found[0] if found else path, fields, NODE),
        exists=bool(found),
        types=bool(found) and declared_beside(found[0], package.files) is not None,
    )
