"""The codes the command exits with."""

from enum import IntEnum, unique


@unique
class ExitStatus(IntEnum):
    """What the shell is told."""

    OK = 0
    FAILURE = 1
    """The registry refused, for a reason without a code of its own."""
    USAGE = 2
    """The arguments are wrong."""
    NOT_FOUND = 3
    """The package, version, tag or file does not exist."""
    CONFLICT = 4
    """The registry holds something else already, such as the version with other content."""
    DENIED = 5
    """The token is missing or does not allow this."""
    UNREACHABLE = 6
    """The registry did not answer, or cannot answer now; the same command may succeed later."""
    UNUSABLE_PACKAGE = 7
    """The folder or tarball cannot be published."""
    INTERRUPTED = 130
    """Stopped with Ctrl-C."""
