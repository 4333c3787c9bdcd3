"""Real packages, packed again: the same archive that npm makes of them."""

import gzip
import io
from pathlib import Path

from chalicelib.cli.packing.package import pack_folder
from tests.cli.packing.npm_oracle import npm_packs

INSTALLED = Path(__file__).parents[2] / "node_modules"
LARGEST = 10 << 20
"""Bytes; what is larger is a runtime's program, of which there is nothing to learn for its weight."""


def test_the_archives_of_installed_packages_are_npms_byte_for_byte() -> None:
    found = [*INSTALLED.glob("[!.@]*/package.json"), *INSTALLED.glob("@*/*/package.json")]
    folders = sorted(path.parent for path in found if _size(path.parent) <= LARGEST)

    npm = npm_packs(folders, tarballs=True)

    differing = [
        folder.name for folder, answer in zip(folders, npm, strict=True) if _archive(folder) != answer.tar
    ]
    assert differing == []
    assert len(folders) > 40


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _archive(folder: Path) -> bytes:
    target = io.BytesIO()
    pack_folder(folder, target)
    return gzip.decompress(target.getvalue())
