"""Which part of a file is served (RFC 9110, 14)."""

import pytest

from chalicelib.api.errors import RangeNotSatisfiable
from chalicelib.api.ranges import byte_range
from tests.api.callers import assert_problem, call
from tests.api.demo import MODULE, demo_app

SIZE = len(MODULE)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("bytes=0-4", slice(0, 5), id="first-five"),
        pytest.param("bytes=3-", slice(3, 10), id="open"),
        pytest.param("bytes=-3", slice(7, 10), id="suffix"),
        pytest.param("bytes=-30", slice(0, 10), id="suffix-longer-than-all"),
        pytest.param("bytes=8-100", slice(8, 10), id="past-the-end"),
        pytest.param("bytes=9-9", slice(9, 10), id="last-byte"),
        pytest.param("Bytes=0-0", slice(0, 1), id="unit-in-any-case"),
        pytest.param("bytes= 0-4 ", slice(0, 5), id="white-space"),
        pytest.param(None, None, id="absent"),
        pytest.param("", None, id="empty"),
        pytest.param("bytes=", None, id="no-range"),
        pytest.param("bytes=-", None, id="neither-end"),
        pytest.param("bytes=5-2", None, id="backwards"),
        pytest.param("bytes=0-1,3-4", None, id="several"),
        pytest.param("lines=0-4", None, id="other-unit"),
        pytest.param("bytes=a-b", None, id="not-numbers"),
        pytest.param("bytes=٣-٤", None, id="not-ascii-digits"),
        pytest.param("bytes=0-" + "9" * 5000, None, id="endless-number"),
    ],
)
def test_a_range_names_bytes_or_is_ignored(header: str | None, expected: slice | None) -> None:
    assert byte_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=999-"])
def test_a_range_of_no_byte_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        byte_range(header, 10)


def test_an_empty_file_has_no_first_byte_but_a_suffix() -> None:
    assert byte_range("bytes=-5", 0) is None
    with pytest.raises(RangeNotSatisfiable):
        byte_range("bytes=0-", 0)


def test_a_part_says_which_part_it_is() -> None:
    answer = call(demo_app(), "GET", "/packages/a/1.0.0/x.js", headers={"Range": "bytes=7-11"})

    assert (answer.status, answer.body) == (206, b"const")
    assert answer.headers["content-range"] == f"bytes 7-11/{SIZE}"
    assert answer.headers["etag"] == '"m1"'


def test_the_whole_says_that_parts_may_be_asked_for() -> None:
    assert call(demo_app(), "GET", "/packages/a/1.0.0/x.js").headers["accept-ranges"] == "bytes"


def test_what_cannot_be_satisfied_says_how_much_there_is() -> None:
    answer = call(demo_app(), "GET", "/packages/a/1.0.0/x.js", headers={"Range": "bytes=999-"})

    assert_problem(answer, 416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    ("if_range", "status"),
    [
        pytest.param('"m1"', 206, id="same"),
        pytest.param('"m0"', 200, id="other"),
        pytest.param('W/"m1"', 200, id="weak"),
        pytest.param("Sat, 21 Nov 2026 07:00:00 GMT", 200, id="date"),
    ],
)
def test_a_part_is_sent_only_of_the_file_the_client_has(if_range: str, status: int) -> None:
    headers = {"Range": "bytes=0-3", "If-Range": if_range}

    assert call(demo_app(), "GET", "/packages/a/1.0.0/x.js", headers=headers).status == status


def test_head_ignores_ranges() -> None:
    answer = call(demo_app(), "HEAD", "/packages/a/1.0.0/x.js", headers={"Range": "bytes=999-"})

    assert answer.status == 200


def test_a_part_that_the_client_has_is_not_modified() -> None:
    headers = {"Range": "bytes=0-3", "If-None-Match": '"m1"'}

    assert call(demo_app(), "GET", "/packages/a/1.0.0/x.js", headers=headers).status == 304
