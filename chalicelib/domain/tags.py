"""Dist-tags: names for versions that cannot be mistaken for versions or ranges."""

import re
from typing import Final

from chalicelib.domain.errors import InvalidRange, InvalidRequest
from chalicelib.domain.semver.ranges import Range

MAX_LENGTH: Final = 100

_TAG: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._~-]{{0,{MAX_LENGTH - 1}}}")


class InvalidTag(InvalidRequest):
    """A tag could be mistaken for a version range, or has characters a URL cannot hold."""

    code = "invalid_tag"
    title = "The tag is not valid"

    def __init__(self, tag: str) -> None:
        shown = tag[:MAX_LENGTH]
        super().__init__(
            f"`{shown}` cannot be a tag; use letters, digits, `.`, `_`, `-`, and nothing that reads as a range",
            tag=shown,
        )


def check_tag(tag: str) -> str:
    """Answer the tag if it can be one; raises InvalidTag."""
    if not _TAG.fullmatch(tag) or _reads_as_range(tag):
        raise InvalidTag(tag)
    return tag


def _reads_as_range(text: str) -> bool:
    try:
        Range.parse(text, loose=True)
    except InvalidRange:
        return False
    return True
