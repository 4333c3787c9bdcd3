"""Moments as text and as milliseconds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chalicelib.domain.times import from_milliseconds, milliseconds, timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(EPOCH, 0, id="the-first"),
        pytest.param(EPOCH - timedelta(days=1), 0, id="before-the-first"),
        pytest.param(datetime(2024, 5, 17, 8, 30, 1, 1999, UTC), 1715934601001, id="a-part-is-left-out"),
        pytest.param(
            datetime(2024, 5, 17, 10, 30, 1, 1000, timezone(timedelta(hours=2))), 1715934601001, id="a-zone"
        ),
    ],
)
def test_a_moment_is_whole_milliseconds(moment: datetime, expected: int) -> None:
    assert milliseconds(moment) == expected


@pytest.mark.parametrize("count", [0, 1, 1715934601001, 253_402_300_799_999])
def test_milliseconds_lead_to_their_moment_and_back(count: int) -> None:
    assert milliseconds(from_milliseconds(count)) == count


def test_each_millisecond_has_its_own_count() -> None:
    first = datetime(2024, 5, 17, 8, 30, 1, tzinfo=UTC)
    counts = [milliseconds(first + timedelta(milliseconds=number)) for number in range(1000)]

    assert counts == list(range(counts[0], counts[0] + 1000))


def test_of_a_moment_that_no_calendar_has_the_last_is_told() -> None:
    assert timestamp(from_milliseconds(999_999_999_999_999)) == "9999-12-31T23:59:59.999Z"
