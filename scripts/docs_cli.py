"""Write docs/reference/cli.md from the command's own help.

python scripts/docs_cli.py
"""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chalicelib.cli.__main__ import build_parsers
from chalicelib.cli.exits import ExitStatus

TARGET: Final = Path(__file__).resolve().parent.parent / "docs" / "reference" / "cli.md"

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


def reference() -> str:
    """Answer the page."""
    return "\n".join(_lines())


def write() -> Path:
    """Write the page and answer where it is."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(reference(), encoding="utf-8")
    return TARGET


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
    yield "## Exit codes"
    yield ""
    yield "| code | name | meaning |"
    yield "|---|---|---|"
    for status in ExitStatus:
        yield f"| {status.value} | {status.name} | {MEANINGS[status]} |"
    yield ""


def _block(parser: ArgumentParser) -> Iterator[str]:
    yield "```text"
    yield parser.format_help().rstrip()
    yield "```"
    yield ""


if __name__ == "__main__":
    print(write())
