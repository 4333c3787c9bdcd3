"""Waiting for what AWS has taken to be known everywhere: a new role or permission is, some seconds later."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from botocore.exceptions import ClientError

Result = TypeVar("Result")

DELAYS: Final = [1.0, 2.0, 4.0, 8.0, 16.0]
"""How long to wait after each refusal, in seconds; one more is final."""


def patiently(call: Callable[[], Result], refusal: str) -> Result:
    """Make a call, again while it is refused with these words; raises ClientError."""
    for delay in DELAYS:
        try:
            return call()
        except ClientError as error:
            if refusal not in str(error):
                raise
        time.sleep(delay)
    return call()
