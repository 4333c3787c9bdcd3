"""Why attempts fail: a refusal ends a job, everything else is tried again."""

from typing import Final

from chalicelib.domain.errors import PrismError, Unavailable
from chalicelib.domain.executions.records import Failure
from chalicelib.storage.port import ObjectNotFound, StorageUnavailable

LONGEST_MESSAGE: Final = 1_000
"""Characters; a message may quote what was sent, and is told again with every job of a list."""


class AttemptsExhausted(Unavailable):
    """As many workers as may have taken a job up, and none of them has come to its end."""

    code = "attempts_exhausted"
    title = "The job was tried too often"

    def __init__(self, job_id: str, attempts: int) -> None:
        super().__init__(
            f"the job `{job_id}` was taken up {attempts} times and no worker has come to its end; "
            "look at its events, and replay it once the cause is gone",
            job_id=job_id,
            attempts=attempts,
            retryable=False,
        )


def is_refusal(error: Exception) -> bool:
    """Tell whether an error is the sender's, and would come again however often the work is tried."""
    return isinstance(error, PrismError) and not isinstance(error, Unavailable)


def failure_of(error: Exception, stage: str | None) -> Failure:
    """Answer what a job keeps of an error; of one that is none of ours not its text, which may hold anything."""
    code, message = _told(error)
    return Failure(
        name=type(error).__name__,
        code=code,
        message=message,
        is_retryable=not is_refusal(error),
        stage=stage,
    )


def _told(error: Exception) -> tuple[str, str]:
    if isinstance(error, PrismError):
        return error.code, error.detail[:LONGEST_MESSAGE]
    if isinstance(error, StorageUnavailable):
        return "storage_unavailable", "the storage behind the registry did not answer"
    if isinstance(error, ObjectNotFound):
        return "bytes_gone", "something that the job needs is kept no longer; publish the package again"
    return "internal_error", f"the worker failed with {type(error).__name__}; its log tells more"
