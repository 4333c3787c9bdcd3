"""`prism resolve`: the file that a runtime would load."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

RUNTIMES = ("node", "deno", "bun", "workers", "browser", "edge-light")
MODES = ("import", "require")

DESCRIPTION = """
Show which file of a package a runtime would load. A path behind the version asks for
an entry of its own, as in an import.
"""

EXAMPLES = """
prism resolve react
prism resolve react@19/jsx-runtime --runtime deno
prism resolve lodash@^4 --mode require --json
prism resolve react --base-url https://cdn.example.com
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "resolve",
        run=run,
        summary="show the file a runtime would load",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("spec", metavar="SPEC", help="NAME, NAME@RANGE or NAME@RANGE/PATH")
    parser.add_argument("--runtime", choices=RUNTIMES, default="node", help="who loads it (default: node)")
    parser.add_argument("--mode", choices=MODES, default="import", help="how it is loaded (default: import)")
    parser.add_argument("--base-url", metavar="URL", help="what the answer's addresses begin with")
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Resolve the spec."""
    from chalicelib.cli.output import fields, show, show_json

    # The registry reads the spec; what it says about a wrong one is what everybody is told.
    registry = open_registry(args, env)
    answer = registry.get(
        "resolve", spec=args.spec, runtime=args.runtime, mode=args.mode, baseUrl=args.base_url
    )
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    found = answer.value
    rows = [
        ("Spec", f"{found['name']}@{found['version']}{found['subpath'].removeprefix('.')}"),
        ("Runtime", f"{found['runtime']} ({found['mode']})"),
        ("Format", found["format"]),
        ("URL", _absolute(registry.url, found["url"])),
        ("Entry", found["entryPath"]),
        ("Types", _absolute(registry.url, found.get("typesUrl")) or "none"),
        ("Integrity", found["integrity"]),
    ]
    show(env, fields(env, rows))
    for flag in ("deprecated", "yanked"):
        if found.get(flag):
            env.say(f"note: this version is {flag}: {found[flag]}")
    return ExitStatus.OK


def _absolute(registry: str, url: str | None) -> str | None:
    # A registry that was not told its own address answers with paths on itself.
    return f"{registry}{url}" if url and url.startswith("/") else url
