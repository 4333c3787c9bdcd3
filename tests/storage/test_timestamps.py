"""Moments in the answers of a bucket."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.storage.bucket.timestamps import moment_of


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-21T23:41:45.713Z",
        "2026-11-21T23:41:45Z",
        "Sat, 21 Nov 2026 23:41:45 GMT",
        "2026-11-21T23:41:45+01:00",
        "1795304505",
        1795304505,
        1795304505.5,
    ],
)
def test_moments_are_read_as_the_sdk_reads_them(value: Any) -> None:
    assert moment_of(value) == parse_timestamp(value)
    assert moment_of(value).tzinfo is not None


@pytest.mark.parametrize("value", ["2026-99-21T23:41:45Z", "Sat, 99 Nov 2026 23:41:45 GMT", "now", ""])
def test_what_is_no_moment_is_refused_as_the_sdk_refuses_it(value: str) -> None:
    with pytest.raises(ValueError, match="Invalid timestamp"):
        moment_of(value)


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - it is given a zone
def test_every_moment_comes_back(when: datetime) -> None:
    told = when.replace(microsecond=when.microsecond // 1000 * 1000)

    assert moment_of(told.isoformat(timespec="milliseconds").replace("+00:00", "Z")) == told
