"""Patterns of package names: what `*` stands for, which are refused, and which parts of an index they reach."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.patterns import EVERY_PACKAGE, MAX_PATTERNS, PackagePatterns, fits


@pytest.mark.parametrize(
    ("pattern", "means", "means_not"),
    [
        pytest.param("left-pad", ["left-pad"], ["left-pad2", "@a/left-pad", "left"], id="a-name"),
        pytest.param("@acme/*", ["@acme/a", "@acme/b.c"], ["@acme2/a", "acme", "@ac/me"], id="a-scope"),
        pytest.param("acme-*", ["acme-", "acme-x"], ["acme", "@acme-x/y", "@s/acme-x"], id="a-prefix"),
        pytest.param("*-utils", ["a-utils"], ["@evil/a-utils", "a-utils2"], id="a-suffix-within-its-part"),
        pytest.param("@*/*", ["@a/b"], ["a"], id="every-scope"),
        pytest.param("@*-corp/w*t", ["@a-corp/wt", "@b-corp/widget"], ["@corp/wt"], id="both-parts"),
        pytest.param("*", ["a", "@a/b"], [], id="every-package"),
        pytest.param("**", ["a", "@a/b"], [], id="stars-count-once"),
    ],
)
def test_a_star_stands_for_any_characters_of_its_part(
    pattern: str, means: list[str], means_not: list[str]
) -> None:
    patterns = PackagePatterns.parse([pattern])

    assert [name for name in means if not patterns.match(name)] == []
    assert [name for name in means_not if patterns.match(name)] == []


def test_patterns_have_one_normal_form() -> None:
    assert PackagePatterns.parse([" @ACME/* ", "b", "a", "b"]).texts == ("@acme/*", "a", "b")


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        " ",
        "@acme",
        "@acme/",
        "@*",
        "a/b",
        "/",
        "@a/b/c",
        "a b",
        "[a]",
        "a?",
        "../x",
        ".x*",
        "é*",
        "\x00",
        "a" * 215,
    ],
)
def test_a_pattern_that_no_package_can_have_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPayload, match="means no package"):
        PackagePatterns.parse([pattern])


@pytest.mark.parametrize(
    "patterns", [[], [f"p{number}" for number in range(MAX_PATTERNS + 1)]], ids=["none", "many"]
)
def test_no_patterns_and_too_many_are_refused(patterns: list[str]) -> None:
    with pytest.raises(InvalidPayload, match="`packages` "):
        PackagePatterns.parse(patterns)


@pytest.mark.parametrize(
    ("own", "others", "included"),
    [
        ("*", ["*", "@*/*", "demo", "a-*"], True),
        ("@acme/*", ["@acme/*", "@acme/a", "@acme/a*b"], True),
        ("@acme/*", ["*", "@*/*", "@acme*/a", "demo", "acme-*"], False),
        ("acme-*", ["acme-*", "acme-a*", "acme-"], True),
        ("acme-*", ["acme*", "*acme-", "@acme-/x", "*"], False),
        ("@*/*", ["@*/*", "@a*/b"], True),
        ("@*/*", ["*", "demo"], False),
    ],
)
def test_patterns_include_others_whose_every_name_they_mean(
    own: str, others: list[str], included: bool
) -> None:
    patterns = PackagePatterns.parse([own, "other"])

    assert [patterns.include(other) for other in others] == [included] * len(others)


PIECES = st.text("ab*-", min_size=1, max_size=5)
PATTERNS = PIECES | st.builds("@{}/{}".format, PIECES, PIECES)


@given(PATTERNS, PATTERNS, st.lists(st.text("ab-", max_size=3), min_size=8, max_size=8))
def test_what_is_included_is_never_wider(own: str, other: str, fillings: list[str]) -> None:
    name = other
    for filling in fillings:
        name = name.replace("*", filling, 1)

    if PackagePatterns((own,)).include(other) and "*" not in name:
        assert PackagePatterns((own,)).match(name)


def test_no_patterns_mean_no_package_and_every_package_means_all() -> None:
    assert not PackagePatterns(()).match("a")
    assert EVERY_PACKAGE.match("@a/b")


@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
def test_a_pattern_fits_what_the_same_regular_expression_matches(pattern: str, text: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))

    assert fits(pattern, text) is (re.fullmatch(expression, text) is not None)


def test_a_hostile_pattern_takes_no_longer_than_others() -> None:
    pattern, text = "*a" * 100 + "b", "a" * 214

    started = time.perf_counter()
    assert not fits(pattern, text)
    assert time.perf_counter() - started < 0.1


NAMES = st.from_regex(r"(@[ab]{1,2}/)?[ab]{1,3}", fullmatch=True)


@given(st.from_regex(r"(@[ab*]{1,2}/)?[ab*]{1,3}", fullmatch=True), NAMES, NAMES, st.one_of(st.none(), NAMES))
def test_a_part_of_the_index_is_reached_if_it_can_hold_a_name_that_is_meant(
    pattern: str, name: str, first: str, end: str | None
) -> None:
    patterns = PackagePatterns.parse([pattern])

    if patterns.match(name) and first <= name and (end is None or name < end):
        assert patterns.reach(first, end)


def test_parts_of_the_index_without_any_such_name_are_not_reached() -> None:
    scope, name = PackagePatterns.parse(["@acme/*"]), PackagePatterns.parse(["left-pad"])

    assert not scope.reach("@b/a", None)
    assert not scope.reach("@a/a", "@a/b")
    assert scope.reach("@acme/x", "@acme/y")
    assert not name.reach("left-pad2", None)
    assert not name.reach("a", "left-pad")
    assert name.reach("left-pad", "left-pad2")
