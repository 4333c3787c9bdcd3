"""`prism import`: have the registry take versions from its upstream before anybody asks for them."""

from argparse import Namespace
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Registry
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Let the registry take versions from its upstream, the registry behind it, so that they
are there before anybody asks for them. Which version a spec picks is decided by npm's
rules. What is there already is not fetched again: repeat the command to go on where it
was stopped.
"""

EXAMPLES = """
prism import react@19
prism import react@^19 vue lodash@4.17.21
prism import express --with-dependencies
prism import @types/node@latest --json
"""

AT_ONCE: Final = 8
"""Specs in one request, so that it is answered before a gateway gives up."""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "import",
        run=run,
        summary="take versions from the upstream",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("specs", metavar="SPEC", nargs="+", help="NAME, NAME@RANGE or NAME@TAG")
    parser.add_argument(
        "--with-dependencies",
        action="store_true",
        help="also what they need, and what that needs: one version for each range that is written",
    )
    add_registry(parser)
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document of all that was asked for"
    )


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Import the specs, and with them what they need."""
    import json

    from chalicelib.cli.output import show

    registry, told = open_registry(args, env), _Told(env)
    for item in _imported(registry, args.specs, follow=args.with_dependencies):
        told.add(item)
    if args.json:
        show(env, [json.dumps({"items": told.items}, indent=2, ensure_ascii=False)])
    else:
        show(env, [told.summary()])
    return told.status


def _imported(registry: "Registry", specs: Sequence[str], *, follow: bool) -> Iterator[dict[str, Any]]:
    waiting, known = deque(dict.fromkeys(specs)), set(specs)
    while waiting:
        asked = [waiting.popleft() for _ in range(min(AT_ONCE, len(waiting)))]
        answer = registry.create("imports", {"specs": asked})
        for item in answer.value["items"]:
            for spec in item.get("version", {}).get("requires", []) if follow else []:
                if spec not in known:
                    known.add(spec)
                    waiting.append(spec)
            yield item


class _Told:
    """What was answered so far, told as it comes."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self.items: list[dict[str, Any]] = []

    def add(self, item: dict[str, Any]) -> None:
        """Take one more answer, and tell of it."""
        from chalicelib.cli.output import printable

        self.items.append(item)
        self._env.say(printable(f"{len(self.items):>5}  {_line(item)}"))

    def summary(self) -> str:
        """Say what it came to."""
        from chalicelib.cli.output import count

        versions = {_named(item) for item in self.items if "version" in item}
        new = {_named(item) for item in self.items if item.get("version", {}).get("created")}
        failed = sum("error" in item for item in self.items)
        ends = f"; {count(failed, 'spec')} failed" if failed else ""
        return f"{count(len(versions), 'version')} here, {len(new)} of them new{ends}"

    @property
    def status(self) -> ExitStatus:
        """Whether anything failed, and how the first did."""
        from chalicelib.cli.errors import RegistryRefused

        errors = (item["error"] for item in self.items if "error" in item)
        return next(
            (
                RegistryRefused(error["detail"], http_status=error["status"], facts=error, hint=None).status
                for error in errors
            ),
            ExitStatus.OK,
        )


def _line(item: Mapping[str, Any]) -> str:
    if "error" in item:
        return f"{item['spec']}  error: {item['error']['detail']}"
    return f"{_named(item)}  {'imported' if item['version']['created'] else 'was here'}"


def _named(item: Mapping[str, Any]) -> str:
    return f"{item['version']['name']}@{item['version']['version']}"
