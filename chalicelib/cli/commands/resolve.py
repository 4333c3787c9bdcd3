"""`prism resolve`: the file that a runtime would load."""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Registry
    from chalicelib.cli.options import Subparsers

RUNTIMES = ("node", "deno", "bun", "workers", "browser", "edge-light")
MODES = ("import", "require")

DESCRIPTION = """
Show which file of a package a runtime would load. A path behind the version asks for
an entry of its own, as in an import; a path that begins with # asks what the package's
own `imports` lead to. Several specs, runtimes or modes are asked for in one request.
"""

EXAMPLES = """
prism resolve react
prism resolve react@19/jsx-runtime --runtime deno
prism resolve lodash@^4 --mode require --json
prism resolve react --base-url https://cdn.example.com
prism resolve chalk@5/#ansi-styles --from source/index.js
prism resolve react-dom@19/server --runtime bun --explain
prism resolve react preact vue --runtime node --runtime bun
"""

OUTCOMES: Final = {
    "found": "found",
    "elsewhere": "leads out of the package",
    "file_missing": "no such file",
    "not_a_condition": "not a condition here",
    "not_reached": "not looked at, since an earlier one led somewhere",
    "less_specific": "matches as well, but is less specific",
    "not_read": "not read by this runtime",
    "null": "null",
    "ignored": "neither text nor conditions, so passed over",
    "invalid_target": "not a target that a package may have",
    "always_served": "always served",
}
"""What became of a step, for people."""


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
    parser.add_argument(
        "specs", metavar="SPEC", nargs="+", help="NAME, NAME@RANGE, NAME@RANGE/PATH or NAME@RANGE/#NAME"
    )
    parser.add_argument(
        "--runtime", choices=RUNTIMES, action="append", help="who loads it; may be repeated (default: node)"
    )
    parser.add_argument(
        "--mode", choices=MODES, action="append", help="how it is loaded; may be repeated (default: import)"
    )
    parser.add_argument(
        "--from", dest="importer", metavar="PATH", help="the package's own file that imports it"
    )
    parser.add_argument(
        "--explain", action="store_true", help="show the way: what was looked at and passed over"
    )
    parser.add_argument("--base-url", metavar="URL", help="what the answer's addresses begin with")
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Resolve the specs."""
    from chalicelib.cli.errors import UsageError

    # The registry reads the specs; what it says about a wrong one is what everybody is told.
    registry = open_registry(args, env)
    runtimes, modes = args.runtime or ["node"], args.mode or ["import"]
    if len(args.specs) == len(runtimes) == len(modes) == 1:
        return _show_one(args, env, registry, runtime=runtimes[0], mode=modes[0])
    if args.explain or args.importer:
        raise UsageError("--explain and --from are for one spec on one runtime in one mode")
    return _show_all(args, env, registry, runtimes=runtimes, modes=modes)


def _show_one(
    args: Namespace, env: Environment, registry: "Registry", *, runtime: str, mode: str
) -> ExitStatus:
    from chalicelib.cli.errors import RegistryRefused
    from chalicelib.cli.output import fields, show, show_json

    query = {"spec": args.specs[0], "runtime": runtime, "mode": mode, "baseUrl": args.base_url}
    try:
        answer = registry.get(
            "resolve", **query, **{"from": args.importer, "explain": "true" if args.explain else None}
        )
    except RegistryRefused as refused:
        if not args.json:
            show(env, _way(refused.facts))
        raise
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    found = answer.value
    show(env, fields(env, _rows(found, registry.url)))
    show(env, _way(found))
    for flag in ("deprecated", "yanked"):
        if found.get(flag):
            env.say(f"note: this version is {flag}: {found[flag]}")
    for note in found.get("notes", ()):
        env.say(f"note: {note['detail']}")
    return ExitStatus.OK


def _rows(found: Mapping[str, Any], registry: str) -> list[tuple[str, object]]:
    asked = [
        ("Spec", _spec(found)),
        ("Runtime", f"{found['runtime']} ({found['mode']})"),
    ]
    if "dependency" in found:
        leads = found["dependency"]
        kind = "built-in module" if leads["kind"] == "builtin" else "package"
        return [*asked, ("Leads to", f"{leads['specifier']} ({kind})"), ("Resolve", leads.get("spec"))]
    return [
        *asked,
        ("Format", found["format"]),
        ("URL", _absolute(registry, found["url"])),
        ("Entry", found["entryPath"]),
        ("Types", _absolute(registry, found.get("typesUrl")) or "none"),
        ("Integrity", found["integrity"]),
    ]


def _spec(found: Mapping[str, Any]) -> str:
    subpath = found["subpath"]
    return f"{found['name']}@{found['version']}{f'/{subpath}' if subpath[0] == '#' else subpath[1:]}"


def _way(answer: Mapping[str, Any]) -> Iterator[str]:
    """Answer the steps of a resolution as a tree: the keys, and below each its conditions or paths."""
    from chalicelib.cli.output import printable

    below: dict[str, list[tuple[str, str]]] = {}
    for step in answer.get("trace", ()):
        outcome = OUTCOMES.get(step["outcome"], step["outcome"])
        below.setdefault(step["key"], []).append((step["condition"], outcome))
    for key, steps in below.items():
        own = "".join(f"  {outcome}" for condition, outcome in steps if not condition)
        yield f"{printable(key)}{own}"
        children = [(printable(condition), outcome) for condition, outcome in steps if condition]
        width = max((len(condition) for condition, _ in children), default=0)
        for number, (condition, outcome) in enumerate(children, 1):
            yield f"{'└──' if number == len(children) else '├──'} {condition.ljust(width)}  {outcome}"


def _show_all(
    args: Namespace, env: Environment, registry: "Registry", *, runtimes: list[str], modes: list[str]
) -> ExitStatus:
    from chalicelib.cli.output import show, show_json, table

    wanted = {"specs": args.specs, "runtimes": runtimes, "modes": modes}
    answer = registry.create("resolve", {**wanted, **({"baseUrl": args.base_url} if args.base_url else {})})
    items = answer.value["items"]
    if args.json:
        show_json(env, answer)
    else:
        show(env, table([_row(item) for item in items]))
    for item in items:
        for note in item.get("resolution", {}).get("notes", ()):
            env.say(f"note: {note['detail']}")
    return next((_status(item["error"]) for item in items if "error" in item), ExitStatus.OK)


def _row(item: Mapping[str, Any]) -> list[str]:
    from chalicelib.cli.output import printable

    if "error" in item:
        told = [item["spec"], item["runtime"], item["mode"], "error", item["error"]["detail"]]
    else:
        found = item["resolution"]
        leads = found.get("entryPath") or found["dependency"]["specifier"]
        told = [_spec(found), item["runtime"], item["mode"], found.get("format", "elsewhere"), leads]
    return [printable(cell) for cell in told]


def _status(error: Mapping[str, Any]) -> ExitStatus:
    from chalicelib.cli.errors import RegistryRefused

    return RegistryRefused(error["detail"], http_status=error["status"], facts=error, hint=None).status


def _absolute(registry: str, url: str | None) -> str | None:
    # A registry that was not told its own address answers with paths on itself.
    return f"{registry}{url}" if url and url.startswith("/") else url
