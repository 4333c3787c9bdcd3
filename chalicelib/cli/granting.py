"""What the commands about tokens, publishers and changes to them have in common."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.cli.errors import UsageError
from chalicelib.cli.options import HelpFormatter, indented

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from chalicelib.cli.options import Runner

ALL = "all packages"


def add_actions(parser: ArgumentParser) -> "_SubParsersAction[ArgumentParser]":
    """Let a command have commands of its own."""
    return parser.add_subparsers(
        title="commands",
        metavar="COMMAND",
        dest="action",
        required=True,
        help="what to do; each has its own --help",
    )


def action(
    actions: "_SubParsersAction[ArgumentParser]", name: str, *, run: "Runner", summary: str, examples: str
) -> ArgumentParser:
    """Add a command of a command."""
    parser: ArgumentParser = actions.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:\n{indented(examples)}",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def add_packages(parser: ArgumentParser) -> None:
    """Add the option that names packages."""
    parser.add_argument(
        "--packages",
        action="append",
        metavar="PATTERNS",
        help="only these packages: names, or patterns such as '@acme/*', separated by commas (default: all)",
    )


def add_page(parser: ArgumentParser) -> None:
    """Add the options that go through a long list."""
    parser.add_argument(
        "--limit", type=int, metavar="NUMBER", help="at most so many, up to 100 (default: 20)"
    )
    parser.add_argument("--cursor", help="go on where an earlier list stopped")


def patterns(given: Sequence[str] | None) -> list[str] | None:
    """Answer the patterns of an option that may be given more than once, None when it was not."""
    if given is None:
        return None
    return [pattern.strip() for text in given for pattern in text.split(",") if pattern.strip()]


def segment(text: str, what: str) -> str:
    """Answer a name or id as one segment of an address; raises UsageError for one that is empty."""
    from urllib.parse import quote

    if not text.strip():
        raise UsageError(f"the {what} is empty")
    return quote(text, safe="")


def timestamp(seconds: float) -> str:
    """Answer a moment in seconds since 1970 as the registry writes it."""
    from datetime import UTC, datetime

    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def packages_of(facts: Mapping[str, Any]) -> str:
    """Answer a token's or publisher's packages for people."""
    named = facts.get("packages")
    return ALL if named is None or named == ["*"] else ", ".join(named)
