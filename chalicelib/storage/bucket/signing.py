"""URLs that stay the same for a while, so that who follows them again finds the object in a cache.

A signed URL tells when it was signed, to the second. One that is good for long is signed with a time that is rounded
down, and is good for as much longer: every one made in the same quarter of an hour is the same.
"""

from datetime import UTC, datetime
from typing import Any, Final

from botocore.auth import AUTH_TYPE_MAPS, SIGV4_TIMESTAMP, S3SigV4QueryAuth

STEADY_SECONDS: Final = 900
LONG_SECONDS: Final = 1800
"""From here on a URL is steady; one that is good for less may be so because each is to be another."""

MOST_SECONDS: Final = 7 * 24 * 3600
"""For longer nothing is signed."""

STEADY: Final = "prism-s3v4-query"
"""What the SDK is to call this way of signing; the name ends as those of all ways to sign a URL."""


class SteadyAuth(S3SigV4QueryAuth):  # type: ignore[misc]  # the SDK has no types
    """Signs as the SDK does, with a time that is rounded down."""

    def __init__(self, credentials: Any, service_name: str, region_name: str, expires: int) -> None:
        self._is_steady = expires >= LONG_SECONDS
        super().__init__(
            credentials,
            service_name,
            region_name,
            expires=min(expires + STEADY_SECONDS, MOST_SECONDS) if self._is_steady else expires,
        )

    def _modify_request_before_signing(self, request: Any) -> None:
        # All that is signed takes its time from here, where the SDK has just put the present one.
        if self._is_steady:
            request.context["timestamp"] = rounded(request.context["timestamp"])
        super()._modify_request_before_signing(request)


def rounded(timestamp: str) -> str:
    """Answer a time of SigV4 rounded down."""
    seconds = int(datetime.strptime(timestamp, SIGV4_TIMESTAMP).replace(tzinfo=UTC).timestamp())
    return datetime.fromtimestamp(seconds - seconds % STEADY_SECONDS, UTC).strftime(SIGV4_TIMESTAMP)


def sign_steadily(client: Any) -> None:
    """Let a client sign the URLs that read objects with times rounded down."""
    AUTH_TYPE_MAPS.setdefault(STEADY, SteadyAuth)
    client.meta.events.register_first("choose-signer.s3.GetObject", _chosen)


def _chosen(signature_version: str, **_: Any) -> str | None:
    return STEADY if str(signature_version).endswith("s3v4-query") else None
