"""`prism send`: files to people, by a link."""

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING, Any

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import PATIENCE, add_registry, command, open_registry, seconds

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Send files to people: whoever has the link that is printed can look at them and download
them, until they expire. `prism sent` lists what you have sent, takes it back or keeps it
longer; the keys for that are kept in a file that only you can read.

What was interrupted is gone on with by the same command.
"""

EXAMPLES = """
prism send report.pdf
prism send holiday.mp4 photos.zip --expires 14d --comment "From the lake"
prism send keys.txt --once --password
prism send photos --recursive
prism send build.tar | xclip
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "send",
        run=run,
        summary="send files by a link",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("paths", metavar="FILE", nargs="+", help="the files to send")
    parser.add_argument(
        "-r",
        "--recursive",
        action="store_true",
        help="also the files in folders, each under its path with `_` in place of `/`",
    )
    parser.add_argument(
        "--expires", type=lifetime, default="7d", metavar="TIME", help="how long they are there (default: 7d)"
    )
    many = parser.add_mutually_exclusive_group()
    many.add_argument("--once", action="store_true", help="let each file be downloaded once")
    many.add_argument("--downloads", type=int, metavar="N", help="let each file be downloaded N times")
    parser.add_argument(
        "--password",
        metavar="PASSWORD",
        nargs="?",
        const="",
        help="ask for it before anything is seen; without a value it is asked for, or read from a pipe",
    )
    parser.add_argument("--comment", metavar="TEXT", help="what people read above the files")
    parser.add_argument(
        "--no-lock", dest="lock", action="store_false", help="let more files be added to them later"
    )
    parser.add_argument(
        "--lock", dest="lock", action="store_true", default=True, help="let nothing be added (default)"
    )
    parser.add_argument(
        "--patience",
        type=seconds,
        default=PATIENCE,
        metavar="TIME",
        help="how long to try again when the network is lost, such as 30s, 10m, 2h (default: 5m)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but the link")
    add_registry(parser)
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the registry's JSON answer about the bucket, the owner's key with it",
    )


def lifetime(text: str) -> int:
    """Answer a time such as `7d` or `12h` in seconds; raises ArgumentTypeError."""
    from chalicelib.domain.times import duration

    try:
        return int(duration(text).total_seconds())
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Send the files, and print the link."""
    from chalicelib.cli.output import show, show_json
    from chalicelib.cli.sending.files import sendables
    from chalicelib.cli.sending.passwords import read_password
    from chalicelib.cli.sending.sending import Sending

    registry, quiet = open_registry(args, env), args.quiet or args.json
    files, notes = sendables(args.paths, recursive=args.recursive)
    for note in notes:
        env.say(f"note: {note}")
    terms = _terms(args, read_password(args.password, env, new=True))
    sending = Sending(registry, env, files, terms, patience=args.patience, quiet=quiet)
    sent, made = sending.send(lock=args.lock)
    if args.json:
        show_json(env, made)
        return ExitStatus.OK
    show(env, [sent.url])
    if not quiet:
        env.say(f"there until {sent.expires}; `prism sent delete {sent.sid}` takes it back")
    return ExitStatus.OK


def _terms(args: Namespace, password: str | None) -> dict[str, Any]:
    from chalicelib.cli.errors import UsageError

    if args.downloads is not None and args.downloads < 1:
        raise UsageError("--downloads is at least 1", hint="leave it out for any number of downloads")
    wanted = {
        "retention": args.expires,
        "downloads": 1 if args.once else args.downloads,
        "password": password,
        "comment": args.comment,
    }
    return {name: value for name, value in wanted.items() if value is not None}
