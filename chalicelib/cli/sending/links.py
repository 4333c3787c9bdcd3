"""What names something that was sent: its id, or the link to it."""

import re
from typing import Final

from chalicelib.cli.errors import UsageError

_SID: Final = re.compile(r"(?:.*/)?([0-9a-f]{12})/?(?:[?#].*)?", re.DOTALL)


def sid_in(text: str) -> str:
    """Answer the id that a text is or ends with; raises UsageError."""
    found = _SID.fullmatch(text.strip())
    if not found:
        raise UsageError(
            f"`{text[:80]}` is neither the id of what was sent nor the link to it",
            hint="an id has 12 hex digits; `prism sent` lists them",
        )
    return found[1]
