"""The canonical bytes of documents."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from chalicelib.domain.document import ORDERED_FIELDS, canonical_json
from chalicelib.domain.names import PackageName

KEYS = st.text(max_size=8) | st.sampled_from(sorted(ORDERED_FIELDS))
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=40)


def by_definition(value: Any) -> Any:
    """Answer a value with its keys sorted, in the plainest way there is."""
    if isinstance(value, Mapping):
        return {
            key: value[key] if key in ORDERED_FIELDS else by_definition(value[key]) for key in sorted(value)
        }
    if isinstance(value, list):
        return [by_definition(item) for item in value]
    return value


@given(VALUES)
def test_canonical_bytes_have_sorted_keys_but_where_their_order_carries_meaning(value: Any) -> None:
    assert canonical_json(value) == to_json(by_definition(value), indent=2, inf_nan_mode="null") + b"\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"b": 1, "a": {"d": None, "c": [{"f": 1, "e": 2}]}}, None, id="keys at every depth"),
        pytest.param({"exports": {"z": {"y": 1, "x": 2}, "a": 3}, "Z": 0}, None, id="the order of exports"),
        pytest.param({"n": PackageName("demo"), "f": float("inf"), "e": {}, "l": []}, None, id="odd leaves"),
        pytest.param(
            MappingProxyType({"b": MappingProxyType({"d": 1, "c": 2}), "a": 1}), None, id="mappings"
        ),
        pytest.param(
            {"b": [], "a": "\x00ü"}, b'{\n  "a": "\\u0000\xc3\xbc",\n  "b": []\n}\n', id="the bytes"
        ),
    ],
)
def test_canonical_bytes_of(value: Any, text: bytes | None) -> None:
    expected = text or to_json(by_definition(value), indent=2, inf_nan_mode="null") + b"\n"

    assert canonical_json(value) == expected
