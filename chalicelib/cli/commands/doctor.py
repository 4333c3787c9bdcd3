"""`prism doctor`: find out what is wrong, and what to do about it."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_registry, command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.cli.examining import Examination
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Look at everything between here and the registry's storage: whether the registry can be
reached, the clocks, the token, who publishes, and what the registry finds when it
examines itself. Under each problem stands what to do about it.

Exits with 0 unless something failed; warnings are no failures.
"""

EXAMPLES = """
prism doctor
prism doctor --registry https://packages.example.org/api
prism doctor --json
"""

COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "doctor",
        run=run,
        summary="find out what is wrong, and what to do about it",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    add_registry(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Examine, and tell."""
    from chalicelib.cli.examining import examine
    from chalicelib.cli.output import show
    from chalicelib.cli.settings import registry_url

    examination = examine(registry_url(args, env), env)
    show(env, [examination.to_json()] if args.json else _lines(env, examination))
    if examination.status != "failing":
        return ExitStatus.OK
    failed = {check.name for check in examination.checks if check.status == "failed"}
    unreachable = bool(failed & {"address", "connection"})
    return ExitStatus.UNREACHABLE if unreachable else ExitStatus.FAILURE


def _lines(env: Environment, examination: "Examination") -> "Iterator[str]":
    from chalicelib.cli.output import count, paint, printable

    width = max(len(check.name) for check in examination.checks)
    for check in examination.checks:
        mark = paint(env, env.stdout, COLOURS[check.status], check.status.ljust(7))
        yield f"{mark}  {check.name.ljust(width)}  {printable(check.detail)}"
        if check.fix and check.status != "ok":
            yield f"{' ' * (11 + width)}{paint(env, env.stdout, 'cyan', 'fix:')} {printable(check.fix)}"
    found = [check.status for check in examination.checks]
    failures, warnings = found.count("failed"), found.count("warning")
    told = [count(failures, "failure")] * bool(failures) + [count(warnings, "warning")] * bool(warnings)
    yield ""
    yield " and ".join(told) or "all is well"
