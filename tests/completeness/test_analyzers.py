"""Every analyzer file is registered, satisfies the interface, and is loaded only when asked for."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import chalicelib.analyzers
from chalicelib.analyzers import ANALYZERS, load_analyzers
from chalicelib.analyzers.base import Subject

FOLDER = Path(chalicelib.analyzers.__file__).parent
NOT_ANALYZERS = {"__init__", "base"}


def test_every_analyzer_file_is_registered() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - NOT_ANALYZERS

    assert {module.rpartition(".")[2] for module in ANALYZERS} == files


def test_every_analyzer_has_a_test_file_of_its_name() -> None:
    tests = {path.stem for path in (Path(__file__).parent.parent / "analyzers").glob("test_*.py")}

    assert {f"test_{module.rpartition('.')[2]}" for module in ANALYZERS} <= tests


@pytest.mark.parametrize("module", ANALYZERS)
def test_an_analyzer_satisfies_the_interface(module: str) -> None:
    analyzer = load_analyzers()[ANALYZERS.index(module)]

    assert analyzer.name == module.rpartition(".")[2]
    assert isinstance(analyzer.version, str)
    assert isinstance(analyzer.requires, tuple)
    assert isinstance(analyzer.essential, bool)
    assert inspect.get_annotations(analyzer.analyze)["subject"] is Subject
    assert analyzer.__doc__


def test_what_an_analyzer_requires_comes_before_it() -> None:
    before: set[str] = set()
    for analyzer in load_analyzers():
        assert set(analyzer.requires) <= before
        before.add(analyzer.name)


def test_importing_the_package_loads_no_analyzer() -> None:
    program = (
        "import sys, chalicelib.analyzers as package\n"
        "print(sorted(set(package.ANALYZERS) & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
