"""The generated reference pages say what the code says."""

from scripts.generate_docs import drifted


def test_no_reference_page_has_drifted_from_the_code() -> None:
    assert drifted() == [], "run `make docs`"
