"""`prism publish`: pack a folder, or take a tarball, and publish it."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_publisher, add_registry, command, open_registry

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
"""

EXAMPLES = """
prism publish
prism publish packages/widget --tag next
prism publish widget-1.0.0.tgz --registry https://prism.example.com
prism publish --dry-run
"""


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
    add_publisher(parser)
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Publish what the arguments name."""
    from pathlib import Path

    from chalicelib.cli.identity import publisher
    from chalicelib.cli.parcels import open_parcel

    registry = open_registry(args, env)
    with open_parcel(Path(args.path)) as parcel:
        identity = publisher(args, env, folder=parcel.folder, package=parcel.fields)
        for notice in parcel.notices:
            env.say(f"note: {notice}")
        if args.dry_run:
            return _rehearse(parcel, identity, registry, env)
        answer = _send(registry, parcel, identity, args.tag, env)
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


def _send(
    registry: "Registry", parcel: "Parcel", identity: "Identity", tag: str | None, env: Environment
) -> "Answer":
    from chalicelib.cli.client import header_value, name_path
    from chalicelib.cli.progress import Progress, Watched
    from chalicelib.cli.transport import Body, Readable

    progress = Progress(env, parcel.size)

    def start() -> Readable:
        progress.start()
        parcel.tarball.seek(0)
        return Watched(parcel.tarball, progress)

    headers = {
        **identity.headers(),
        "x-prism-sha256": parcel.sha256,
        "x-prism-source": "cli",
        **({"x-prism-tag": header_value(tag)} if tag else {}),
    }
    try:
        return registry.post(f"packages/{name_path(parcel.name)}", Body(start, parcel.size), headers)
    finally:
        progress.finish()


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
