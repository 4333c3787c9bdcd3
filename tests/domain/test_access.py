"""Scopes, callers, and tokens in headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.access import EVERYBODY, NOBODY, InvalidToken, Scope, bearer, implied

TEXT = "prism_0123456789ab_" + "x" * 43


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", " Bearer ", "Bearer    "])
def test_the_scheme_is_read_in_any_case(scheme: str) -> None:
    assert bearer(f"{scheme} {TEXT} ") == TEXT


@pytest.mark.parametrize(
    "header", [None, "", " ", "Basic YTpi", "Digest x", TEXT, f"Token {TEXT}", f"Bearer\t{TEXT}"]
)
def test_a_header_of_another_scheme_holds_no_token(header: str | None) -> None:
    assert bearer(header) is None


@pytest.mark.parametrize(
    "rest", ["", " ", " a b", " a,b", ' "a"', " é", " \ud800", " a\nb", " a\x00", " =", f" {TEXT}, Basic x"]
)
def test_a_bearer_header_that_is_not_well_written_is_refused(rest: str) -> None:
    with pytest.raises(InvalidToken):
        bearer(f"Bearer{rest}")


@given(st.text())
def test_no_header_can_break_the_reading(header: str) -> None:
    for text in (header, f"Bearer {header}"):
        try:
            found = bearer(text)
        except InvalidToken:
            continue
        assert found is None or (found.isascii() and found.isprintable() and " " not in found)


@pytest.mark.parametrize(
    ("scopes", "all_of_them"),
    [
        ([], []),
        (["read"], ["read"]),
        (["publish"], ["read", "publish"]),
        (["admin"], ["read", "publish", "admin"]),
    ],
)
def test_a_scope_implies_those_before_it(scopes: list[Scope], all_of_them: list[Scope]) -> None:
    assert implied(scopes) == set(all_of_them)


def test_nobody_may_nothing_and_everybody_may_all_but_grant() -> None:
    assert not any(NOBODY.may(scope) for scope in ("read", "publish", "admin"))
    assert not NOBODY.sees("a")
    assert EVERYBODY.may("publish")
    assert not EVERYBODY.may("admin")
    assert EVERYBODY.name is None
