"""`prism files`: the files of a version."""

from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
List the files of a version with their sizes. A path behind the version lists what lies
below it.
"""

EXAMPLES = """
prism files react
prism files react@19.0.0/cjs
prism files @acme/widget@next --json
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "files",
        run=run,
        summary="list a version's files",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("spec", metavar="SPEC", help="NAME, NAME@VERSION or NAME@VERSION/PATH")
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """List the files."""
    from chalicelib.cli.client import version_path
    from chalicelib.cli.output import count, printable, show, show_json, size, table
    from chalicelib.cli.picking import parse_spec, version_for
    from chalicelib.domain.errors import FileMissing

    registry, spec = open_registry(args, env), parse_spec(args.spec, path_allowed=True)
    version = version_for(registry, spec)
    answer = registry.get(f"{version_path(spec.name, version)}/files")
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    files = [node for node in _files(answer.value["tree"]) if _lies_below(node["path"], spec.subpath)]
    if not files:
        raise FileMissing(spec.name, version, spec.subpath[2:])
    rows = [(size(node["size"]["rawBytes"]), printable(node["path"])) for node in files]
    show(env, table(rows, right=frozenset({0})))
    env.say(f"{count(len(files), 'file')}, {size(sum(node['size']['rawBytes'] for node in files))}")
    return ExitStatus.OK


def _files(nodes: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for node in nodes:
        if node["type"] == "file":
            yield node
        yield from _files(node.get("children") or ())


def _lies_below(path: str, subpath: str) -> bool:
    folder = subpath[2:].rstrip("/")
    return not folder or path == folder or path.startswith(f"{folder}/")
