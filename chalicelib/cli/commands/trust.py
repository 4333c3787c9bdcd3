"""`prism trust`: whom attestations are to be signed by."""

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import UsageError
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.granting import action, add_actions
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Show and set the trusted root: whose certificates, transparency logs and timestamps count
for the provenance of packages. Until one is set, it is Sigstore's public-good instance as
Prism brings it. All of it needs a token with the scope admin in PRISM_TOKEN.

A root is a file in Sigstore's format, such as `cosign trusted-root create` writes. What
was accepted before stays.
"""

SHOW = """
prism trust show
prism trust show --json
"""
SET = "prism trust set trusted_root.json"
RESET = "prism trust reset"


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "trust",
        summary="show and set whom the provenance of packages is to be signed by",
        description=DESCRIPTION,
        examples=f"{SHOW.strip()}\n{SET}\n{RESET}",
    )
    actions = add_actions(parser)
    shown = action(actions, "show", run=_show, summary="show the trusted root", examples=SHOW)
    setting = action(actions, "set", run=_set, summary="trust another root", examples=SET)
    setting.add_argument("file", metavar="FILE", help="the root, in Sigstore's format")
    reset = action(actions, "reset", run=_reset, summary="trust the default root again", examples=RESET)
    for each in (shown, setting, reset):
        add_registry(each)
        add_json(each)


def _show(args: Namespace, env: Environment) -> ExitStatus:
    return _told(open_registry(args, env).get("trust"), args, env)


def _set(args: Namespace, env: Environment) -> ExitStatus:
    return _told(open_registry(args, env).put("trust", _read(args.file), {}), args, env)


def _reset(args: Namespace, env: Environment) -> ExitStatus:
    return _told(open_registry(args, env).delete("trust", {}), args, env)


def _read(file: str) -> dict[str, Any]:
    import json
    from pathlib import Path

    try:
        value = json.loads(Path(file).read_bytes())
    except OSError as error:
        raise UsageError(f"`{file}` cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"`{file}` is not JSON") from None
    if not isinstance(value, dict):
        raise UsageError(f"`{file}` holds no trusted root")
    return value


def _told(answer: "Answer", args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.output import fields, show, show_json

    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    facts = answer.value
    root = facts["root"]
    rows = [
        ("Root", "Sigstore's public-good instance" if facts["source"] == "default" else "set by an admin"),
        ("Changed", facts.get("changedAt")),
        ("By", facts.get("changedBy")),
        ("Authorities", _listed(root, "certificateAuthorities", "uri")),
        ("Logs", _listed(root, "tlogs", "baseUrl")),
        ("Certificate logs", _listed(root, "ctlogs", "baseUrl")),
        ("Timestamps", _listed(root, "timestampAuthorities", "uri")),
    ]
    show(env, fields(env, rows))
    return ExitStatus.OK


def _listed(root: dict[str, Any], name: str, address: str) -> str:
    return ", ".join(dict.fromkeys(str(each.get(address, "?")) for each in root.get(name, ())))
