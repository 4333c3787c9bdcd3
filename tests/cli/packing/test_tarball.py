"""The tarball's bytes depend on the tree alone."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from chalicelib.cli.packing.package import pack_folder
from chalicelib.cli.packing.tarball import MODIFIED, entry_mode
from tests.cli.packing.trees import Picture, build

TREE: Picture = {
    "package.json": {"name": "w", "version": "1.0.0", "bin": "cli.js"},
    "cli.js": "#!/usr/bin/env node\n",
    "lib/a.js": "1",
    "lib/b.js": "2",
}


def _packed(folder: Path) -> bytes:
    target = io.BytesIO()
    pack_folder(folder, target)
    return target.getvalue()


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    first = build(tmp_path / "first", TREE)
    second = build(tmp_path / "second", {path: TREE[path] for path in reversed(list(TREE))})
    for number, file in enumerate(path for path in second.rglob("*") if path.is_file()):
        file.chmod(0o664)
        os.utime(file, (number, number))

    assert _packed(first) == _packed(second)


def test_a_changed_file_gives_other_bytes(tmp_path: Path) -> None:
    first, second = build(tmp_path / "first", TREE), build(tmp_path / "second", {**TREE, "lib/b.js": "3"})

    assert _packed(first) != _packed(second)


def test_entries_have_one_date_no_owner_and_plain_modes(tmp_path: Path) -> None:
    folder = build(tmp_path, TREE)
    (folder / "lib" / "a.js").chmod(0o4777)

    with tarfile.open(fileobj=io.BytesIO(_packed(folder))) as archive:
        members = {member.name: member for member in archive}

    assert {(member.mtime, member.uid, member.uname) for member in members.values()} == {(MODIFIED, 0, "")}
    assert members["package/cli.js"].mode == 0o755
    assert members["package/lib/b.js"].mode == 0o644


def test_the_gzip_header_has_no_date_and_no_system(tmp_path: Path) -> None:
    assert _packed(build(tmp_path, TREE))[:10] == bytes.fromhex("1f8b08000000000002ff")


def test_hard_links_are_packed_as_files(tmp_path: Path) -> None:
    folder = build(tmp_path, TREE)
    os.link(folder / "lib" / "a.js", folder / "lib" / "c.js")

    with tarfile.open(fileobj=io.BytesIO(_packed(folder))) as archive:
        assert all(member.isreg() for member in archive)


@pytest.mark.parametrize(
    ("mode", "executable", "expected"),
    [
        (0o644, False, 0o644),
        (0o666, False, 0o644),
        (0o777, False, 0o755),
        (0o400, False, 0o600),
        (0o640, True, 0o751),
    ],
)
def test_modes_are_those_npm_writes(mode: int, executable: bool, expected: int) -> None:
    assert entry_mode(mode, executable=executable) == expected
