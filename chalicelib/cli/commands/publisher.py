"""`prism publisher`: say whom the registry trusts to publish."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.granting import action, add_actions, add_packages
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
List, allow and remove trusted publishers. Until somebody is put on the list, everybody may
publish who has a token for it; `prism publisher allow '*'` lets everybody again. All of it
needs a token with the scope admin in PRISM_TOKEN.
"""

EVERYBODY = "nobody is listed, so everybody may publish who has a token for it"
NOBODY = "nobody is left on the list, so nobody may publish; `prism publisher allow '*'` lets everybody again"
LIST = "prism publisher list"
ALLOW = """
prism publisher allow alice
prism publisher allow 'ci-*' --packages '@acme/*'
"""
REMOVE = "prism publisher remove alice"


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "publisher",
        summary="list, allow and remove trusted publishers",
        description=DESCRIPTION,
        examples=f"{LIST}\n{ALLOW.strip()}\n{REMOVE}",
    )
    actions = add_actions(parser)
    listing = action(actions, "list", run=_list, summary="list the trusted publishers", examples=LIST)
    allow = action(actions, "allow", run=_allow, summary="put a publisher on the list", examples=ALLOW)
    add_packages(allow)
    remove = action(actions, "remove", run=_remove, summary="take a publisher off the list", examples=REMOVE)
    for each in (allow, remove):
        each.add_argument("name", metavar="NAME", help="the publisher; * stands for any characters")
    for each in (listing, allow, remove):
        add_registry(each)
        add_json(each)


def _list(args: Namespace, env: Environment) -> ExitStatus:
    return _show(open_registry(args, env).get("publishers"), args, env)


def _allow(args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.granting import patterns

    packages = patterns(args.packages)
    wanted = {} if packages is None else {"packages": packages}
    return _show(open_registry(args, env).put(_path(args.name), wanted, {}), args, env)


def _remove(args: Namespace, env: Environment) -> ExitStatus:
    return _show(open_registry(args, env).delete(_path(args.name), {}), args, env)


def _path(name: str) -> str:
    from chalicelib.cli.granting import segment

    return f"publishers/{segment(name, 'name')}"


def _show(answer: "Answer", args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.granting import packages_of
    from chalicelib.cli.output import printable, show, show_json, table

    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    rows = [(printable(line["name"]), packages_of(line)) for line in answer.value["publishers"]]
    show(env, table(rows))
    if not rows:
        env.say(EVERYBODY if answer.value["everybody"] else NOBODY)
    return ExitStatus.OK
