"""The driver printed in the guide is complete, and keeps the contract as printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.settings import Settings
from chalicelib.storage import open_store

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/guides/add-a-driver.md"


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    """Save the guide's two blocks of Python as it says."""
    driver, test = re.findall(
        r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    (tmp_path / "sqlite_store.py").write_text(driver)
    (tmp_path / "test_sqlite_store.py").write_text(test)
    return tmp_path


def test_the_printed_driver_keeps_the_contract(printed: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{printed}", "PYTEST_ADDOPTS": ""}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    ended = subprocess.run(
        [*command, "test_sqlite_store.py"],
        cwd=printed,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout
    assert int(re.findall(r"(\d+) passed", ended.stdout)[0]) > 200
    assert "skipped" not in ended.stdout


def test_the_printed_driver_is_chosen_by_its_name(printed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(printed))
    store = open_store("sqlite_store:SqliteStore", Settings(storage_root=printed / "root"))
    store.put("a", b"1", if_absent=True)

    assert store.head("a").size == 1
    assert (printed / "root/objects.sqlite").exists()
