"""One bucket, and requests to it that are repeated with patience."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from chalicelib.storage.bucket.patience import FAILURES, Patience

Answer = TypeVar("Answer")


class Access:
    """A client, the name of a bucket, and how to wait between attempts."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.client = client
        self.bucket = bucket
        self._sleep = sleep
        self._jitter = jitter

    def patience(self, key: str) -> Patience:
        """Begin to count the attempts at one operation."""
        return Patience(key, self.bucket, self._sleep, self._jitter)

    def request(self, key: str, call: Callable[[], Answer]) -> Answer:
        """Make a request that may be repeated, until it succeeds or no repeat can help."""
        patience = self.patience(key)
        while True:
            try:
                return call()
            except FAILURES as error:
                patience.wait(error)
