"""What members are called."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.archives.names import unlike


def test_equal_names_are_numbered_before_their_extension() -> None:
    names = ["a.txt", "a.txt", "b", "b", "A.TXT", "a (2).txt", "a.txt"]

    assert unlike(names) == ["a.txt", "a (2).txt", "b", "b (2)", "A (3).TXT", "a (2) (2).txt", "a (4).txt"]


@given(st.lists(st.sampled_from(["a", "A", "a (2)", "a (3)", "b.c", "b (2).c"])))
def test_no_two_names_are_alike(names: list[str]) -> None:
    assert len({name.casefold() for name in unlike(names)}) == len(names)
