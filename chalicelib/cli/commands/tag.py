"""`prism tag`: list, set and remove tags."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_publisher, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer, Registry
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
List a package's tags, point one at a version, or remove one.
"""

EXAMPLES = """
prism tag react
prism tag react@19.0.0 stable
prism tag react@next latest
prism tag --remove react stable
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "tag",
        run=run,
        summary="list, set and remove tags",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("spec", metavar="SPEC", help="NAME, or NAME@VERSION to point a tag at it")
    parser.add_argument("tag", nargs="?", metavar="TAG", help="the tag to set or remove")
    parser.add_argument("--remove", action="store_true", help="remove the tag")
    add_publisher(parser)
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """List the tags, or change one."""
    from chalicelib.cli.output import show, show_json, table

    registry = open_registry(args, env)
    answer, done = _list(args, registry) if args.tag is None else _change(args, registry, env)
    if args.json:
        show_json(env, answer)
    elif done:
        show(env, [done])
    else:
        show(env, table(sorted(answer.value["tags"].items())))
    return ExitStatus.OK


def _list(args: Namespace, registry: "Registry") -> "tuple[Answer, str]":
    from chalicelib.cli.client import name_path
    from chalicelib.cli.errors import UsageError
    from chalicelib.cli.picking import parse_spec
    from chalicelib.domain.specs import ANYTHING

    spec = parse_spec(args.spec)
    if args.remove or spec.wanted != ANYTHING:
        raise UsageError(
            "the tag is missing", hint="write `prism tag NAME@VERSION TAG` or `prism tag --remove NAME TAG`"
        )
    return registry.get(f"packages/{name_path(spec.name)}"), ""


def _change(args: Namespace, registry: "Registry", env: Environment) -> "tuple[Answer, str]":
    from urllib.parse import quote

    from chalicelib.cli.client import name_path
    from chalicelib.cli.errors import UsageError
    from chalicelib.cli.identity import publisher
    from chalicelib.cli.picking import parse_spec, version_for, versions_in
    from chalicelib.domain.specs import ANYTHING

    spec, headers = parse_spec(args.spec), publisher(args, env).headers()
    path = f"packages/{name_path(spec.name)}/dist-tags/{quote(args.tag, safe='')}"
    if args.remove:
        if spec.wanted != ANYTHING:
            raise UsageError(
                "a tag is removed from a package, not from a version", hint=f"name only `{spec.name}`"
            )
        return registry.delete(path, headers), f"Removed {args.tag} from {spec.name}"
    if spec.wanted == ANYTHING:
        raise UsageError("the version is missing", hint=f"write `prism tag {spec.name}@VERSION {args.tag}`")
    version = version_for(registry, spec)
    if spec.kind == "tag":
        [version] = versions_in(registry.get(f"packages/{name_path(spec.name)}").value, spec)
    return registry.put(path, {"version": version}, headers), f"Tagged {spec.name}@{version} as {args.tag}"
