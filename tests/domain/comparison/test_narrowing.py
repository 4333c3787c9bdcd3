"""Whether a range lets in less than another, against asking about every version of a grid."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.comparison.narrowing import first_shut_out
from chalicelib.domain.semver.ranges import Range

GRID = [".".join(map(str, numbers)) for numbers in product(range(5), repeat=3)]

numbers = st.integers(0, 3)
partials = st.one_of(
    st.tuples(numbers, numbers, numbers).map(lambda parts: "{}.{}.{}".format(*parts)),
    st.tuples(numbers, numbers).map(lambda parts: "{}.{}".format(*parts)),
    numbers.map(str),
)
words = st.tuples(st.sampled_from(["", "^", "~", ">=", "<=", ">", "<", "="]), partials).map("".join)
alternatives = st.lists(words, min_size=1, max_size=2).map(" ".join)
ranges = st.lists(alternatives, min_size=1, max_size=2).map(" || ".join)


@given(ranges, ranges)
@settings(deadline=None, max_examples=300)
def test_the_lowest_release_shut_out_is_found(before: str, after: str) -> None:
    wide, narrow = Range.parse(before), Range.parse(after)
    expected = next(
        (version for version in GRID if wide.contains(version) and not narrow.contains(version)), None
    )
    assert first_shut_out(before, after) == expected


@given(ranges)
@settings(deadline=None, max_examples=50)
def test_a_range_shuts_out_nothing_of_itself(text: str) -> None:
    assert first_shut_out(text, text) is None


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        pytest.param(">=14", ">=18", "14.0.0", id="an older line dropped"),
        pytest.param("*", ">=18", "0.0.0", id="a bound where none was"),
        pytest.param(">=18", ">=14", None, id="widened"),
        pytest.param("^16 || ^17", "^17", "16.0.0", id="an alternative dropped"),
        pytest.param(">=18", "^18", "19.0.0", id="bounded above"),
        pytest.param("latest", ">=18", None, id="a tag is no range"),
        pytest.param(">=18", "workspace:*", None, id="nor is a protocol"),
    ],
)
def test_ranges_of_real_packages_are_compared(before: str, after: str, lost: str | None) -> None:
    assert first_shut_out(before, after) == lost
