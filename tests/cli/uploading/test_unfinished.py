"""Remembering an upload until it is finished."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.cli.environment import Clock, Environment
from chalicelib.cli.uploading.unfinished import KEPT_SECONDS, Unfinished, What

WHAT = What(registry="http://r", name="widget", sha256="ab" * 32, size=9)


def _env(folder: Path, unix: float = 1000.0) -> Environment:
    return Environment(environ={"XDG_CACHE_HOME": str(folder)}, clock=Clock(unix=lambda: unix))


def test_an_upload_is_recalled_until_it_is_forgotten(tmp_path: Path) -> None:
    Unfinished(_env(tmp_path), WHAT).remember("tus", "uploads/a/b")

    recalled = Unfinished(_env(tmp_path), WHAT).recall()
    Unfinished(_env(tmp_path), WHAT).forget()

    assert recalled is not None
    assert (recalled["via"], recalled["upload"]) == ("tus", "uploads/a/b")
    assert Unfinished(_env(tmp_path), WHAT).recall() is None


@pytest.mark.parametrize(
    "other",
    [replace(WHAT, registry="http://s"), replace(WHAT, name="gadget"), replace(WHAT, sha256="cd" * 32)],
    ids=["registry", "name", "bytes"],
)
def test_another_upload_is_remembered_apart(tmp_path: Path, other: What) -> None:
    Unfinished(_env(tmp_path), WHAT).remember("tus", "uploads/a/b")

    assert Unfinished(_env(tmp_path), other).recall() is None


def test_only_the_user_reads_where_an_upload_is(tmp_path: Path) -> None:
    Unfinished(_env(tmp_path), WHAT).remember("tus", "uploads/a/b")

    [file] = (tmp_path / "prism" / "uploads").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_uploads_that_nobody_came_back_for_are_forgotten(tmp_path: Path) -> None:
    Unfinished(_env(tmp_path), WHAT).remember("tus", "uploads/a/b")
    later = _env(tmp_path, 1000.0 + KEPT_SECONDS + 1)

    Unfinished(later, replace(WHAT, name="gadget")).remember("tus", "uploads/c/d")

    assert Unfinished(later, WHAT).recall() is None
    assert len(list((tmp_path / "prism" / "uploads").iterdir())) == 1


def test_a_damaged_memory_is_none(tmp_path: Path) -> None:
    memory = Unfinished(_env(tmp_path), WHAT)
    memory.remember("tus", "uploads/a/b")
    [file] = (tmp_path / "prism" / "uploads").iterdir()
    file.write_text('{"registry": "http://r"}')

    assert memory.recall() is None
