"""`prism unyank`: show a yanked version to ranges again."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_publisher, add_registry, command

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Show a yanked version again: ranges and tags may lead to it as before.
"""

EXAMPLES = """
prism unyank widget@1.0.0
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "unyank",
        run=run,
        summary="show a yanked version again",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("spec", metavar="NAME@VERSION", help="the version, exactly")
    add_publisher(parser)
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Take the yank back."""
    from chalicelib.cli.yanking import set_yanked

    set_yanked(args, env, {"yanked": False}, done="No longer yanked:")
    return ExitStatus.OK
