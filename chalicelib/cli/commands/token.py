"""`prism token`: make, list and revoke tokens."""

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.granting import action, add_actions, add_packages, add_page
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
        "--expires", metavar="TIME", help="how long it is good: 30m, 12h, 90d, 8w (default: for ever)"
    )
    listing = action(
        actions, "list", run=_list, summary="list the tokens, without their texts", examples=LIST
    )
    add_page(listing)
    revoke = action(actions, "revoke", run=_revoke, summary="make a token worthless at once", examples=REVOKE)
    revoke.add_argument(
        "id", metavar="ID", help="the token's id, as `prism token list` shows it, or the token"
    )
    for each in (create, listing, revoke):
        add_registry(each)
        add_json(each)


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
    from chalicelib.cli.granting import packages_of, timestamp
    from chalicelib.cli.output import printable, show, show_json, table

    answer = open_registry(args, env).get("tokens", limit=args.limit, cursor=args.cursor)
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    page, now = answer.value, timestamp(env.clock.unix())
    rows = [
        (token["id"], printable(token["name"]), token["scopes"][-1], packages_of(token), _state(token, now))
        for token in page["tokens"]
    ]
    show(env, table(rows))
    if not rows:
        env.say("there are no tokens but the one of the registry's settings")
    if page.get("next"):
        env.say(f"there are more: add --cursor {page['next']}")
    return ExitStatus.OK


def _revoke(args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.granting import segment
    from chalicelib.cli.output import printable, show, show_json

    token = _id(args.id)
    answer = open_registry(args, env).delete(f"tokens/{segment(token, 'id')}", {})
    if args.json:
        show_json(env, answer)
    else:
        show(env, [f"Revoked {token} of {printable(answer.value['name'])}"])
    return ExitStatus.OK


def _id(text: str) -> str:
    """Answer the id in the text of a token, which is a secret and belongs into no address; an id stays as it is."""
    kind, _, rest = text.partition("_")
    return rest.partition("_")[0] if kind == "prism" and rest else text


def _state(token: Mapping[str, Any], now: str) -> str:
    if token.get("revokedAt"):
        return f"revoked {token['revokedAt']}"
    if not token.get("expiresAt"):
        return "for ever"
    return f"{'until' if now < token['expiresAt'] else 'expired'} {token['expiresAt']}"
