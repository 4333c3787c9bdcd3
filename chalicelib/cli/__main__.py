"""The `prism` command: publish packages to a Prism registry and ask it about them."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import Final

from chalicelib.cli.commands import COMMANDS
from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import CommandFailed
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import HelpFormatter
from chalicelib.cli.settings import DEFAULT_REGISTRY, PUBLISHER_EMAIL, PUBLISHER_NAME, REGISTRY_URL, TOKEN
from chalicelib.domain.errors import NotFound, PrismError

ENVIRONMENT: Final = f"""\
environment:
  {REGISTRY_URL}     the registry's address (default {DEFAULT_REGISTRY})
  {TOKEN}            sent to the registry as a bearer token
  {PUBLISHER_NAME}   who publishes
  {PUBLISHER_EMAIL}  their e-mail address
  XDG_CACHE_HOME         where unfinished uploads are remembered (default ~/.cache)
  XDG_STATE_HOME         where the keys of what was sent are kept (default ~/.local/state)
  NO_COLOR               set it to anything to have no colours

examples:
  prism publish
  prism info react@19
  prism resolve react@19/jsx-runtime --runtime deno
"""


def main(argv: Sequence[str] | None = None, env: Environment | None = None) -> int:
    """Run the command and answer its exit status."""
    env = env or Environment()
    try:
        parser, _ = build_parsers()
        args = _parsed(parser, argv, env)
        return args if isinstance(args, ExitStatus) else ExitStatus(args.run(args, env))
    except CommandFailed as error:
        return _tell(env, error.message, error.hint, error.status)
    except PrismError as error:
        status = ExitStatus.NOT_FOUND if isinstance(error, NotFound) else ExitStatus.USAGE
        return _tell(env, error.detail, None, status)
    except KeyboardInterrupt:
        return _tell(env, "interrupted", None, ExitStatus.INTERRUPTED)
    except BrokenPipeError:
        return _reader_left()


def build_parsers() -> tuple[ArgumentParser, Mapping[str, ArgumentParser]]:
    """Answer the parser of the whole command line, and those of the commands by name."""
    parser = ArgumentParser(
        prog="prism",
        description="Publish packages to a Prism registry, and ask it about them.",
        epilog=ENVIRONMENT,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="store_true", help="print the version of the command")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for module in COMMANDS:
        module.register(subparsers)
    return parser, subparsers.choices


def _parsed(parser: ArgumentParser, argv: Sequence[str] | None, env: Environment) -> Namespace | ExitStatus:
    from contextlib import redirect_stderr, redirect_stdout

    with redirect_stdout(env.stdout), redirect_stderr(env.stderr):
        try:
            args = parser.parse_args(argv)
        except SystemExit as exit_:
            return ExitStatus(int(exit_.code or 0))
        if args.version:
            from chalicelib.cli.version import version

            env.stdout.write(f"prism {version()}\n")
            return ExitStatus.OK
        if args.command is None:
            parser.print_help()
            return ExitStatus.OK
    return args


def _tell(env: Environment, message: str, hint: str | None, status: ExitStatus) -> ExitStatus:
    from chalicelib.cli.output import paint

    env.say(f"{paint(env, env.stderr, 'red', 'error:')} {message}")
    if hint:
        env.say(f"{paint(env, env.stderr, 'cyan', 'hint:')} {hint}")
    return status


def _reader_left() -> ExitStatus:
    """Whoever read stdout has seen enough; keep the interpreter from failing at its last flush."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitStatus.OK


if __name__ == "__main__":
    sys.exit(main())
