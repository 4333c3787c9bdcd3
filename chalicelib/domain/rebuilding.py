"""Rebuilding as documents: what was found of each object that is derived, and of what it is derived from."""

from typing import Final, Literal

from pydantic import Field

from chalicelib.domain.document import Document

Kind = Literal[
    "index", "head", "manifest", "tarball", "pack", "metadata", "text", "file", "entry", "packument", "job"
]
Outcome = Literal["equal", "kept", "missing", "corrupt", "outdated", "lost"]

UNREMARKABLE: Final[frozenset[Outcome]] = frozenset({"equal", "kept"})
MOST_FINDINGS: Final = 200
"""How many findings a portion tells, beside their numbers."""


class RebuildFinding(Document):
    """What was found of one object.

    It is `equal` to what was made anew, or `kept`: other bytes that unpack to the same. It was `missing`
    or `corrupt`, and was written unless this was a check. It is `outdated`: other than the present analyzers make it,
    and left as it was published. Or it is `lost`: nothing that is left can bring it back.
    """

    kind: Kind
    key: str
    outcome: Outcome
    detail: str | None = None


class RebuildPortion(Document):
    """What one portion of a rebuild has come to.

    So many objects were `examined`, of so many `versions` and `jobs`, and so many `packages` were brought to their end.
    `counts` are by kind and outcome. `findings` tells what is neither equal nor kept, up to 200, and `more` how many
    there were beside. `next` is the cursor of the portion that follows.
    """

    examined: int
    packages: int
    versions: int
    jobs: int
    counts: dict[Kind, dict[Outcome, int]] = Field(default_factory=dict)
    findings: list[RebuildFinding] = Field(default_factory=list)
    more: int | None = None
    next: str | None = None
