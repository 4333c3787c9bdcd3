"""The reference page of the command, made from the command's own help."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Final

from chalicelib.cli.__main__ import build_parsers
from chalicelib.cli.exits import ExitStatus

MEANINGS: Final = {
    ExitStatus.OK: "done",
    ExitStatus.FAILURE: "the registry refused, for a reason without a code of its own",
    ExitStatus.USAGE: "the arguments are wrong",
    ExitStatus.NOT_FOUND: "the package, version, tag or file does not exist",
    ExitStatus.CONFLICT: "the registry holds something else already, such as the version with other content",
    ExitStatus.DENIED: "the token is missing or does not allow this",
    ExitStatus.UNREACHABLE: "no answer, or none now; the same command may succeed later",
    ExitStatus.UNUSABLE_PACKAGE: "the folder or tarball cannot be published",
    ExitStatus.INTERRUPTED: "stopped with Ctrl-C",
}


def cli_page() -> str:
    """Answer the page of the command, from its own help."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    parser, commands = build_parsers()
    yield "# The prism command"
    yield ""
    yield "Generated from `prism --help`; `make docs` writes it anew."
    yield ""
    yield from _block(parser)
    for name, command in commands.items():
        yield f"## prism {name}"
        yield ""
        yield from _block(command)
        for action, subcommand in _actions(command):
            yield f"### prism {name} {action}"
            yield ""
            yield from _block(subcommand)
    yield "## Exit codes"
    yield ""
    yield "| code | name | meaning |"
    yield "|---|---|---|"
    for status in ExitStatus:
        yield f"| {status.value} | {status.name} | {MEANINGS[status]} |"
    yield ""


def _actions(command: ArgumentParser) -> Iterator[tuple[str, ArgumentParser]]:
    """Answer the commands of a command."""
    for action in command._actions:  # noqa: SLF001 - argparse has no public way to ask
        if isinstance(action.choices, dict):
            yield from action.choices.items()


def _block(parser: ArgumentParser) -> Iterator[str]:
    yield "```text"
    yield parser.format_help().rstrip()
    yield "```"
    yield ""
