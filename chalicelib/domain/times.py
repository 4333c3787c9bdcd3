"""Moments as they are stored and sent: RFC 3339 in UTC with milliseconds and `Z`, which sort as text."""

from datetime import UTC, datetime, timedelta


def timestamp(moment: datetime) -> str:
    """Answer the text of a moment; raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def moment(text: str) -> datetime:
    """Answer the moment a text names; raises ValueError."""
    return datetime.fromisoformat(text).astimezone(UTC)


def later_than(previous: str | None, now: datetime) -> str:
    """Answer the text of now, or of one millisecond after `previous` if now is not later than it."""
    text = timestamp(now)
    if previous is None or text > previous:
        return text
    return timestamp(moment(previous) + timedelta(milliseconds=1))
