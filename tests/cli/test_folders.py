"""The command's own files: where they are, and that nobody else reads them."""

import os
import stat
from pathlib import Path

import pytest

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import CommandFailed
from chalicelib.cli.folders import (
    cache_folder,
    documents_in,
    read_private,
    remove,
    state_folder,
    write_private,
)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_where_the_variables_say() -> None:
    env = Environment(environ={"XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s", "HOME": "/h"})

    assert (cache_folder(env), state_folder(env)) == (Path("/c/prism"), Path("/s/prism"))


@pytest.mark.parametrize("named", ["", "relative/path"])
def test_without_the_variables_they_are_at_home(named: str) -> None:
    env = Environment(environ={"XDG_CACHE_HOME": named, "XDG_STATE_HOME": named, "HOME": "/h"})

    assert (cache_folder(env), state_folder(env)) == (Path("/h/.cache/prism"), Path("/h/.local/state/prism"))


def test_without_a_home_it_is_said_what_to_set() -> None:
    with pytest.raises(CommandFailed) as failed:
        cache_folder(Environment(environ={}))

    assert failed.value.hint == "set XDG_CACHE_HOME to an absolute path"


def test_only_the_user_reads_what_is_written(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_private(tmp_path / "prism" / "sent" / "a.json", {"key": "secret"})
    finally:
        os.umask(before)

    assert _mode(tmp_path / "prism" / "sent" / "a.json") == 0o600
    assert _mode(tmp_path / "prism" / "sent") == 0o700


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)

    write_private(tmp_path / "open" / "a.json", {})

    assert _mode(tmp_path / "open") == 0o700


def test_what_was_written_is_read_and_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "f" / "a.json"

    write_private(path, {"n": 1})
    write_private(path, {"n": 2})

    assert read_private(path) == {"n": 2}
    assert list(path.parent.iterdir()) == [path]


def test_what_is_no_document_counts_as_absent(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text("[]")
    (tmp_path / "c.json").write_bytes(b"\xff")
    (tmp_path / "d.json").write_text("{}")

    assert list(documents_in(tmp_path)) == [(tmp_path / "d.json", {})]
    assert list(documents_in(tmp_path / "nowhere")) == []


def test_removing_what_is_gone_is_no_failure(tmp_path: Path) -> None:
    remove(tmp_path / "nothing")


def test_what_cannot_be_written_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CommandFailed, match=r"file/a\.json` cannot be written"):
        write_private(tmp_path / "file" / "a.json", {})
