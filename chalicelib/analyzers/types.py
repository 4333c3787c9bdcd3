"""Whether a package brings its own types, and which declaration file a compiler reads for its root.

The rules are TypeScript's: https://www.typescriptlang.org/docs/handbook/modules/reference.html#packagejson-exports.
"""

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.metadata import Declarations, EntryPoints
from chalicelib.domain.resolution.profiles import NODE
from chalicelib.domain.resolution.types import declaration_for, declarations_kind

name = "types"
version = "1"
requires = ("exports",)
essential = False


def analyze(subject: Subject) -> Found:
    """Answer whence a package's types come."""
    entry_points: EntryPoints = subject.results["exports"]
    fields, files = entry_points.fields, subject.package.files
    found = Declarations(
        kind=declarations_kind(fields, files),
        for_import=declaration_for(fields, files, ".", profile=NODE, mode="import"),
        for_require=declaration_for(fields, files, ".", profile=NODE, mode="require"),
    )
    return Found(_verdict(found), found)


def _verdict(found: Declarations) -> str:
    if found.kind == "none":
        return "no types"
    if found.for_import is None or found.for_require is None:
        only = "require" if found.for_import is None else "import"
        return f"{found.kind}, for {only} only"
    return found.kind
