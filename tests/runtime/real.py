"""The pinned real packages, as npm has them."""

import tarfile
from functools import cache
from io import BytesIO

from scripts.fetch_packages import path_of, pinned


@cache
def tarball_of(name: str) -> bytes:
    """Answer the tarball of a pinned package."""
    path = path_of(_row(name))
    assert path.exists(), "run `make packages`, which fetches the pinned packages with npm"
    return path.read_bytes()


def version_of(name: str) -> str:
    """Answer which version of a package is pinned."""
    version: str = _row(name)["version"]
    return version


def file_of(name: str, path: str) -> bytes:
    """Answer a file of a pinned package, as the standard library reads it."""
    with tarfile.open(fileobj=BytesIO(tarball_of(name))) as archive:
        found = archive.extractfile(f"package/{path}")
        assert found is not None
        return found.read()


def _row(name: str) -> dict[str, str]:
    return next(row for row in pinned() if row["name"] == name)
