"""The log of who changed who may do what: an entry is written before the change it tells of."""

import re
from typing import Any, Final, Literal

from pydantic import Field

from chalicelib.domain.document import Document
from chalicelib.domain.times import moment

Action = Literal[
    "token.create",
    "token.revoke",
    "publisher.allow",
    "publisher.remove",
    "key.rotate",
    "trust.set",
    "trust.reset",
]

_LAST_MILLISECOND: Final = 10**15 - 1
_PLACE: Final = re.compile(r"\d{15}-\d{8}T\d{9}Z-[0-9a-f]{12}")


class AuditEntry(Document):
    """What was ordered, by whom (with the id of their token, or `setting`), when, and about which token,
    publisher, key or trusted root.

    The entry precedes the change, so that no change is without one; after a failure there may be an entry without
    its change.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    id: str
    at: str
    by: str
    token: str | None = None
    action: Action
    subject: str
    details: dict[str, Any] = Field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the entry stands in the log: listings ascend, and the newest comes first."""
        left = _LAST_MILLISECOND - round(moment(self.at).timestamp() * 1000)
        return f"{left:015d}-{re.sub('[-:.]', '', self.at)}-{self.id}"


def is_place(text: str) -> bool:
    """Tell whether a text names a place in the log."""
    return _PLACE.fullmatch(text) is not None
