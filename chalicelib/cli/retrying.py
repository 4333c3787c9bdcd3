"""How long to wait before a request is sent again."""

from typing import Final

from chalicelib.cli.transport import HttpResponse

MAX_TRIES: Final = 4
LONGEST_WAIT: Final = 30.0
"""Seconds; a registry that asks for more patience is told of as unavailable."""

_BUSY: Final = frozenset({429, 503})


def wait_of(response: HttpResponse, tries: int) -> float | None:
    """Answer the seconds to wait after so many tries, or None when a repeat would not help.

    The seconds of the registry's `Retry-After` decide (RFC 9110, section 10.2.3). Without them the wait
    doubles from half a second, and only when the registry says that it is unavailable.
    """
    if response.status not in _BUSY:
        return None
    asked = response.headers.get("retry-after", "").strip()
    if asked.isdigit():
        return float(asked) if float(asked) <= LONGEST_WAIT else None
    return 0.5 * 2 ** (tries - 1) if response.status == 503 else None
