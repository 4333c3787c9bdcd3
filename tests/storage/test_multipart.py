"""Streams are cut into parts that a bucket takes."""

from itertools import islice, repeat

import pytest

from chalicelib.storage.bucket.multipart import MAX_PARTS, equal_sizes, growing_sizes, regrouped

MIB, GIB, TIB = 1 << 20, 1 << 30, 1 << 40


def test_growing_parts_hold_the_largest_object_and_none_is_too_large() -> None:
    sizes = list(islice(growing_sizes(8 * MIB), MAX_PARTS))

    assert sum(sizes) >= 5 * TIB
    assert max(sizes) <= 5 * GIB
    assert sizes[:1000] == [8 * MIB] * 1000


@pytest.mark.parametrize(
    ("chunks", "parts"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([b"", b""], [], id="empty pieces"),
        pytest.param([b"ab"], [b"ab"], id="less than a part"),
        pytest.param([b"abc"], [b"abc"], id="one part"),
        pytest.param([b"a", b"bc", b"", b"d"], [b"abc", b"d"], id="across pieces"),
        pytest.param([b"abcdefgh"], [b"abc", b"def", b"gh"], id="a piece of many parts"),
        pytest.param([b"ab", b"cdef"], [b"abc", b"def"], id="nothing over"),
    ],
)
def test_pieces_are_cut_into_equal_parts(chunks: list[bytes], parts: list[bytes]) -> None:
    assert list(regrouped(chunks, equal_sizes(3))) == parts


def test_parts_follow_the_sizes_given() -> None:
    assert list(regrouped(repeat(b"xy", 5), iter([1, 2, 4, 8]))) == [b"x", b"yx", b"yxyx", b"yxy"]
