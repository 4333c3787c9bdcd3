"""Versions are read and ordered as npm's `semver` does; where both follow the standard, so does Python's."""

from itertools import pairwise
from typing import Any

import pytest
import semver

from chalicelib.domain.errors import InvalidVersion
from chalicelib.domain.semver.versions import (
    VersionKey,
    clean_version,
    is_prerelease,
    loose_version_key,
    number_of,
    parse_version,
    version_key,
)
from tests.domain.semver_cases import version
from tests.oracles.driver import ask, seeded

COUNT = 12_000


def cases() -> list[dict[str, Any]]:
    chance = seeded("versions")
    return [
        {"version": version(chance), "other": version(chance), "loose": chance.random() < 1 / 3}
        for _ in range(COUNT)
    ]


def key(text: str, *, loose: bool) -> VersionKey | None:
    try:
        return loose_version_key(text) if loose else version_key(text)
    except InvalidVersion:
        return None


def order(case: dict[str, Any]) -> int | None:
    first, second = (key(case[name], loose=case["loose"]) for name in ("version", "other"))
    return None if first is None or second is None else (first > second) - (first < second)


def ours(case: dict[str, Any]) -> dict[str, Any]:
    text, loose = case["version"], case["loose"]
    cleaned = number_of(text, loose=loose)
    return {
        "valid": cleaned if key(text, loose=loose) is not None else None,
        "clean": cleaned,
        "order": order(case),
    }


def test_versions_are_valid_clean_and_ordered_as_npm_says() -> None:
    drawn = cases()

    theirs = ask("versions", drawn)

    assert [(case, said) for case, said in zip(drawn, theirs, strict=True) if ours(case) != said] == []
    assert sum(said["order"] is not None for said in theirs) > COUNT / 2


def test_the_order_is_that_of_the_python_reference() -> None:
    texts = [case["version"] for case in cases()]
    texts = [text for text in texts if key(text, loose=False) and "9007199254740991" not in text]

    ascending = [parse_version(text) for text in sorted(texts, key=version_key)]

    assert all(lower <= higher for lower, higher in pairwise(ascending))


@pytest.mark.parametrize(
    "ascending",
    [
        pytest.param(
            "1.0.0-a 1.0.0-a.1 1.0.0-a.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0",
            id="the chain of the standard",
        ),
        pytest.param("0.9.0 0.10.0 1.2.0 1.10.0 2.0.0", id="numbers, not text"),
        pytest.param("1.0.0-9 1.0.0-10 1.0.0-9a", id="numeric identifiers come before others"),
    ],
)
def test_versions_sort_as_the_standard_says(ascending: str) -> None:
    versions = ascending.split()
    descending = versions[::-1]

    assert sorted(descending, key=version_key) == versions


@pytest.mark.parametrize(
    ("text", "published"),
    [
        pytest.param("1.2.3", "1.2.3", id="plain"),
        pytest.param(" =v1.2.3 ", "1.2.3", id="prefixes and space"),
        pytest.param("1.2.3-rc.1+build.5", "1.2.3-rc.1", id="build metadata"),
    ],
)
def test_a_version_is_published_under_its_clean_number(text: str, published: str) -> None:
    assert clean_version(text) == published


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("1.2", id="two numbers"),
        pytest.param("1.2.3.4", id="four numbers"),
        pytest.param("01.2.3", id="a leading zero"),
        pytest.param("1.2.3-01", id="a leading zero in a prerelease"),
        pytest.param("1.2.3-", id="an empty prerelease"),
        pytest.param("1.2.9007199254740992", id="a number above the largest safe one"),
        pytest.param(f"1.2.3-{'a' * 251}", id="257 characters"),
        pytest.param("1.2.3\x00", id="a control character"),
        pytest.param("١.٢.٣", id="digits of another script"),  # noqa: RUF001 - the digits are the case
        pytest.param("../1.2.3", id="a path"),
    ],
)
def test_what_is_no_version_is_refused_everywhere(text: str) -> None:
    for read in (clean_version, parse_version, version_key, is_prerelease):
        with pytest.raises(InvalidVersion):
            read(text)
    assert number_of(text) is None


def test_a_parsed_version_has_all_its_parts() -> None:
    assert parse_version(" v1.2.3-rc.1+5") == semver.Version(1, 2, 3, "rc.1", "5")


def test_a_prerelease_is_told_from_a_release() -> None:
    assert is_prerelease("1.0.0-0")
    assert not is_prerelease("1.0.0+build-1")


def test_numbers_too_large_for_a_double_are_equal_as_in_npm() -> None:
    first, second = "1.0.0-9007199254740993", "1.0.0-9007199254740992"

    assert ask("versions", [{"version": first, "other": second, "loose": False}])[0]["order"] == 0
    assert version_key(first) == version_key(second)


def test_build_metadata_does_not_order_versions() -> None:
    assert version_key("1.0.0+a") == version_key("1.0.0+b")
