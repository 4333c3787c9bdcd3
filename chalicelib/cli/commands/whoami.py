"""`prism whoami`: whom the registry takes the caller for."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Show whom the registry takes you for, and what the token in PRISM_TOKEN allows.
"""

EXAMPLES = """
prism whoami
prism whoami --registry https://prism.example.com
"""

SETTING = "the one in the registry's setting PRISM_ADMIN_TOKEN"


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "whoami",
        run=run,
        summary="show who you are to the registry",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Ask the registry."""
    from chalicelib.cli.granting import packages_of
    from chalicelib.cli.output import fields, printable, show, show_json

    answer = open_registry(args, env).get("whoami")
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    identity = answer.value
    rows = (
        ("Name", printable(identity.get("name") or "nobody: the registry is open and no token was sent")),
        ("Scopes", ", ".join(identity["scopes"])),
        ("Packages", packages_of(identity)),
        ("Token", SETTING if identity.get("token") == "setting" else identity.get("token")),
        ("Until", identity.get("expiresAt")),
    )
    show(env, fields(env, rows))
    return ExitStatus.OK
