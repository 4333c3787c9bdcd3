"""`prism deprecate`: put a warning on versions, or take it away."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_publisher, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Put a warning on every version in a range, prereleases included; whoever installs one is
shown it. An empty message takes the warning away. With --json each version's answer
is printed.
"""

EXAMPLES = """
prism deprecate widget@1.0.0 "use 1.0.1: it fixes a leak"
prism deprecate "widget@<2" "version 1 is no longer maintained"
prism deprecate widget "moved to @acme/widget"
prism deprecate widget@1.0.0 ""
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "deprecate",
        run=run,
        summary="put a warning on versions",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("spec", metavar="SPEC", help="NAME@RANGE, or NAME for every version")
    parser.add_argument("message", metavar="MESSAGE", help="the warning; empty to take it away")
    add_publisher(parser)
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Deprecate the versions, one after another."""
    from chalicelib.cli.client import name_path, version_path
    from chalicelib.cli.identity import publisher
    from chalicelib.cli.output import show, show_json
    from chalicelib.cli.picking import parse_spec, versions_in

    registry, spec = open_registry(args, env), parse_spec(args.spec)
    headers = publisher(args, env).headers()
    page = registry.get(f"packages/{name_path(spec.name)}").value
    done = "Deprecated" if args.message else "No longer deprecated:"
    for version in versions_in(page, spec):
        answer = registry.put(
            f"{version_path(spec.name, version)}/deprecation", {"message": args.message}, headers
        )
        if args.json:
            show_json(env, answer)
        else:
            show(env, [f"{done} {spec.name}@{version}"])
    return ExitStatus.OK
