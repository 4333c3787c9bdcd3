"""Real packages, packed again: the same archive that npm makes of them."""

import gzip
import io
from pathlib import Path

from chalicelib.cli.packing.package import pack_folder
from tests.cli.packing.npm_oracle import npm_packs

INSTALLED = Path(__file__).parents[2] / "node_modules"


def test_the_archives_of_installed_packages_are_npms_byte_for_byte() -> None:
    folders = sorted(
        path.parent for path in [*INSTALLED.glob("[!.@]*/package.json"), *INSTALLED.glob("@*/*/package.json")]
    )

    npm = npm_packs(folders, tarballs=True)

    differing = [
        folder.name for folder, answer in zip(folders, npm, strict=True) if _archive(folder) != answer.tar
    ]
    assert differing == []
    assert len(folders) > 40


def _archive(folder: Path) -> bytes:
    target = io.BytesIO()
    pack_folder(folder, target)
    return gzip.decompress(target.getvalue())
