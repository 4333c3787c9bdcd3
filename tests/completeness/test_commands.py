"""Every command is registered and shows examples."""

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

import pytest

from chalicelib.cli import commands
from chalicelib.cli.__main__ import build_parsers
from chalicelib.cli.commands import COMMANDS

NAMES = [str(vars(module)["__name__"]).rpartition(".")[2].removesuffix("_") for module in COMMANDS]
"""A file that would be called as a word of Python's is ends with an underscore."""


def _parsers() -> Mapping[str, ArgumentParser]:
    _, commands_by_name = build_parsers()
    return commands_by_name


def test_every_command_file_is_registered() -> None:
    files = {path.stem for path in Path(commands.__path__[0]).glob("*.py")} - {"__init__"}

    assert sorted(NAMES) == sorted(file.removesuffix("_") for file in files)


def test_a_command_is_called_as_its_file_is() -> None:
    assert list(_parsers()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_command_shows_examples_of_itself(name: str) -> None:
    epilog = _parsers()[name].epilog or ""

    examples = epilog.removeprefix("examples:\n").splitlines()

    assert epilog.startswith("examples:\n")
    assert examples
    assert all(line.startswith(f"  prism {name}") for line in examples)


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_says_what_it_is(name: str) -> None:
    assert all(action.help for action in _parsers()[name]._actions)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("option", "variable"),
    [
        ("--registry", "PRISM_REGISTRY_URL"),
        ("--publisher-name", "PRISM_PUBLISHER_NAME"),
        ("--publisher-email", "PRISM_PUBLISHER_EMAIL"),
    ],
)
def test_an_option_with_a_variable_names_it(name: str, option: str, variable: str) -> None:
    for action in _parsers()[name]._actions:
        if option in action.option_strings:
            assert f"[env var: {variable}]" in str(action.help)


def test_every_command_has_a_test() -> None:
    tests = "".join(path.read_text() for path in Path("tests/cli").rglob("test_*.py"))

    assert [name for name in NAMES if f'"{name}"' not in tests] == []
