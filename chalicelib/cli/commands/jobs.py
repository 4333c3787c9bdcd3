"""`prism jobs`: what is being published, and what was."""

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.granting import add_page
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
List what is being published and what was, the newest first: the job's id, the package,
its state, when it was started, how long it took, and why it failed if it did.

`prism job ID` shows one of them.
"""

EXAMPLES = """
prism jobs
prism jobs --state failed --since 2h
prism jobs --package @acme/widget --since 2026-01-31T12:00:00Z
prism jobs --limit 100 --json
"""

STATES: Final = ("queued", "running", "completed", "stopped", "failed")
HEADINGS: Final = ("ID", "PACKAGE", "STATE", "STARTED", "TOOK", "ERROR")


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "jobs",
        run=run,
        summary="list what is being published, and what was",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("--state", choices=STATES, help="only those in this state")
    parser.add_argument("--package", metavar="NAME", help="only those of this package")
    parser.add_argument(
        "--since",
        metavar="TIME",
        help="only those started at most so long ago (30m, 2h, 7d), or since a moment (RFC 3339)",
    )
    add_page(parser)
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """List the jobs."""
    from chalicelib.cli.output import paint, printable, show, show_json, table

    answer = open_registry(args, env).get(
        "jobs",
        state=args.state,
        package=args.package,
        since=_moment(args.since, env),
        limit=args.limit,
        cursor=args.cursor,
    )
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    page = answer.value
    heading, *lines = table([HEADINGS, *(_row(job, env.clock.unix()) for job in page["jobs"])])
    if page["jobs"]:
        show(env, [paint(env, env.stdout, "bold", heading), *lines])
    else:
        env.say("there are no such jobs")
    for record in page.get("unreadable", ()):
        env.say(f"note: `{printable(record['key'])}` cannot be read: {printable(record['reason'])}")
    if page.get("next"):
        env.say(f"there are more: add --cursor {page['next']}")
    return ExitStatus.OK


def _moment(since: str | None, env: Environment) -> str | None:
    """Answer the moment that is meant; what is no duration is left to the registry to read."""
    from chalicelib.cli.granting import timestamp
    from chalicelib.domain.times import duration

    if since is None:
        return None
    try:
        return timestamp(env.clock.unix() - duration(since).total_seconds())
    except ValueError:
        return since


def _row(job: Mapping[str, Any], now: float) -> tuple[str, ...]:
    from chalicelib.cli.output import printable
    from chalicelib.cli.stages import age, package_of, time_of, took

    elapsed = time_of(job, now)
    cells = (
        job["id"],
        package_of(job) or "-",
        job["state"],
        age(job["startedAt"], now),
        "-" if elapsed is None else took(elapsed),
        (job.get("error") or {}).get("code") or "",
    )
    return tuple(printable(str(cell)) for cell in cells)
