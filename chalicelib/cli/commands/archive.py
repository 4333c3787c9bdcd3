"""`prism archive`: many packages, or the files of a bucket, downloaded as one file."""

from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import PATIENCE, add_registry, command, open_registry, seconds

if TYPE_CHECKING:
    from pathlib import Path

    from chalicelib.cli.client import Answer, Registry
    from chalicelib.cli.options import Subparsers
    from chalicelib.cli.uploading.patience import Patience

DESCRIPTION = """
Download many packages, or the files that somebody sent, as one archive. The registry
makes it once; whoever asks for the same gets the same bytes.

A download that was interrupted is gone on with by the same command.
"""

EXAMPLES = """
prism archive react@19 react-dom@19
prism archive @acme/widget@^1 --format tar.gz -o widgets.tar.gz
prism archive --bucket 3f9c0a17be52 -o photos.zip
"""

FORMATS: Final = ("zip", "tar.gz")
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 5.0
MAKING: Final = 202

Json = dict[str, Any]


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "archive",
        run=run,
        summary="download packages or sent files as one archive",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("specs", metavar="SPEC", nargs="*", help="NAME, NAME@RANGE or NAME@TAG")
    parser.add_argument("--bucket", metavar="SID", help="the files of what was sent, by its id or its link")
    parser.add_argument(
        "--password",
        metavar="PASSWORD",
        nargs="?",
        const="",
        help="what the bucket was sent with; without a value it is asked for",
    )
    parser.add_argument(
        "--format", choices=FORMATS, help="the kind of archive (default: as FILE ends, or zip)"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="where it goes (default: the name that the registry gives it)"
    )
    parser.add_argument(
        "--patience",
        type=seconds,
        default=PATIENCE,
        metavar="TIME",
        help="how long to try again when the network is lost, such as 30s, 10m, 2h (default: 5m)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="do not tell how far it is")
    add_registry(parser)
    parser.add_argument(
        "--json", action="store_true", help="print what the registry says of the archive, once it is there"
    )


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Have the archive made, and download it."""
    from chalicelib.cli.downloading import Download
    from chalicelib.cli.output import show, show_json
    from chalicelib.cli.progress import Progress
    from chalicelib.cli.uploading.patience import Patience

    quiet = args.quiet or args.json
    registry, wanted = open_registry(args, env), _wanted(args)
    headers = _permission(args, env, registry)
    patience = Patience(env, args.patience, env.say)
    answer = _made(registry, wanted, headers, patience, env, quiet=quiet)
    archive = answer.value
    target = _target(args.output, str(archive["filename"]))
    progress = Progress(env, archive["length"], doing="downloading", done="downloaded", quiet=quiet)
    part = target.with_name(f".{target.name}.{str(archive['id'])[:16]}.part")
    try:
        Download(registry, patience, progress, part).fetch(
            f"archives/{archive['id']}", target, archive["length"], headers
        )
    finally:
        progress.finish()
    for left_out in archive.get("leftOut") or ():
        env.say(f"note: {_printable(left_out['name'])} is left out: {_printable(left_out['reason'])}")
    if args.json:
        show_json(env, answer)
    else:
        show(env, [str(target)])
    return ExitStatus.OK


def _wanted(args: Namespace) -> Json:
    """Answer what is asked of the registry; raises UsageError."""
    from chalicelib.cli.errors import UsageError
    from chalicelib.cli.sending.links import sid_in

    if bool(args.specs) == bool(args.bucket):
        raise UsageError("name packages, or else a --bucket", hint="`prism archive --help` has examples")
    what: Json = {"bucket": sid_in(args.bucket)} if args.bucket else {"specs": args.specs}
    return {**what, "format": args.format or _format_of(args.output or "")}


def _format_of(name: str) -> str:
    return "tar.gz" if name.lower().endswith((".tar.gz", ".tgz")) else "zip"


def _permission(args: Namespace, env: Environment, registry: "Registry") -> dict[str, str]:
    """Answer the headers that open a bucket: its password, and the key of who sent it."""
    from chalicelib.cli.sending.links import sid_in
    from chalicelib.cli.sending.passwords import password_headers, read_password
    from chalicelib.cli.sending.sent import Sent

    password = read_password(args.password, env, new=False)
    headers = password_headers(password) if password else {}
    sent = Sent.recall(env, registry.url, sid_in(args.bucket)) if args.bucket else None
    return {**headers, **(sent.headers() if sent else {})}


def _made(
    registry: "Registry",
    wanted: Json,
    headers: dict[str, str],
    patience: "Patience",
    env: Environment,
    *,
    quiet: bool,
) -> "Answer":
    """Answer what the registry says of the archive once that is made."""
    from chalicelib.cli.errors import CommandFailed

    pause, told = FIRST_PAUSE, False
    while True:
        try:
            answer = registry.create("archives", wanted, headers)
        except CommandFailed as error:
            patience.bear(error)
            continue
        patience.went()
        if answer.status != MAKING and answer.value["state"] == "ready":
            return answer
        if not told and not quiet:
            env.say("the registry makes the archive")
            told = True
        env.clock.wait(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _target(output: str | None, usual: str) -> "Path":
    """Answer where the archive goes; of the registry's name for it only what names a file in this folder."""
    from pathlib import Path

    name = _printable(usual.replace("\\", "/").rpartition("/")[2]).lstrip(".") or "archive"
    target = Path(output) if output else Path(name)
    return target / name if target.is_dir() else target


def _printable(text: str) -> str:
    from chalicelib.cli.output import printable

    return printable(text)
