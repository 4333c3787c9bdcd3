"""Tokens as text and as records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.access import bearer
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.tokens import (
    ID_BYTES,
    SECRET_BYTES,
    TokenRecord,
    configured_digest,
    digest_of,
    is_token_id,
    token_id,
    token_text,
)
from chalicelib.storage.port import is_key

BEFORE, NOW, AFTER = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z"
TEXT = token_text(bytes(ID_BYTES), b"\xff" * SECRET_BYTES)


def record(**facts: object) -> TokenRecord:
    """Answer the record of TEXT."""
    given_facts = {
        "id": "0" * 12,
        "name": "ci",
        "scopes": ["publish"],
        "created_at": BEFORE,
        "created_by": "admin",
    }
    return TokenRecord.model_validate(given_facts | {"sha256": digest_of(TEXT)} | facts)


@given(
    st.binary(min_size=ID_BYTES, max_size=ID_BYTES), st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)
)
def test_a_tokens_text_holds_its_id_and_can_be_sent_as_it_is(identifier: bytes, secret: bytes) -> None:
    text = token_text(identifier, secret)

    assert len(text) == len("prism_") + 12 + 1 + 43
    assert text.count("_") == 2
    assert token_id(text) == identifier.hex()
    assert bearer(f"Bearer {text}") == text


@given(st.sets(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES), min_size=2, max_size=2))
def test_different_secrets_give_different_texts(secrets: set[bytes]) -> None:
    assert len({token_text(bytes(ID_BYTES), secret) for secret in secrets}) == 2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(TEXT + "\n", id="a-line-break-behind"),
        pytest.param(TEXT[:-1], id="too-short"),
        pytest.param(TEXT + "0", id="too-long"),
        pytest.param(TEXT.upper(), id="upper-case"),
        pytest.param(TEXT.replace("prism_000000000000", "prism_../../../../"), id="a-path"),
        pytest.param(TEXT.replace("prism_0", "prism_\u0660"), id="a-digit-of-another-script"),
        pytest.param(TEXT.replace("prism", "npm"), id="another-registrys"),
    ],
)
def test_what_is_not_written_as_a_token_has_no_id(text: str) -> None:
    assert token_id(text) is None


@given(st.text())
def test_whatever_has_an_id_makes_a_harmless_key(text: str) -> None:
    for identifier in (token_id(text), text if is_token_id(text) else None):
        if identifier is not None:
            key = ObjectKeys().token(identifier)
            assert is_key(key)
            assert key.count("/") == 3


@pytest.mark.parametrize(
    ("facts", "text", "accepted"),
    [
        pytest.param({}, TEXT, True, id="good-for-ever"),
        pytest.param({"expires_at": AFTER}, TEXT, True, id="not-yet-expired"),
        pytest.param({"expires_at": NOW}, TEXT, False, id="expires-now"),
        pytest.param({"expires_at": BEFORE}, TEXT, False, id="expired"),
        pytest.param({"revoked_at": AFTER}, TEXT, False, id="revoked"),
        pytest.param({}, TEXT[:-1] + "0", False, id="another-secret"),
        pytest.param({"sha256": ""}, "", False, id="no-digest"),
    ],
)
def test_a_record_accepts_its_own_text_while_it_is_good(
    facts: dict[str, str], text: str, accepted: bool
) -> None:
    assert record(**facts).accepts(digest_of(text), NOW) is accepted


def test_a_record_tells_neither_its_digest_nor_anything_that_was_added_to_it() -> None:
    kept = record(packages=["@acme/*"], later="a field of a later version")

    facts = kept.facts()

    assert digest_of(TEXT) not in repr(kept) + repr(facts) + facts.to_bytes().decode()
    assert "later" not in facts.to_json_value()
    assert facts.packages == ["@acme/*"]


def test_a_caller_has_what_the_record_says() -> None:
    caller = record(packages=["@acme/*"], expires_at=AFTER).caller()

    assert (caller.name, caller.token, caller.expires_at) == ("ci", "0" * 12, AFTER)
    assert [caller.may("read"), caller.may("publish"), caller.may("admin")] == [True, True, False]
    assert [caller.sees("@acme/a"), caller.sees("b")] == [True, False]
    assert record().caller().sees("b")


def test_the_setting_names_a_token_by_its_text_or_its_digest() -> None:
    digest = digest_of("a-token-of-the-operator")

    assert configured_digest(None) is None
    assert configured_digest("a-token-of-the-operator") == digest
    assert configured_digest(f"SHA256:{digest.upper()}") == digest
