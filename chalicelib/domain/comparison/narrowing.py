"""Whether a range lets in less than another."""

import re
from typing import Final

from chalicelib.domain.errors import InvalidRange
from chalicelib.domain.semver.ranges import Range
from chalicelib.domain.semver.versions import version_key

_NUMBER: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def first_shut_out(before: str, after: str) -> str | None:
    """Answer the lowest release that `before` lets in and `after` does not, None if there is none.

    A range is a union of intervals whose ends are the versions it names. Between two neighbouring ends a
    release is let in if the others are, so it is enough to ask for 0.0.0, the ends, and the next patch after
    each. What is not a range (a tag, a URL) shuts out nothing.
    """
    try:
        wide, narrow = Range.parse(before, loose=True), Range.parse(after, loose=True)
    except InvalidRange:
        return None
    ends = {match.groups() for match in _NUMBER.finditer(f"{wide.normal} {narrow.normal}")}
    candidates = {"0.0.0"} | {
        f"{major}.{minor}.{int(patch) + step}" for major, minor, patch in ends for step in (0, 1)
    }
    shut_out = (version for version in candidates if wide.contains(version) and not narrow.contains(version))
    return min(shut_out, key=version_key, default=None)
