"""The stand-in for Lambda keeps Lambda's rules, so that what passes here does not fail there."""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.function import Function, TimedOut, running
from tests.runtime.runtime_api import MAX_REQUEST, MAX_RESPONSE, FunctionError, RequestEntityTooLarge

Start = Callable[..., Function]
LAMBDAS_OWN = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "LAMBDA_TASK_ROOT",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPATH",
    "_HANDLER",
}
SET_BY_OTHERS = {"LC_CTYPE", "_X_AMZN_TRACE_ID"}
"""By the interpreter and by the runtime client, at run time."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a function whose handler has the given body; it sees `event` and `context`."""
    with ExitStack() as stack:

        def start(body: str, *, before: str = "", **told: Any) -> Function:
            handler = f"import os, sys, time\n{before}\ndef handler(event, context):\n"
            (tmp_path / "app.py").write_text(handler + textwrap.indent(body, "    "))
            variables = told.pop("variables", {})
            return stack.enter_context(
                running(tmp_path, "app.handler", variables, log=tmp_path / "log", **told)
            )

        yield start


def test_it_answers_what_the_handler_answers(start: Start) -> None:
    assert start("return {'got': event}").invoke({"a": "ü"}) == {"got": {"a": "ü"}}


def test_it_has_lambdas_environment_and_its_own_variables_and_no_other(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRISM_STORAGE_DRIVER", "memory")

    environment = start("return dict(os.environ)", variables={"PRISM_OWN": "1"}).invoke({})

    assert set(environment) - SET_BY_OTHERS == LAMBDAS_OWN | {"PRISM_OWN"}


@pytest.mark.parametrize("module", ["pytest", "boto3", "chalice", "pydantic", "chalicelib", "tests"])
def test_what_is_installed_here_cannot_be_imported_there(start: Start, module: str) -> None:
    function = start(f"import {module}")

    with pytest.raises(FunctionError, match=rf"No module named '{module}'"):
        function.invoke({})


def test_a_handler_that_raises_is_told_by_the_kind_of_its_error(start: Start) -> None:
    function = start("raise ValueError('no')")

    with pytest.raises(FunctionError) as failure:
        function.invoke({})

    assert (failure.value.kind, failure.value.message) == ("ValueError", "no")
    assert function.process.poll() is None


def test_a_module_that_cannot_be_imported_fails_the_start(start: Start) -> None:
    with pytest.raises(FunctionError, match="no settings"):
        start("pass", before="raise RuntimeError('no settings')").invoke({})


def test_a_process_that_ends_is_told(start: Start) -> None:
    with pytest.raises(FunctionError, match="ended with 3"):
        start("os._exit(3)").invoke({})


def test_a_function_is_ended_at_its_deadline(start: Start) -> None:
    function = start("time.sleep(60)", timeout=0.5)

    with pytest.raises(TimedOut):
        function.invoke({})

    assert function.process.poll() is not None


def test_a_function_knows_its_deadline(start: Start) -> None:
    remaining = start("return context.get_remaining_time_in_millis()", timeout=20).invoke({})

    assert 10_000 < remaining <= 20_000


def test_an_event_may_have_six_megabytes_and_no_more(start: Start) -> None:
    function = start("return len(event)")
    most = MAX_REQUEST - 2

    assert function.invoke("a" * most) == most
    with pytest.raises(RequestEntityTooLarge):
        function.invoke("a" * (most + 1))


def test_an_answer_may_have_a_little_more_than_six_megabytes(start: Start) -> None:
    function = start("return 'a' * event")
    most = MAX_RESPONSE - 2

    assert len(function.invoke(most)) == most
    with pytest.raises(FunctionError, match="ResponseSizeTooLarge"):
        function.invoke(most + 1)


def test_what_it_writes_does_not_hold_it_up(start: Start) -> None:
    function = start("print('a' * event)\nprint('b' * event, file=sys.stderr)")

    function.invoke(1 << 20)

    assert len(function.said()) > 2 << 20


def test_its_peak_of_memory_is_measured(start: Start) -> None:
    function = start("block = bytearray(event)\nblock[::4096] = b'x' * len(block[::4096])")
    function.invoke(1)
    before = function.peak_bytes

    function.invoke(50 << 20)

    assert 45 << 20 < function.peak_bytes - before < 80 << 20
