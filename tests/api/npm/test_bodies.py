"""JSON bodies as npm's clients send them."""

import pytest

from chalicelib.api.npm.bodies import document_of, text_of
from chalicelib.api.requests import Request
from chalicelib.domain.errors import InvalidPayload


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"x"', id="a text"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": Infinity}', id="infinity"),
        pytest.param(b'{"a": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"a": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"a": ' * 1000 + b"1" + b"}" * 1000, id="nested without end"),
        pytest.param(b'{"a": ' + b"[" * 100_000, id="open without end"),
    ],
)
def test_a_body_that_is_no_document_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidPayload):
        document_of(Request("PUT", "/npm/demo", body=body))


@pytest.mark.parametrize("body", [b"", b"1.0.0", b"1", b"NaN", b"[]", b'"1.0.0'])
def test_a_body_that_is_no_text_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidPayload):
        text_of(Request("PUT", "/npm/-/package/demo/dist-tags/next", body=body))
