"""`prism pack`: write the tarball that `prism publish` would send."""

from argparse import Namespace
from typing import TYPE_CHECKING

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import command

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers
    from chalicelib.cli.parcels import Parcel

DESCRIPTION = """
Pack a folder into a tarball by npm's rules: the same files in the same order, with the
same headers. The same tree always gives the same bytes. Scripts are not run.
"""

EXAMPLES = """
prism pack
prism pack packages/widget --output dist
prism pack --dry-run
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "pack",
        run=run,
        summary="write a package's tarball",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument(
        "path", nargs="?", default=".", metavar="DIR", help="the package (default: this folder)"
    )
    parser.add_argument(
        "--output", default=".", metavar="DIR", help="where the tarball goes (default: this folder)"
    )
    parser.add_argument("--dry-run", action="store_true", help="list the files, and write nothing")


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Pack the folder."""
    from pathlib import Path

    from chalicelib.cli.output import count, show, size, table
    from chalicelib.cli.parcels import pack_parcel

    with pack_parcel(Path(args.path)) as parcel:
        for notice in parcel.notices:
            env.say(f"note: {notice}")
        total = sum(file.size for file in parcel.files)
        env.say(
            f"{parcel.name}@{parcel.version}: {count(len(parcel.files), 'file')}, {size(total)}, "
            f"packed {size(parcel.size)}"
        )
        if args.dry_run:
            show(env, table([(size(file.size), file.path) for file in parcel.files], right=frozenset({0})))
        else:
            show(env, [_write(parcel, args.output)])
    return ExitStatus.OK


def _write(parcel: "Parcel", output: str) -> str:
    import shutil
    from contextlib import suppress
    from pathlib import Path

    from chalicelib.cli.errors import CommandFailed
    from chalicelib.domain.names import PackageName

    target = Path(output) / PackageName(parcel.name).packed(parcel.version)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            parcel.tarball.seek(0)
            shutil.copyfileobj(parcel.tarball, file)
        unfinished.replace(target)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise CommandFailed(f"`{target}` cannot be written: {error.strerror}") from error
    return str(target)
