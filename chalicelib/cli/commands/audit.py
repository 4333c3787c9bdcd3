"""`prism audit`: who changed who may do what."""

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.granting import add_page
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Show who made and revoked tokens, who changed the list of trusted publishers, who rotated
the registry's keys, and who set whom to trust for provenance, the newest change first. It
needs a token with the scope admin in PRISM_TOKEN.

Each line tells when, who, the id of their token (`setting` for the one in the
registry's settings), what was done, and to which token, publisher, key
or root.
"""

EXAMPLES = """
prism audit
prism audit --limit 100 --json
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "audit",
        run=run,
        summary="show who changed tokens, publishers, keys and trust",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    add_page(parser)
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Show a page of the log."""
    from chalicelib.cli.output import printable, show, show_json, table

    answer = open_registry(args, env).get("audit", limit=args.limit, cursor=args.cursor)
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    page = answer.value
    show(env, table([[printable(cell) for cell in _row(entry)] for entry in page["entries"]]))
    if not page["entries"]:
        env.say("nothing has been changed yet")
    if page.get("next"):
        env.say(f"there are more: add --cursor {page['next']}")
    return ExitStatus.OK


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    who = entry["by"], entry.get("token") or "-"
    return entry["at"], *who, entry["action"], entry["subject"], _details(entry.get("details", {}))


def _details(facts: Mapping[str, Any]) -> str:
    from chalicelib.cli.granting import packages_of

    if not facts:
        return ""
    scope = facts.get("scopes", [])[-1:]
    until = [f"until {facts['expiresAt']}"] if facts.get("expiresAt") else []
    about = f"{facts['name']}: " if "name" in facts else ""
    return about + ", ".join([*scope, packages_of(facts), *until])
