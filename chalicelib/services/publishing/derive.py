"""Derive: redo from the head and the manifests what is read of a package; safe to repeat at any time."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.services.executing import Finished, Watch
from chalicelib.services.publishing.values import Work

name: Final = "derive"


def given(work: Work) -> Any:
    """Answer what is derived from: the package's state."""
    return {"name": work.head.name, "seq": work.head.seq}


def execute(work: Work, watch: Watch) -> Finished:
    """Make the package's present state findable."""
    work.workshop.deriving.follow(work.head)
    return Finished({"seq": work.head.seq})


def restore(work: Work, outputs: Mapping[str, Any]) -> bool:
    """Go on with what was derived."""
    return True
