"""`prism key`: the keys that the registry signs versions with."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.granting import action, add_actions
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
List and rotate the keys that the registry signs every version with. Clients check the
signatures with `npm audit signatures`. All of it needs a token with the scope admin in
PRISM_TOKEN.

A new key comes into force five minutes after it was made. What was published before
stays signed by the key of its time, and stays valid.
"""

NONE_YET = "there is no key yet; the first one is made when a version is first signed"
LIST = "prism key list"
ROTATE = "prism key rotate"


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "key",
        summary="list and rotate the keys that versions are signed with",
        description=DESCRIPTION,
        examples=f"{LIST}\n{ROTATE}",
    )
    actions = add_actions(parser)
    listing = action(actions, "list", run=_list, summary="list the keys, the oldest first", examples=LIST)
    rotate = action(actions, "rotate", run=_rotate, summary="let a new key follow", examples=ROTATE)
    for each in (listing, rotate):
        add_registry(each)
        add_json(each)


def _list(args: Namespace, env: Environment) -> ExitStatus:
    return _show(open_registry(args, env).get("keys"), args, env)


def _rotate(args: Namespace, env: Environment) -> ExitStatus:
    return _show(open_registry(args, env).create("keys", {}), args, env)


def _show(answer: "Answer", args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.output import show, show_json, table

    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    keys = answer.value["keys"]
    rows = [
        (
            key["keyid"],
            key["state"],
            f"from {key['createdAt']}",
            f"until {key['expires']}" if key.get("expires") else "",
        )
        for key in keys
    ]
    show(env, table(rows))
    if not rows:
        env.say(NONE_YET)
    return ExitStatus.OK
