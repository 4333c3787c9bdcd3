"""Names of files, made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.buckets.filenames import MOST_BYTES, safe_filename


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        pytest.param("photo.jpg", "photo.jpg", id="plain"),
        pytest.param("caf\u0065\u0301", "caf\u00e9", id="composed"),
        pytest.param("a\ud800b", "a_b", id="half a character"),
        pytest.param(None, "download", id="none"),
        pytest.param("a.", "a", id="dot at the end"),
        pytest.param("lpt1", "_lpt1", id="device"),
    ],
)
def test_a_name_is_kept_where_it_is_harmless(name: str | None, safe: str) -> None:
    assert safe_filename(name) == safe


@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_every_name_names_one_file_in_its_folder(name: str) -> None:
    safe = safe_filename(name)

    assert safe.encode()
    assert len(safe.encode()) <= MOST_BYTES
    assert not set(safe) & set('/\\\0\r\n\u202e:"')
    assert not safe.startswith(".")
    assert safe == safe.strip()
    assert safe_filename(safe) == safe
