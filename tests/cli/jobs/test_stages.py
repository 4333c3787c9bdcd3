"""Durations and ages as people read them."""

import pytest

from chalicelib.cli.stages import age, took
from tests.cli.conftest import NEW_YEAR


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0 ms"),
        (999.4, "999 ms"),
        (999.5, "1.0 s"),
        (59_900, "59.9 s"),
        (59_960, "1 min 0 s"),
        (3_725_000, "1 h 2 min"),
    ],
)
def test_durations_are_in_the_unit_that_fits(milliseconds: float, shown: str) -> None:
    assert took(milliseconds) == shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        pytest.param("2026-01-01T00:00:05.000Z", "0 s ago", id="of-a-clock-that-is-ahead"),
        pytest.param("2025-12-31T23:59:01.000Z", "59 s ago", id="seconds"),
        pytest.param("2025-12-31T23:59:00.000Z", "1 min ago", id="minutes"),
        pytest.param("2025-12-31T22:59:00.000Z", "1 h ago", id="hours"),
        pytest.param("2025-12-22T00:00:00.000Z", "10 d ago", id="days"),
    ],
)
def test_ages_are_in_the_unit_that_fits(moment: str, shown: str) -> None:
    assert age(moment, NEW_YEAR) == shown
