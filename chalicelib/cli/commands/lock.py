"""`prism lock`: a dependency graph as a file that resolves again to the same, and what has changed since."""

import json
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import UsageError
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer, Registry
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Resolve specs, or the dependencies of a package.json, to every package that npm would
install, and write them down. The lock holds the moment it was made for, and resolves
to the same bytes whenever it is asked for again.

With --check, nothing is written: the lock is resolved as of now, what has changed is
told with the reason, and the command ends with 1 if anything has.
"""

EXAMPLES = """
prism lock react react-dom@19
prism lock package.json -o app.lock.json
prism lock --as-of 2026-01-31T12:00:00Z express@4
prism lock --check
"""

FILE: Final = "prism.lock.json"
PACKAGE_JSON: Final = "package.json"
GROUPS: Final = {
    "specs": "dependencies",
    "devSpecs": "devDependencies",
    "optionalSpecs": "optionalDependencies",
}


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "lock",
        run=run,
        summary="write down a whole dependency graph, or check one",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument(
        "specs",
        nargs="*",
        metavar="SPEC",
        help="NAME, NAME@RANGE or ALIAS@npm:NAME@RANGE; or one package.json (default: the one here)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(FILE), metavar="FILE", help=f"the lock (default: {FILE})"
    )
    parser.add_argument("--check", action="store_true", help="tell what has changed since the lock was made")
    parser.add_argument("--as-of", metavar="MOMENT", help="resolve as of then, such as 2026-01-31T12:00:00Z")
    parser.add_argument(
        "--omit",
        action="append",
        choices=("dev", "optional", "peer"),
        default=[],
        help="leave out what only such dependencies need; may be repeated",
    )
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Write the lock, or check it."""
    if args.check:
        return _check(args, env)
    return _write(args, env)


def _write(args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.domain.document import canonical_json

    wanted = {**_wanted(args.specs), "omit": args.omit}
    answer = _ask(open_registry(args, env), wanted, args, env)
    graph = answer.value
    _tell_problems(graph, env)
    if graph["problems"]:
        env.say("nothing was written")
        return ExitStatus.NOT_FOUND
    args.output.write_bytes(canonical_json(graph["lock"]))
    env.say(f"wrote {args.output}, as of {graph['asOf']}")
    return _shown(args, answer, env)


def _check(args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.output import show, table

    if args.specs or args.omit:
        raise UsageError("a lock is checked as it was made; leave specs and --omit away")
    lock = _read(args.output)
    answer = _ask(open_registry(args, env), {"lock": lock, "check": True}, args, env)
    graph = answer.value
    _tell_problems(graph, env)
    changes = graph["changes"]
    if args.json:
        _shown(args, answer, env)
    else:
        show(env, table([_row(change) for change in changes]))
    if changes or graph["problems"] != lock.get("problems", []):
        return ExitStatus.FAILURE
    env.say(f"nothing has changed since {lock['asOf']}")
    return ExitStatus.OK


def _ask(registry: "Registry", wanted: Mapping[str, Any], args: Namespace, env: Environment) -> "Answer":
    """Resolve, and tell how it goes: a large graph takes seconds."""
    from chalicelib.cli.output import count

    env.say("resolving…")
    started = env.clock.now()
    moment = {"asOf": args.as_of} if args.as_of else {}
    answer = registry.create("resolve/graph", {**wanted, **moment})
    env.say(f"{count(len(answer.value['nodes']), 'package')} in {env.clock.now() - started:.1f} s")
    return answer


def _wanted(specs: list[str]) -> dict[str, list[str]]:
    """Answer the specs of each group; raises UsageError."""
    if specs and not (len(specs) == 1 and Path(specs[0]).name == PACKAGE_JSON):
        return {"specs": specs}
    fields = _read(Path(specs[0] if specs else PACKAGE_JSON))
    return {
        group: [f"{name}@{text}" for name, text in fields.get(field, {}).items()]
        for group, field in GROUPS.items()
    }


def _read(path: Path) -> dict[str, Any]:
    """Read a JSON object; raises UsageError."""
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(f"there is no `{path}`", hint="name specs, such as `prism lock react`") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"`{path}` cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise UsageError(f"`{path}` holds no JSON object")
    return value


def _tell_problems(graph: Mapping[str, Any], env: Environment) -> None:
    for kind, found in (("error", graph["problems"]), ("warning", graph["warnings"])):
        for problem in found:
            way = " > ".join(problem["path"])
            env.say(f"{kind}: {way} wants {problem['name']}@{problem['wanted']}: {problem['detail']}")


def _row(change: Mapping[str, Any]) -> list[str]:
    from chalicelib.cli.output import printable

    versions = [change.get("before"), change.get("after")]
    numbers = " -> ".join(dict.fromkeys(version for version in versions if version))
    return [change["kind"], change["path"], numbers, printable(change["reason"])]


def _shown(args: Namespace, answer: "Answer", env: Environment) -> ExitStatus:
    from chalicelib.cli.output import show_json

    if args.json:
        show_json(env, answer)
    return ExitStatus.OK
