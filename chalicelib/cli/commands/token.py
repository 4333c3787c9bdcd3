"""`prism token`: make, list and revoke tokens."""

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.granting import action, add_actions, add_packages
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Make, list and revoke the tokens of a registry. All of it needs a token with the scope
admin in PRISM_TOKEN.
"""

CREATE = """
prism token create ci --scope publish --packages '@acme/*' --expires 90d
prism token create reader
"""
LIST = "prism token list"
REVOKE = "prism token revoke 5f0c8e2a91d4"


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "token",
        run=run,
        summary="make, list and revoke tokens",
        description=DESCRIPTION,
        examples=f"{CREATE.strip()}\n{LIST}\n{REVOKE}",
    )
    actions = add_actions(parser)
    create = action(
        actions, "create", run=_create, summary="make a token, and print it this one time", examples=CREATE
    )
    create.add_argument(
        "name", metavar="NAME", help="whom the token speaks as: the publisher that is recorded"
    )
    create.add_argument(
        "--scope",
        choices=("read", "publish", "admin"),
        default="read",
        help="what it may do; each implies those before (default: read)",
    )
    add_packages(create)
    create.add_argument(
        "--expires", metavar="TIME", help="how long it is good: 90d, 12h, 8w (default: for ever)"
    )
    listing = action(
        actions, "list", run=_list, summary="list the tokens, without their texts", examples=LIST
    )
    listing.add_argument(
        "--limit", type=int, metavar="NUMBER", help="at most so many, up to 100 (default: 20)"
    )
    listing.add_argument("--cursor", help="go on where an earlier list stopped")
    revoke = action(actions, "revoke", run=_revoke, summary="make a token worthless at once", examples=REVOKE)
    revoke.add_argument("id", metavar="ID", help="the token's id, as `prism token list` shows it")
    for each in (create, listing, revoke):
        add_registry(each)
        add_json(each)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Do what was asked with tokens."""
    status: ExitStatus = args.act(args, env)
    return status


def _create(args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.granting import packages_of, patterns
    from chalicelib.cli.output import show, show_json

    wanted = {
        "name": args.name,
        "scopes": [args.scope],
        "packages": patterns(args.packages),
        "expiresIn": args.expires,
    }
    answer = open_registry(args, env).create("tokens", {k: v for k, v in wanted.items() if v is not None})
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    made = answer.value
    until = f", until {made['expiresAt']}" if made.get("expiresAt") else ""
    env.say(f"Made token {made['id']} for {made['name']}: {args.scope}, {packages_of(made)}{until}")
    env.say("It is shown this one time; put it into PRISM_TOKEN where it is to be used:")
    show(env, [made["token"]])
    return ExitStatus.OK


def _list(args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.granting import packages_of
    from chalicelib.cli.output import printable, show, show_json, table

    answer = open_registry(args, env).get("tokens", limit=args.limit, cursor=args.cursor)
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    page = answer.value
    rows = [
        (token["id"], printable(token["name"]), token["scopes"][-1], packages_of(token), _state(token))
        for token in page["tokens"]
    ]
    show(env, table(rows))
    if not rows:
        env.say("there are no tokens but the one of the registry's settings")
    if page.get("next"):
        env.say(f"there are more: add --cursor {page['next']}")
    return ExitStatus.OK


def _revoke(args: Namespace, env: Environment) -> ExitStatus:
    from urllib.parse import quote

    from chalicelib.cli.output import printable, show, show_json

    answer = open_registry(args, env).delete(f"tokens/{quote(args.id, safe='')}", {})
    if args.json:
        show_json(env, answer)
    else:
        show(env, [f"Revoked {args.id} of {printable(answer.value['name'])}"])
    return ExitStatus.OK


def _state(token: Mapping[str, Any]) -> str:
    if token.get("revokedAt"):
        return f"revoked {token['revokedAt']}"
    return f"until {token['expiresAt']}" if token.get("expiresAt") else "for ever"
