"""A version as npm's documents tell it: its package.json, where its tarball is, and who published it.

Rendered once, when the version is published, in two forms: the full one, and the abbreviated one that an installation
needs. Both are one line of JSON in which the address of the registry stands as one NUL, a byte that JSON never holds.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from pydantic_core import from_json

from chalicelib.domain.document import compact_json
from chalicelib.domain.manifest import Manifest
from chalicelib.domain.names import PackageName

Form = Literal["full", "abbreviated"]

BASE: Final = b"\0"
"""Stands for the address of the registry, which ends with a slash."""
README_CHARACTERS: Final = 64 * 1024
README_NAMES: Final = ("readme.md", "readme", "readme.markdown", "readme.txt")
SHRINKWRAP: Final = "npm-shrinkwrap.json"

_ABBREVIATED: Final = (
    "dependencies",
    "optionalDependencies",
    "devDependencies",
    "bundleDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "acceptDependencies",
    "bin",
    "directories",
    "engines",
    "os",
    "cpu",
    "libc",
    "funding",
)


class VersionText(NamedTuple):
    """The two forms of a version, each a line of JSON, and its readme: `{"readme", "readmeFilename"}` or `{}`."""

    full: bytes
    abbreviated: bytes
    readme: bytes

    def to_bytes(self) -> bytes:
        """Answer the lines as they are stored."""
        return b"".join(line + b"\n" for line in self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "VersionText":
        """Read stored lines; raises ValueError for what would make a packument unreadable."""
        full, abbreviated, readme, rest = data.split(b"\n")
        if rest:
            raise ValueError("there is more than three lines")
        for line in (full, abbreviated, readme):
            if not isinstance(from_json(line.replace(BASE, b"")), dict):
                raise ValueError("a line is not a JSON object")  # noqa: TRY004 - the bytes are wrong, not the type
        return cls(full, abbreviated, readme)

    def form(self, form: Form) -> bytes:
        """Answer one of the two forms."""
        return self.full if form == "full" else self.abbreviated


class Facts(NamedTuple):
    """What the registry tells of a version beside its package.json; `attestations` as npm's `dist` has them."""

    manifest: Manifest
    signatures: Sequence[Mapping[str, str]] = ()
    attestations: Mapping[str, Any] | None = None


def version_text(
    package_json: Mapping[str, Any], facts: Facts, paths: frozenset[str], readme: tuple[str, bytes] | None
) -> VersionText:
    """Answer a version in both forms; `paths` are its files, and `readme` the name and bytes of one of them."""
    from chalicelib.npm.declared import declared

    manifest = facts.manifest
    fields = declared(package_json, paths)
    dist = _dist(facts)
    identity = {"name": manifest.name, "version": manifest.version}
    publisher = _person(manifest)
    full = {
        **identity,
        **fields,
        "_id": f"{manifest.name}@{manifest.version}",
        "_npmUser": publisher,
        "maintainers": [publisher],
    }
    short = abbreviated(fields)
    if SHRINKWRAP in paths:
        full["_hasShrinkwrap"] = short["_hasShrinkwrap"] = True
    told = {} if readme is None else {"readme": _text(readme[1]), "readmeFilename": readme[0]}
    return VersionText(_with(full, dist), _with({**identity, **short}, dist), compact_json(told))


def abbreviated(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Answer of what a version declares the fields that an installation needs."""
    from chalicelib.npm.declared import runs_scripts

    short: dict[str, Any] = {name: fields[name] for name in _ABBREVIATED if name in fields}
    if runs_scripts(fields):
        short["hasInstallScript"] = True
    return short


def readme_path(paths: Mapping[str, Any]) -> str | None:
    """Answer which of a package's files is its readme, or None."""
    found = {path.lower(): path for path in sorted(paths, reverse=True) if "/" not in path}
    return next((found[name] for name in README_NAMES if name in found), None)


def tarball_path(name: str, version: str) -> str:
    """Answer where the tarball is, below the address of the registry."""
    return f"{name}/-/{PackageName(name).tarball(version)}"


def version_of(filename: str, name: PackageName) -> str | None:
    """Answer the version whose tarball has a name, with the scope or without, or None for another file."""
    if not filename.endswith(".tgz"):
        return None
    for beginning in (f"{name}-", f"{name.bare}-"):
        if filename.startswith(beginning):
            return filename.removeprefix(beginning).removesuffix(".tgz") or None
    return None


def marked(text: bytes, message: str | None) -> bytes:
    """Answer a version's text with the warning that is put on it."""
    return text if message is None else b'{"deprecated":' + compact_json(message) + b"," + text[1:]


def addressed(text: bytes, base: str) -> bytes:
    """Answer a text with the address of the registry in it."""
    return text.replace(BASE, escaped(base))


def escaped(base: str) -> bytes:
    """Answer an address as it stands inside a JSON string."""
    return compact_json(base)[1:-1]


def fields_of(text: bytes) -> dict[str, Any]:
    """Answer the fields of a version's text."""
    fields: dict[str, Any] = json.loads(text.replace(BASE, b""))
    return fields


def _dist(facts: Facts) -> bytes:
    """Answer `dist`, with the NUL in it."""
    manifest, dist = facts.manifest, facts.manifest.dist
    told: dict[str, Any] = {
        "shasum": dist.shasum,
        "integrity": dist.integrity,
        "fileCount": dist.file_count,
        "unpackedSize": dist.unpacked_size,
    }
    if facts.signatures:
        told["signatures"] = [dict(signature) for signature in facts.signatures]
    rest = compact_json(told)[1:]
    if facts.attestations is not None:
        url = compact_json(facts.attestations["path"])[1:-1]
        more = {name: value for name, value in facts.attestations.items() if name != "path"}
        about = b'"attestations":{"url":"' + BASE + url + b'",' + compact_json(more)[1:]
        rest = about + b"," + rest
    path = compact_json(tarball_path(manifest.name, manifest.version))[1:-1]
    return b'{"tarball":"' + BASE + path + b'",' + rest


def _with(fields: Mapping[str, Any], dist: bytes) -> bytes:
    return compact_json(fields)[:-1] + b',"dist":' + dist + b"}"


def _person(manifest: Manifest) -> dict[str, str]:
    publisher = manifest.claim.publisher
    return {"name": publisher.name, "email": publisher.email or ""}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").removeprefix("\ufeff")[:README_CHARACTERS]
