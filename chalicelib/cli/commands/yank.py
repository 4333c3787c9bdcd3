"""`prism yank`: hide a version from ranges."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_publisher, add_registry, command

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Hide a version: ranges and tags no longer lead to it, but who names it exactly still
gets it, so nothing that is locked to it breaks.
"""

EXAMPLES = """
prism yank widget@1.0.0
prism yank widget@1.0.0 "leaks the token into the log"
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "yank",
        run=run,
        summary="hide a version from ranges",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("spec", metavar="NAME@VERSION", help="the version, exactly")
    parser.add_argument("reason", nargs="?", default="", metavar="REASON", help="why, for whoever meets it")
    add_publisher(parser)
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Yank the version."""
    from chalicelib.cli.yanking import set_yanked

    set_yanked(args, env, {"yanked": True, "reason": args.reason}, done="Yanked")
    return ExitStatus.OK
