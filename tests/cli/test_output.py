"""Sizes, counts and tables as people read them."""

import pytest

from chalicelib.cli.output import count, printable, size, table


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_234_567, "1.2 MB"),
        (5_000_000_000_000, "5.0 TB"),
        (5_000_000_000_000_000, "5000.0 TB"),
    ],
)
def test_sizes_are_in_powers_of_a_thousand(number: int, shown: str) -> None:
    assert size(number) == shown


def test_counts_have_their_noun() -> None:
    assert [count(0, "file"), count(1, "file"), count(2, "file")] == ["0 files", "1 file", "2 files"]


def test_columns_are_aligned_and_lines_have_no_trailing_space() -> None:
    assert table([("a", "bb", ""), ("ccc", "d", "e")]) == ["a    bb", "ccc  d   e"]


def test_text_from_the_registry_cannot_steer_the_terminal() -> None:
    assert printable("a\nb\x1b]0;title\x07") == "a b�]0;title�"
