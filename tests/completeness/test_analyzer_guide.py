"""The guide's example is run as it is printed."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import chalicelib.analyzers
from chalicelib.analyzers import base

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "add-an-analyzer.md"


@pytest.fixture
def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)


def _module(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(source, str(GUIDE), "exec"), module.__dict__)
    return module


def test_the_guides_analyzer_passes_the_guides_tests(
    blocks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    analyzer = _module("chalicelib.analyzers.changelog", blocks[0])
    monkeypatch.setitem(sys.modules, analyzer.__name__, analyzer)
    monkeypatch.setattr(chalicelib.analyzers, "changelog", analyzer, raising=False)
    written = _module("test_changelog", blocks[1])

    tests = [value for key, value in vars(written).items() if key.startswith("test_")]
    for test in tests:
        test()

    assert len(tests) == 2


def test_the_guides_analyzer_has_the_whole_interface(blocks: list[str]) -> None:
    analyzer = _module("changelog", blocks[0])
    wanted = {key for key in vars(base.Analyzer) if not key.startswith("_")}

    assert wanted <= set(vars(analyzer))
