"""Failures of what was published without being waited for, told as they are when it is."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.cli.errors import RegistryRefused
from chalicelib.cli.output import printable
from chalicelib.cli.problems import HINTS, hint_of

PUBLISHING_ANSWERS: Final = {
    "version_exists": 409,
    "publisher_not_allowed": 403,
    "upload_gone": 404,
    "upload_too_large": 413,
}
"""The HTTP status that the same refusal has where it is not 422, by code; the command ends as it does on that."""
RETRYABLE: Final = 503
"""The HTTP status that stands for a failure of the registry's own; the command ends as it does on that."""
REFUSED: Final = 422


def failure_of(job: Mapping[str, Any]) -> RegistryRefused:
    """Answer the error by which the command ends for a job that failed, as it does for a verdict of that code."""
    error = job.get("error") or {}
    code, retryable = str(error.get("code")), error.get("isRetryable")
    usual = RETRYABLE if retryable else REFUSED
    status = PUBLISHING_ANSWERS.get(code, usual)
    again = f"`prism job replay {job['id']}` does it again" if retryable else None
    return RegistryRefused(
        printable(str(error.get("message") or f"the job {job['id']} has {job['state']}")),
        http_status=status,
        facts=error,
        hint=again if again and code not in HINTS else hint_of(code, status),
    )
