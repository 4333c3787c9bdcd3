"""What yanking and taking it back have in common."""

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from chalicelib.cli.client import version_path
from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import UsageError
from chalicelib.cli.identity import publisher
from chalicelib.cli.options import open_registry
from chalicelib.cli.output import show, show_json
from chalicelib.cli.picking import parse_spec


def set_yanked(args: Namespace, env: Environment, state: Mapping[str, Any], *, done: str) -> None:
    """Send whether the version is yanked, and report it; raises UsageError for anything but one version."""
    registry, spec = open_registry(args, env), parse_spec(args.spec)
    if spec.kind != "version":
        raise UsageError(f"`{args.spec}` does not name one version", hint=f"write `{spec.name}@1.2.3`")
    headers = publisher(args, env).headers()
    answer = registry.put(f"{version_path(spec.name, spec.wanted)}/yank", state, headers)
    if args.json:
        show_json(env, answer)
    else:
        show(env, [f"{done} {spec.name}@{spec.wanted}"])
