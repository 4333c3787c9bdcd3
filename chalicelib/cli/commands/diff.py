"""`prism diff`: what changed between two versions."""

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers
    from chalicelib.domain.specs import PackageSpec

DESCRIPTION = """
Show what changed from one version of a package to another: files, entries and
dependencies, and whether it breaks who uses the package.
"""

EXAMPLES = """
prism diff react@18.3.1 react@19.0.0
prism diff react 18.3.1 19.0.0
prism diff react latest next
"""

SIGNS = {"added": ("green", "+"), "removed": ("red", "-"), "modified": ("yellow", "~")}


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "diff",
        run=run,
        summary="show what changed between two versions",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument(
        "versions", nargs="+", metavar="VERSION", help="NAME@BEFORE NAME@AFTER, or NAME BEFORE AFTER"
    )
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Compare the versions."""
    from urllib.parse import quote

    from chalicelib.cli.client import version_path
    from chalicelib.cli.output import show, show_json
    from chalicelib.cli.picking import version_for

    registry = open_registry(args, env)
    before, after = _specs(args.versions)
    previous = quote(version_for(registry, before), safe="")
    answer = registry.get(f"{version_path(after.name, version_for(registry, after))}/diff/{previous}")
    if args.json:
        show_json(env, answer)
    else:
        show(env, _lines(answer.value, env))
    return ExitStatus.OK


def _specs(words: list[str]) -> "tuple[PackageSpec, PackageSpec]":
    from chalicelib.cli.errors import UsageError
    from chalicelib.cli.picking import parse_spec

    texts = [f"{words[0]}@{words[1]}", f"{words[0]}@{words[2]}"] if len(words) == 3 else words
    if len(texts) != 2:
        raise UsageError(
            "two versions of one package are compared", hint="write `prism diff NAME BEFORE AFTER`"
        )
    before, after = (parse_spec(text) for text in texts)
    if before.name != after.name:
        raise UsageError(
            f"`{before.name}` and `{after.name}` are different packages", hint="name one package twice"
        )
    return before, after


def _lines(diff: Mapping[str, Any], env: Environment) -> list[str]:
    name, before, after = diff["to"]["name"], diff["from"]["version"], diff["to"]["version"]
    changes = [
        *_section("files", [_file_line(change, env) for change in diff["files"]]),
        *_section("entries", _entry_lines(diff["exports"], env)),
        *_section("dependencies", [_dependency_line(change, env) for change in diff["dependencies"]]),
    ]
    verdict = [f"breaking: {reason}" for reason in diff["reasons"]] if diff["breaking"] else ["not breaking"]
    return [f"{name} {before} → {after}", *verdict, *(changes or ["no changes"])]


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}:", *lines] if lines else []


def _file_line(change: Mapping[str, Any], env: Environment) -> str:
    from chalicelib.cli.output import printable, size

    sizes = [size(change[side]["rawBytes"]) for side in ("before", "after") if change.get(side)]
    return f"{_sign(change['change'], env)} {printable(change['path'])} ({' → '.join(sizes)})"


def _entry_lines(exports: Mapping[str, Any], env: Environment) -> list[str]:
    return [f"{_sign(kind, env)} {entry}" for kind in ("added", "removed") for entry in exports[kind]]


def _dependency_line(change: Mapping[str, Any], env: Environment) -> str:
    before, after = change.get("before"), change.get("after")
    if before is None or after is None:
        return f"{_sign('added' if before is None else 'removed', env)} {change['name']} {before or after}"
    return f"{_sign('modified', env)} {change['name']} {before} → {after}"


def _sign(change: str, env: Environment) -> str:
    from chalicelib.cli.output import paint

    style, sign = SIGNS[change]
    return paint(env, env.stdout, style, sign)
