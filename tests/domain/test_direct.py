"""Parts are as large as a medium takes them, equal, and never too many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.direct import (
    AT_ONCE,
    LARGEST,
    LARGEST_PART,
    MAX_PARTS,
    SMALLEST_PART,
    USUAL_PART,
    Wish,
    size_of_parts,
    wish_id,
)
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.manifest import Publisher

MIB = 1 << 20


def wish(size: int, part_size: int | None) -> Wish:
    return Wish(
        id="0" * 32,
        begun_at="2026-01-01T00:00:00.000Z",
        name="demo",
        size=size,
        sha256="0" * 64,
        publisher=Publisher(name="Alice"),
        source="api",
        part_size=part_size,
    )


@given(st.integers(min_value=1, max_value=LARGEST), st.none() | st.integers(SMALLEST_PART, LARGEST_PART))
def test_parts_hold_the_whole_and_every_one_can_be_sent(size: int, wanted: int | None) -> None:
    try:
        part_size = size_of_parts(size, wanted)
    except InvalidPayload:
        assert wanted is not None
        assert wanted * MAX_PARTS < size
        return
    if part_size is None:
        assert size <= (AT_ONCE if wanted is None else wanted)
        return
    found = wish(size, part_size)
    assert 2 <= found.part_count <= MAX_PARTS
    assert SMALLEST_PART <= part_size <= LARGEST_PART
    last = found.size_of_part(found.part_count)
    assert 1 <= last <= found.size_of_part(1) == part_size
    assert (found.part_count - 1) * part_size + last == size


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(1, None, id="a byte"),
        pytest.param(AT_ONCE, None, id="as much as is sent at once"),
        pytest.param(AT_ONCE + 1, USUAL_PART, id="a byte more"),
        pytest.param(USUAL_PART * MAX_PARTS, USUAL_PART, id="all parts"),
        pytest.param(USUAL_PART * MAX_PARTS + 1, USUAL_PART + MIB, id="more than those"),
        pytest.param(LARGEST, 525 * MIB, id="the largest object"),
    ],
)
def test_parts_grow_with_the_whole(size: int, expected: int | None) -> None:
    assert size_of_parts(size) == expected


@pytest.mark.parametrize(
    ("upload_id", "expected"),
    [
        pytest.param("direct/" + "a" * 32, "a" * 32, id="an upload that was wished for"),
        pytest.param("a" * 32, None, id="one that was dropped"),
        pytest.param("direct/a", None, id="too short"),
        pytest.param("direct/" + "a" * 32 + "/b", None, id="below one"),
        pytest.param("direct/" + "A" * 32, None, id="upper case"),
    ],
)
def test_a_wish_is_found_by_its_upload(upload_id: str, expected: str | None) -> None:
    assert wish_id(upload_id) == expected
