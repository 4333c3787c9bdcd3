"""Packages and subjects built from a picture, without a tarball.

`subject({"package.json": {...}, "index.mjs": "..."})` is what an analyzer is given. A picture without a
package.json gets a minimal one; mappings become JSON; paths that end with `.sh` are executable.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from chalicelib.analyzers.base import Subject
from chalicelib.domain.digests import TarballHasher
from chalicelib.domain.manifest import Claim, Publisher
from chalicelib.domain.metadata import Metadata
from chalicelib.domain.names import PackageName
from chalicelib.domain.package import FileRecord, Package

Picture = Mapping[str, str | bytes | Mapping[str, Any]]

CLAIM = Claim(
    publisher=Publisher(name="Ada", email="ada@example.com"),
    source="cli",
    published_at="2026-03-01T12:00:00.000Z",
)


def package(files: Picture, *, version: str = "1.0.0") -> Package:
    """Answer the package that a picture shows; its files are ordered by path."""
    picture = dict(files)
    package_json = picture.setdefault("package.json", {"name": "demo", "version": version})
    contents = {path: _content(picture[path]) for path in sorted(picture)}
    hasher = TarballHasher()
    for path, content in contents.items():
        hasher.update(path.encode() + b"\x00" + content)
    return Package(
        package_json=package_json if isinstance(package_json, Mapping) else json.loads(package_json),
        files={path: _record(path, content) for path, content in contents.items()},
        digests=hasher.digests(),
        read=contents.__getitem__,
    )


def subject(
    files: Picture,
    *,
    version: str = "1.0.0",
    claim: Claim | None = None,
    previous: Metadata | None = None,
    results: Mapping[str, Any] | None = None,
) -> Subject:
    """Answer what an analyzer is given for a picture, with the name its package.json says or `demo`."""
    shown = package(files, version=version)
    return Subject(
        name=PackageName.parse(str(shown.package_json.get("name", "demo"))),
        version=version,
        package=shown,
        claim=claim or CLAIM,
        previous=previous,
        results=results or {},
    )


def _content(content: str | bytes | Mapping[str, Any]) -> bytes:
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content, indent=2)).encode()


def _record(path: str, content: bytes) -> FileRecord:
    return FileRecord(
        path=path,
        size=len(content),
        gzip_size=len(gzip.compress(content, mtime=0)),
        sha256=hashlib.sha256(content).hexdigest(),
        executable=path.endswith(".sh"),
    )
