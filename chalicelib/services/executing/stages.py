"""What a stage is: a part of the work whose outcome can be kept, and from which another worker can go on."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from chalicelib.domain.document import canonical_json
from chalicelib.services.executing.hold import Watch

Work_contra = TypeVar("Work_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Finished:
    """What came out of a stage: a few facts that everybody may see, and documents that only a worker needs."""

    facts: dict[str, Any]
    documents: dict[str, str] | None = None

    def outputs(self) -> dict[str, Any]:
        """Answer what the checkpoint keeps."""
        return self.facts | ({"documents": self.documents} if self.documents is not None else {})


class Stage(Protocol[Work_contra]):
    """One stage of some work; what it comes to is left in the work for those that follow."""

    @property
    def name(self) -> str:
        """Its name in events, checkpoints and jobs."""
        ...

    def given(self, work: Work_contra) -> Any:
        """Answer, as JSON values, all that the outcome depends on."""
        ...

    def execute(self, work: Work_contra, watch: Watch) -> Finished:
        """Do it; safe to repeat."""
        ...

    def restore(self, work: Work_contra, outputs: Mapping[str, Any]) -> bool:
        """Put the outcome of an earlier execution into the work; answers False if that is no longer possible."""
        ...


def digest_of(stage: str, given: Any) -> str:
    """Answer the digest of what goes into a stage."""
    return hashlib.sha256(canonical_json({"stage": stage, "given": given})).hexdigest()
