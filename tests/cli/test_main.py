"""The command as a whole: help, wrong usage, colours, interruptions and start-up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.cli.__main__ import main
from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.transport import HttpRequest, HttpResponse
from tests.cli.conftest import Prism, Terminal
from tests.cli.documents import DIFF, PAGE
from tests.cli.fake_registry import FakeRegistry

ROOT = Path(__file__).parents[2]


def test_no_command_shows_the_help(prism: Prism) -> None:
    result = prism()

    assert result.status is ExitStatus.OK
    assert result.out.startswith("usage: prism [-h] [-V] COMMAND ...\n")


def test_help_names_every_variable(prism: Prism) -> None:
    out = prism("--help").out

    for variable in (
        "PRISM_REGISTRY_URL",
        "PRISM_TOKEN",
        "PRISM_PUBLISHER_NAME",
        "PRISM_PUBLISHER_EMAIL",
        "NO_COLOR",
    ):
        assert variable in out


def test_version_is_a_line_on_stdout(prism: Prism) -> None:
    assert prism("--version").out.startswith("prism ")


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(["nothing"], id="unknown-command"),
        pytest.param(["info"], id="missing-argument"),
        pytest.param(["info", "w", "--regis", "http://x"], id="abbreviated-option"),
        pytest.param(["resolve", "w", "--runtime", "rhino"], id="unknown-choice"),
        pytest.param(["search", "w", "--limit", "many"], id="not-a-number"),
    ],
)
def test_wrong_usage_is_told_on_stderr(prism: Prism, argv: list[str]) -> None:
    result = prism(*argv)

    assert (result.status, result.out) == (ExitStatus.USAGE, "")
    assert result.err.startswith("usage: prism")


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param("Not A Name", id="name"),
        pytest.param("widget@git+ssh://x", id="git"),
        pytest.param("", id="empty"),
    ],
)
def test_a_spec_that_cannot_be_read_is_wrong_usage(prism: Prism, registry: FakeRegistry, spec: str) -> None:
    result = prism("info", spec)

    assert result.status is ExitStatus.USAGE
    assert result.err.startswith("error: ")
    assert registry.asked == []


def test_a_terminal_gets_colours(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/w/2.0.0/diff/1.0.0", DIFF)

    result = prism("diff", "w", "1.0.0", "2.0.0", tty=True)

    assert "\x1b[32m+\x1b[0m ./new" in result.out


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_colours_can_be_refused(prism: Prism, registry: FakeRegistry, variables: dict[str, str]) -> None:
    registry.answer("GET /v1/packages/w/2.0.0/diff/1.0.0", DIFF)

    result = prism("diff", "w", "1.0.0", "2.0.0", tty=True, **variables)

    assert "\x1b" not in result.out


def test_what_is_no_terminal_gets_no_colours(prism: Prism) -> None:
    result = prism("info", "widget", PRISM_REGISTRY_URL="nonsense")

    assert "\x1b" not in result.err


def test_an_error_on_a_terminal_is_red(prism: Prism) -> None:
    result = prism("info", "widget", tty=True, PRISM_REGISTRY_URL="nonsense")

    assert result.err.startswith("\x1b[31merror:\x1b[0m the registry `nonsense`")


def test_an_interruption_ends_the_command() -> None:
    def interrupted(request: HttpRequest) -> HttpResponse:
        raise KeyboardInterrupt

    err = Terminal()
    status = main(["info", "w"], Environment(stderr=err, environ={"NO_COLOR": "1"}, transport=interrupted))

    assert (status, err.getvalue()) == (ExitStatus.INTERRUPTED, "error: interrupted\n")


def test_a_reader_that_leaves_early_is_no_failure(registry: FakeRegistry) -> None:
    page = {**PAGE, "tags": {f"tag-{number}": "1.0.0" for number in range(20_000)}}
    registry.answer("GET /v1/packages/widget", page)
    command = f"'{sys.executable}' -m chalicelib.cli tag widget | head -1; exit ${{PIPESTATUS[0]}}"

    run = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**os.environ, "PRISM_REGISTRY_URL": registry.url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stdout, run.stderr) == (0, "tag-0      1.0.0\n", "")


def test_the_help_loads_neither_the_network_nor_pydantic() -> None:
    code = (
        "import sys; from chalicelib.cli.__main__ import main; main(['--help']);"
        "print(sorted({'pydantic', 'urllib.request', 'http.client', 'ssl', 'tarfile'} & set(sys.modules)))"
    )

    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stdout.splitlines()[-1] == "[]"
