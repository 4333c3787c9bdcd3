"""`prism search`: find packages."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Find packages by name, keyword and description, the best first.
"""

EXAMPLES = """
prism search date picker
prism search http --runtime deno --limit 50
prism search http --json
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers, "search", run=run, summary="find packages", description=DESCRIPTION, examples=EXAMPLES
    )
    parser.add_argument("query", nargs="+", metavar="QUERY", help="words to look for")
    parser.add_argument("--runtime", metavar="NAMES", help="only what runs there: node, deno, bun, workers")
    parser.add_argument(
        "--limit", type=int, metavar="NUMBER", help="at most so many, up to 100 (default: 20)"
    )
    parser.add_argument("--cursor", help="go on where an earlier search stopped")
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Search for the words."""
    from chalicelib.cli.output import printable, show, show_json, table

    answer = open_registry(args, env).get(
        "search", q=" ".join(args.query), runtime=args.runtime, limit=args.limit, cursor=args.cursor
    )
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    page = answer.value
    rows = [
        (
            result["identifier"]["name"],
            result["identifier"]["version"],
            printable(result.get("description") or ""),
        )
        for result in page["results"]
    ]
    show(env, table(rows))
    if not rows:
        env.say("nothing was found")
    if page.get("next"):
        env.say(f"there are more: add --cursor {page['next']}")
    return ExitStatus.OK
