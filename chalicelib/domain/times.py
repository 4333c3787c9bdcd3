"""Moments as they are stored and sent: RFC 3339 in UTC with milliseconds and `Z`, which sort as text."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MILLISECOND: Final = 253_402_300_799_999
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})([mhdw])")


def timestamp(moment: datetime) -> str:
    """Answer the text of a moment; raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def moment(text: str) -> datetime:
    """Answer the moment a text names, in UTC where it names no zone; raises ValueError and OverflowError."""
    named = datetime.fromisoformat(text)
    return named.replace(tzinfo=UTC) if named.tzinfo is None else named.astimezone(UTC)


def milliseconds(moment: datetime) -> int:
    """Answer a moment in milliseconds since 1970; 0 for all that was before."""
    return max((moment - _EPOCH) // timedelta(milliseconds=1), 0)


def from_milliseconds(milliseconds: int) -> datetime:
    """Answer the moment so many milliseconds after 1970 began; of one that no calendar has, the last that has one."""
    return _EPOCH + timedelta(milliseconds=min(milliseconds, _LAST_MILLISECOND))


def later_than(previous: str | None, now: datetime) -> str:
    """Answer the text of now, or of one millisecond after `previous` if now is not later than it."""
    text = timestamp(now)
    if previous is None or text > previous:
        return text
    return timestamp(moment(previous) + timedelta(milliseconds=1))


def duration(text: str) -> timedelta:
    """Answer the duration that a text such as `90d` names, in minutes, hours, days or weeks; raises ValueError."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text[:60]}` is not a duration such as `90d`, `12h`, `30m` or `8w`")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
