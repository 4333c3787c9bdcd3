"""How long a bucket is asked again, and what its failures mean.

    conflict     409: another write to the key is under way; nothing was written
    throttled    429, 503: too many requests
    broken       500, 502, 504, a lost connection, a timeout: the write may have happened

Waiting times grow and are drawn at random from zero up (full jitter), so that writers who met do not meet
again.
"""

from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - the SDK's name
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)

from chalicelib.storage.port import StorageUnavailable

BROKEN: Final = (HTTPClientError, ConnectionError, IncompleteReadError, FlexibleChecksumError)
NO_CREDENTIALS: Final = (NoCredentialsError, PartialCredentialsError)
FAILURES: Final = (ClientError, *BROKEN, *NO_CREDENTIALS)

CONFLICTS: Final = ("ConditionalRequestConflict", "OperationAborted")
CROWDED_ATTEMPTS: Final = 8
BROKEN_ATTEMPTS: Final = 4
FIRST_WAIT: Final = 0.1
LONGEST_WAIT: Final = 5.0


def status(error: Exception) -> int:
    """Answer the HTTP status of a refusal, or 0 if no answer came."""
    return int(_response(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def code(error: Exception) -> str:
    """Answer the service's code for a refusal; an answer without a body has its status as code."""
    return str(_response(error).get("Error", {}).get("Code", ""))


def is_crowded(error: Exception) -> bool:
    """Tell whether the service asks to be asked later; nothing was written."""
    return status(error) in {429, 503} or code(error) in CONFLICTS


def is_broken(error: Exception) -> bool:
    """Tell whether the request failed in a way that leaves open if it was done."""
    return isinstance(error, BROKEN) or status(error) in {500, 502, 504} or code(error) == "RequestTimeout"


def was_repeated(error: Exception) -> bool:
    """Tell whether the SDK had sent the request before, on its own."""
    return int(_response(error).get("ResponseMetadata", {}).get("RetryAttempts", 0)) > 0


class Patience:
    """The attempts at one operation; `doubtful` once one may have been done without our knowing."""

    def __init__(
        self, key: str, bucket: str, sleep: Callable[[float], None], jitter: Callable[[], float]
    ) -> None:
        self.doubtful = False
        self._key = key
        self._bucket = bucket
        self._sleep = sleep
        self._jitter = jitter
        self._attempts = 0

    def note(self, error: Exception) -> None:
        """Take in whether the failed attempt, or one the SDK made before it, may have been done."""
        self.doubtful = self.doubtful or is_broken(error) or was_repeated(error)

    def wait(self, error: Exception) -> None:
        """Sleep before the next attempt; raises StorageUnavailable where none is left or none can help.

        A refusal that means nothing to a store rises as it is.
        """
        self.note(error)
        self._attempts += 1
        if not (is_crowded(error) or is_broken(error)):
            raise self._final(error) from error
        if self._attempts >= (CROWDED_ATTEMPTS if is_crowded(error) else BROKEN_ATTEMPTS):
            reason = f"the bucket `{self._bucket}` could not be reached in {self._attempts} attempts: {error}"
            raise StorageUnavailable(self._key, reason, retryable=True) from error
        self._sleep(self._jitter() * min(LONGEST_WAIT, FIRST_WAIT * 2 ** (self._attempts - 1)))

    def _final(self, error: Exception) -> Exception:
        if code(error) == "NoSuchBucket":
            reason = f"there is no bucket `{self._bucket}`"
        elif status(error) in {401, 403}:
            reason = (
                f"the bucket `{self._bucket}` refuses these credentials ({code(error)}); they need "
                "GetObject, PutObject, DeleteObject and, lest a missing object look forbidden, ListBucket"
            )
        elif isinstance(error, NO_CREDENTIALS):
            reason = f"there are no credentials for the bucket `{self._bucket}`"
        else:
            return error
        return StorageUnavailable(self._key, reason, retryable=False)


def _response(error: Exception) -> dict[str, Any]:
    return error.response if isinstance(error, ClientError) else {}
