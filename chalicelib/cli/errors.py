"""What the command can fail with: a sentence, a hint about the next step, and the code it exits with.

CommandFailed
├── UnusablePackage     the folder or tarball cannot be published
├── UsageError          the arguments do not go together
├── Unreachable         no answer from the registry
└── RegistryRefused     the registry answered with a problem
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from chalicelib.cli.exits import ExitStatus


class CommandFailed(Exception):
    """A failure that ends the command; `hint` is the next step, where there is one."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILURE

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def status(self) -> ExitStatus:
        """The code the command exits with."""
        return self.exit_status


class UnusablePackage(CommandFailed):
    """The folder or tarball cannot be packed or published."""

    exit_status = ExitStatus.UNUSABLE_PACKAGE


class UsageError(CommandFailed):
    """The arguments do not go together."""

    exit_status = ExitStatus.USAGE


class Unreachable(CommandFailed):
    """The registry did not answer."""

    exit_status = ExitStatus.UNREACHABLE


NOT_FOUND = 404
_STATUS_OF = {
    400: ExitStatus.USAGE,
    422: ExitStatus.UNUSABLE_PACKAGE,
    401: ExitStatus.DENIED,
    403: ExitStatus.DENIED,
    404: ExitStatus.NOT_FOUND,
    409: ExitStatus.CONFLICT,
    429: ExitStatus.UNREACHABLE,
    502: ExitStatus.UNREACHABLE,
    503: ExitStatus.UNREACHABLE,
    504: ExitStatus.UNREACHABLE,
}


class RegistryRefused(CommandFailed):
    """The registry answered with a problem document (RFC 9457); `facts` are its members."""

    def __init__(self, message: str, *, http_status: int, facts: Mapping[str, Any], hint: str | None) -> None:
        super().__init__(message, hint=hint)
        self.http_status = http_status
        self.facts = facts

    @property
    def status(self) -> ExitStatus:
        """The code the command exits with: the kind of refusal."""
        if self.http_status == NOT_FOUND and self.facts.get("code") in {None, "route_not_found"}:
            return ExitStatus.UNREACHABLE
        return _STATUS_OF.get(self.http_status, ExitStatus.FAILURE)
