"""`prism publish`: pack a folder, or take a tarball, and publish it."""

from argparse import Namespace
from typing import TYPE_CHECKING, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import (
    PATIENCE,
    add_json,
    add_publisher,
    add_registry,
    command,
    open_registry,
    seconds,
)

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer, Registry
    from chalicelib.cli.identity import Identity
    from chalicelib.cli.options import Subparsers
    from chalicelib.cli.parcels import Parcel

DESCRIPTION = """
Pack a folder by npm's rules and publish it, or publish a tarball as it is.

The publisher is the first of these that has a name: --publisher-name, `publisher` in
the folder's prism.json, the environment, `author` in package.json, "anonymous".
Scripts are not run. Publishing the same bytes again is a success.

A large package is sent in parts. Whatever interrupts that, the same command goes on
where it stopped.
"""

EXAMPLES = """
prism publish
prism publish packages/widget --tag next
prism publish widget-1.0.0.tgz --registry https://prism.example.com
prism publish huge-1.0.0.tgz --patience 2h
prism publish huge-1.0.0.tgz --resume
prism publish --dry-run
"""


WAYS: Final = ("auto", "inline", "tus", "direct")


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "publish",
        run=run,
        summary="publish a package",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument(
        "path", nargs="?", default=".", metavar="DIR|TARBALL", help="what to publish (default: this folder)"
    )
    parser.add_argument(
        "--tag", help="the tag that names the version (default: latest, when it is the highest)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be published, and send nothing"
    )
    parser.add_argument(
        "--via",
        choices=WAYS,
        default="auto",
        help="how the bytes go: `inline` in one request, `tus` in parts, `direct` to the registry's bucket "
        "(default: auto, by size and by what the registry offers)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="only go on with an unfinished upload; without it that is done where there is one",
    )
    parser.add_argument(
        "--patience",
        type=seconds,
        default=PATIENCE,
        metavar="TIME",
        help="how long to try again when the network is lost, such as 30s, 10m, 2h (default: 5m)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="do not tell how far it is")
    add_publisher(parser)
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Publish what the arguments name."""
    from pathlib import Path

    from chalicelib.cli.identity import publisher
    from chalicelib.cli.parcels import open_parcel
    from chalicelib.cli.uploading.publishing import Publishing

    registry = open_registry(args, env)
    with open_parcel(Path(args.path)) as parcel:
        identity = publisher(args, env, folder=parcel.folder, package=parcel.fields)
        for notice in parcel.notices:
            env.say(f"note: {notice}")
        if args.dry_run:
            return _rehearse(parcel, identity, registry, env)
        publishing = Publishing(
            registry,
            env,
            parcel,
            identity,
            tag=args.tag,
            patience=args.patience,
            quiet=args.quiet or args.json,
        )
        answer = publishing.publish(args.via, resume=args.resume)
    return _report(answer, args, env)


def _rehearse(parcel: "Parcel", identity: "Identity", registry: "Registry", env: Environment) -> ExitStatus:
    from chalicelib.cli.output import count, show, size, table

    show(env, table([(size(file.size), file.path) for file in parcel.files], right=frozenset({0})))
    total = sum(file.size for file in parcel.files)
    env.say(
        f"would publish {parcel.name}@{parcel.version} as {identity.name} to {registry.url}: "
        f"{count(len(parcel.files), 'file')}, {size(total)}, packed {size(parcel.size)}"
    )
    return ExitStatus.OK


def _report(answer: "Answer", args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.output import show, show_json

    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    published = answer.value
    version = f"{published['identifier']['name']}@{published['identifier']['version']}"
    was_new = published.get("created", answer.status == 201)
    show(
        env, [f"Published {version}" if was_new else f"{version} was published before, with the same content"]
    )
    for signal in (published.get("metadata") or {}).get("signals", ()):
        if signal["severity"] == "danger":
            env.say(f"warning: {signal['code']}: {signal['detail']}")
    for record in published.get("analysis", ()):
        if record["status"] == "failed":
            env.say(f"note: the analyzer `{record['name']}` failed, so the metadata lacks what it finds")
    return ExitStatus.OK
