"""`prism sweep`: finish what was left unfinished, and remove what nothing needs."""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer, Registry
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Let the registry take up jobs that nobody works on, make listing and search follow what
was published, and remove leftovers that nothing needs. A deployed registry does so every
few minutes by itself. It needs a token with the scope admin in PRISM_TOKEN.

Exits with 1 if something could not be dealt with; the next sweep tries it again.
"""

EXAMPLES = """
prism sweep
prism sweep --until-done
prism sweep --seconds 5 --json
"""

COLUMNS: Final = ("examined", "done", "failed")


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "sweep",
        run=run,
        summary="finish what was left unfinished, and remove leftovers",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument(
        "--seconds", type=int, metavar="NUMBER", help="for how long to sweep, 1 to 25 (default: 20)"
    )
    parser.add_argument(
        "--until-done", action="store_true", help="sweep again until every task has looked at everything"
    )
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Sweep, and show what was done."""
    from chalicelib.cli.output import show, show_json

    totals: dict[str, dict[str, Any]] = {}
    for answer in _sweeps(open_registry(args, env), args):
        if args.json:
            show_json(env, answer)
        for task in answer.value["tasks"]:
            _add(totals.setdefault(task["name"], {"left": True}), task)
    if not args.json:
        show(env, _lines(totals))
    if any(task["left"] for task in totals.values()):
        env.say(_what_is_left(args, totals))
    return ExitStatus.FAILURE if any(task["failed"] for task in totals.values()) else ExitStatus.OK


def _sweeps(registry: "Registry", args: Namespace) -> "Iterator[Answer]":
    """Answer the report of one sweep, or of as many as it takes for every task to come to the end of its round.

    Ends as well when a sweep gets no further, because another one is at it or the storage does not answer.
    """
    path = "sweep" if args.seconds is None else f"sweep?seconds={args.seconds}"
    waited_for: set[str] | None = None
    while waited_for is None or (waited_for and args.until_done):
        answer = registry.create(path, {})
        yield answer
        tasks = answer.value["tasks"]
        left = {task["name"] for task in tasks if task.get("left")}
        waited_for = left if waited_for is None else waited_for & left
        if not any(task["examined"] for task in tasks):
            return


def _add(total: dict[str, Any], task: Mapping[str, Any]) -> None:
    """Add what one sweep did for a task; once its round has ended, what begins then is not waited for."""
    for column in COLUMNS:
        total[column] = total.get(column, 0) + task[column]
    total["left"] = total["left"] and bool(task.get("left"))
    total.setdefault("named", []).extend(task["named"])
    total.setdefault("failures", []).extend(task["failures"])


def _lines(totals: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    from chalicelib.cli.output import printable, table

    rows = [[name, *(str(task[column]) for column in COLUMNS)] for name, task in totals.items()]
    yield from table([["task", *COLUMNS], *rows], right=frozenset({1, 2, 3}))
    for name, task in totals.items():
        yield from (f"{name}: {printable(done)}" for done in task["named"])
        for failure in task["failures"]:
            yield f"{name}: {printable(failure['subject'])} failed: {printable(failure['reason'])}"


def _what_is_left(args: Namespace, totals: Mapping[str, Mapping[str, Any]]) -> str:
    names = ", ".join(name for name, task in totals.items() if task["left"])
    if args.until_done:
        return f"another sweep is at it, or the registry gets no further: {names}"
    return f"not everything was looked at ({names}): add --until-done, or sweep again"
