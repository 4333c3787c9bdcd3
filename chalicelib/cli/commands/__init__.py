"""The commands, in the order the help lists them; one line each."""

from typing import TYPE_CHECKING, Final, Protocol

from chalicelib.cli.commands import (
    advisories,
    archive,
    audit,
    deprecate,
    diff,
    doctor,
    files,
    import_,
    info,
    job,
    jobs,
    key,
    lock,
    pack,
    publish,
    publisher,
    rebuild,
    resolve,
    search,
    send,
    sent,
    sweep,
    tag,
    token,
    trust,
    unyank,
    verdict,
    whoami,
    yank,
)

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers


class Command(Protocol):
    """What a command's module holds."""

    def register(self, subparsers: "Subparsers") -> None:
        """Declare the command's arguments, and what does what they ask for."""


COMMANDS: Final[tuple[Command, ...]] = (
    publish,
    verdict,
    jobs,
    job,
    pack,
    import_,
    send,
    sent,
    archive,
    info,
    resolve,
    lock,
    files,
    diff,
    search,
    tag,
    deprecate,
    yank,
    unyank,
    whoami,
    token,
    publisher,
    key,
    trust,
    audit,
    advisories,
    sweep,
    rebuild,
    doctor,
)
