"""How a resolution is refused, and how its way is told."""

from typing import Literal, NamedTuple

Reason = Literal[
    "not_exported",
    "not_imported",
    "hidden",
    "no_matching_condition",
    "invalid_exports",
    "invalid_target",
    "invalid_subpath",
    "file_missing",
    "no_entry",
]


class Step(NamedTuple):
    """One step on the way: the key looked at, the condition below it (dotted when nested), the outcome."""

    key: str
    condition: str
    outcome: str


Trace = list[Step] | None
"""Where steps are noted; None when nobody asked."""


class Refused(Exception):
    """The runtime would not load anything; `reason` is stable and `detail` ends a sentence."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
