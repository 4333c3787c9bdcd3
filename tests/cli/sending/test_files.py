"""Which files are sent, and under which names."""

import os
from pathlib import Path

import pytest

from chalicelib.cli.errors import CommandFailed, UsageError
from chalicelib.cli.sending.files import sendables
from tests.cli.packing.trees import Link, Picture, build

TREE: Picture = {
    "photos/a.jpg": "a",
    "photos/2024/b.jpg": "bb",
    "photos/2024/deep/c.jpg": "ccc",
    "photos/2024_b.jpg": "another",
    "elsewhere/secret": "x",
    "photos/link.jpg": Link("../elsewhere/secret"),
    "photos/folder": Link("../elsewhere"),
}


def _names(folder: Path, *paths: str, recursive: bool = False) -> list[str]:
    files, _ = sendables([str(folder / path) for path in paths], recursive=recursive)
    return [file.name for file in files]


def test_files_keep_their_names_and_not_their_folders(tmp_path: Path) -> None:
    build(tmp_path, TREE)

    assert _names(tmp_path, "photos/a.jpg", "photos/2024/b.jpg") == ["a.jpg", "b.jpg"]


def test_files_of_one_name_are_numbered(tmp_path: Path) -> None:
    build(tmp_path, {"a/x.tar.gz": "", "b/x.tar.gz": "", "c/X.TAR.GZ": "", "d/.env": "", "e/.env": ""})

    names = _names(tmp_path, "a/x.tar.gz", "b/x.tar.gz", "c/X.TAR.GZ", "d/.env", "e/.env")

    assert names == ["x.tar.gz", "x.tar (2).gz", "X.TAR (3).GZ", ".env", ".env (2)"]


def test_a_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    build(tmp_path, TREE)

    with pytest.raises(UsageError, match="is a folder") as refused:
        _names(tmp_path, "photos")

    assert "--recursive" in (refused.value.hint or "")


def test_files_in_folders_are_called_by_their_paths(tmp_path: Path) -> None:
    build(tmp_path, TREE)

    assert _names(tmp_path, "photos", recursive=True) == [
        "photos_2024_b.jpg",
        "photos_a.jpg",
        "photos_2024_b (2).jpg",
        "photos_2024_deep_c.jpg",
    ]


def test_links_in_folders_are_not_followed_and_that_is_said(tmp_path: Path) -> None:
    build(tmp_path, TREE)

    files, notes = sendables([str(tmp_path / "photos")], recursive=True)

    assert all(file.path.read_bytes() != b"x" for file in files)
    assert [note.split("`")[1].rpartition("/")[2] for note in notes] == ["folder", "link.jpg"]


def test_a_folder_is_called_by_its_name_also_when_it_is_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, TREE)
    monkeypatch.chdir(tmp_path / "photos" / "2024" / "deep")

    files, _ = sendables(["."], recursive=True)

    assert [file.name for file in files] == ["deep_c.jpg"]


def test_what_is_no_file_is_not_sent(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UsageError, match="is not a file"):
        sendables([str(tmp_path / "pipe")], recursive=False)
    with pytest.raises(UsageError, match="there is no"):
        sendables([str(tmp_path / "nothing")], recursive=False)


def test_a_file_that_changes_while_it_is_sent_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one")
    [file], _ = sendables([str(path)], recursive=False)
    path.write_bytes(b"one two")

    with pytest.raises(CommandFailed, match="has changed while it was sent"):
        file.read_at(0, 3)
