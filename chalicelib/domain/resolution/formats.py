"""How a runtime runs a file: by its extension, the nearest package.json's `type`, and what is written in it.

Node's rules (https://nodejs.org/api/packages.html#determining-module-system): `.mjs` and `.cjs` say it
themselves, `.js` asks the nearest package.json, and without a `type` there a file written as a module is one.
Deno also runs as modules what is declared CommonJS and written as a module; Bun goes by what is written.
"""

from typing import Final

from chalicelib.domain.manifest import EntryFields, FileFormat, ModuleType
from chalicelib.domain.resolution.profiles import Profile

_BY_EXTENSION: Final[dict[str, FileFormat]] = {
    "mjs": "module",
    "cjs": "commonjs",
    "json": "json",
    "wasm": "wasm",
    "node": "addon",
    "ts": "typescript",
    "mts": "typescript",
    "cts": "typescript",
    "tsx": "typescript",
}


def declared_type(path: str, fields: EntryFields) -> ModuleType | None:
    """Answer the `type` of the nearest package.json above a file."""
    scopes = fields.scopes
    if scopes:
        folder = path
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            if folder in scopes:
                stated = scopes[folder]
                return None if stated == "none" else stated
    return fields.type


def file_format(path: str, fields: EntryFields, profile: Profile) -> FileFormat:
    """Answer how a runtime runs a file of the package; `unknown` when it would refuse the extension."""
    extension = path.rpartition("/")[2].rpartition(".")[2] if "." in path.rpartition("/")[2] else ""
    if extension in {"js", ""}:
        declared: FileFormat | None = declared_type(path, fields)
    elif extension == "jsx" and profile.formats == "content":
        declared = None
    else:
        declared = _BY_EXTENSION.get(extension, "unknown")
    return _as_written(path, extension, declared, fields, profile)


def _as_written(
    path: str, extension: str, declared: FileFormat | None, fields: EntryFields, profile: Profile
) -> FileFormat:
    if declared not in {"module", "commonjs", None}:
        return declared or "unknown"
    # Deno takes no declaration for a file without an extension.
    by_content = profile.formats == "content" or (profile.formats == "declared_unless_esm" and not extension)
    if by_content and path in fields.cjs_syntax:
        return "commonjs"
    overridden = {
        "declared": declared is None,
        "declared_unless_esm": declared is None or extension != "cjs",
        "content": True,
    }[profile.formats]
    if overridden and path in fields.esm_syntax:
        return "module"
    return declared or "commonjs"
