"""The fields of a package that decide what is imported, gathered from its package.json files and its code.

A file whose format nothing states is read to see how it is written, because the runtimes do so too.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic_core import from_json

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields, FolderFields, ModuleType
from chalicelib.domain.package import Package
from chalicelib.domain.resolution.branches import branches, target_files
from chalicelib.domain.resolution.entry import Entry, resolve_entry
from chalicelib.domain.resolution.formats import declared_type
from chalicelib.domain.resolution.profiles import BUN, NODE, Mode
from chalicelib.domain.resolution.source import read_source

MAX_READ_FILES: Final = 300
MAX_READ_BYTES: Final = 4 * 1024 * 1024
_MODES: Final[tuple[Mode, ...]] = ("import", "require")


def entry_fields(package: Package) -> EntryFields:
    """Answer the fields of a package that decide what is imported, with what its files show."""
    stated = package.package_json
    fields = EntryFields(
        exports=stated.get("exports"),
        imports=stated.get("imports"),
        main=_text(stated, "main"),
        module=_text(stated, "module", "jsnext:main"),
        types_field=_text(stated, "types", "typings"),
        types_versions=_mapping(stated.get("typesVersions")),
        type=_type(stated),
    )
    nested = dict(_nested(package))
    scopes = {folder: _type(value) or "none" for folder, value in nested.items()}
    folders = {folder: shown for folder, value in nested.items() if (shown := _folder_fields(value))}
    fields = fields.model_copy(update={"scopes": scopes, "folders": folders})
    return fields.model_copy(update=_as_written(fields, package))


def _nested(package: Package) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in package.files:
        if path.endswith("/package.json"):
            yield path.removesuffix("/package.json"), _read_mapping(package.read(path))


def _folder_fields(stated: Mapping[str, Any]) -> FolderFields | None:
    shown = FolderFields(
        main=_text(stated, "main"),
        module=_text(stated, "module", "jsnext:main"),
        types_field=_text(stated, "types", "typings"),
    )
    return shown if shown != FolderFields() else None


def _as_written(fields: EntryFields, package: Package) -> dict[str, list[str]]:
    """Read the files that can be entries and answer those that are not written as they are declared."""
    esm: list[str] = []
    commonjs: list[str] = []
    for path in _worth_reading(fields, package):
        source = read_source(package.read(path))
        declared = _declared(path, fields)
        if source.esm and declared != "module":
            esm.append(path)
        elif source.commonjs and declared == "module":
            commonjs.append(path)
    return {"esm_syntax": sorted(esm), "cjs_syntax": sorted(commonjs)}


def _worth_reading(fields: EntryFields, package: Package) -> Iterator[str]:
    left = MAX_READ_BYTES
    readable = [path for path in _targets(fields, package) if _is_script(path)]
    for path in list(dict.fromkeys(readable))[:MAX_READ_FILES]:
        left -= package.files[path].size
        if left < 0:
            return
        yield path


def _targets(fields: EntryFields, package: Package) -> Iterator[str]:
    for entry in root_entries(fields, package).values():
        yield entry.path
    if fields.exports is None:
        yield from package.files
    for branch in branches(fields.exports):
        yield from target_files(branch, package.files)


def _is_script(path: str) -> bool:
    file = path.rpartition("/")[2]
    return "." not in file or file.endswith((".js", ".mjs", ".cjs", ".jsx"))


def _declared(path: str, fields: EntryFields) -> ModuleType | None:
    by_extension: dict[str, ModuleType] = {".mjs": "module", ".cjs": "commonjs"}
    return by_extension.get(path[-4:]) or declared_type(path, fields)


def root_entries(fields: EntryFields, package: Package) -> dict[Mode, Entry]:
    """Answer what importing and requiring the root loads in Node, or failing that in Bun."""
    found: dict[Mode, Entry] = {}
    for mode in _MODES:
        for profile in (NODE, BUN):
            try:
                found[mode] = resolve_entry(fields, package.files.keys(), profile=profile, mode=mode)
            except EntryNotFound:
                continue
            break
    return found


def _read_mapping(data: bytes) -> Mapping[str, Any]:
    """Answer the JSON object in a file, and an empty one for anything else."""
    try:
        value = from_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _text(stated: Mapping[str, Any], *keys: str) -> str | None:
    return next((value for key in keys if isinstance(value := stated.get(key), str) and value), None)


def _mapping(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _type(stated: Mapping[str, Any]) -> ModuleType | None:
    value = stated.get("type")
    return value if value in {"module", "commonjs"} else None
