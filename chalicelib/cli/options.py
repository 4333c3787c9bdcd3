"""What the commands' arguments have in common."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.settings import (
    DEFAULT_REGISTRY,
    PUBLISHER_EMAIL,
    PUBLISHER_NAME,
    REGISTRY_URL,
    registry_url,
    token,
)

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Callable

    from chalicelib.cli.client import Registry
    from chalicelib.cli.exits import ExitStatus

    Subparsers = _SubParsersAction[ArgumentParser]
    Runner = Callable[[Namespace, Environment], ExitStatus]

HELP_WIDTH: Final = 88
"""Columns; fixed, so that the reference page does not depend on who writes it."""
PATIENCE: Final = 300.0
"""Seconds for which an upload bears with a registry that does not answer."""


class HelpFormatter(RawDescriptionHelpFormatter):
    """Help as it was written, in a fixed width."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=HELP_WIDTH, max_help_position=28)


def command(
    subparsers: "Subparsers",
    name: str,
    *,
    run: "Runner | None" = None,
    summary: str,
    description: str,
    examples: str,
) -> ArgumentParser:
    """Add a command; its help ends with examples. One that has commands of its own needs no `run`."""
    parser: ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=description.strip(),
        epilog=f"examples:\n{indented(examples)}",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def indented(text: str) -> str:
    """Answer lines as they stand below a heading of the help."""
    return "\n".join(f"  {line.strip()}" for line in text.strip().splitlines())


def add_registry(parser: ArgumentParser) -> None:
    """Add the option that names the registry."""
    parser.add_argument(
        "--registry",
        metavar="URL",
        help=f"the registry's address (default {DEFAULT_REGISTRY}) [env var: {REGISTRY_URL}]",
    )


def add_json(parser: ArgumentParser) -> None:
    """Add the option that shows the registry's own answer."""
    parser.add_argument("--json", action="store_true", help="print the registry's JSON answer as it came")


def seconds(text: str) -> float:
    """Answer a time such as `30s`, `10m` or `2h` in seconds; raises ArgumentTypeError."""
    import re

    found = re.fullmatch(r"(\d{1,6})([smh]?)", text.strip())
    if not found:
        raise ArgumentTypeError(f"`{text}` is not a time such as 30s, 10m or 2h")
    return float(int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]])


def add_publisher(parser: ArgumentParser) -> None:
    """Add the options that say who publishes."""
    parser.add_argument("--publisher-name", metavar="NAME", help=f"who does this [env var: {PUBLISHER_NAME}]")
    parser.add_argument(
        "--publisher-email", metavar="EMAIL", help=f"their address [env var: {PUBLISHER_EMAIL}]"
    )


def open_registry(args: Namespace, env: Environment) -> "Registry":
    """Answer the registry that the options and the environment name; raises UsageError."""
    from chalicelib.cli.client import Registry

    return Registry(registry_url(args, env), env, token=token(env))
