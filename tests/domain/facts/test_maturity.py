"""The maturity score: higher majors look more settled, prereleases less."""

import pytest

from chalicelib.domain.errors import InvalidVersion
from chalicelib.domain.facts.maturity import is_experimental, maturity_score


@pytest.mark.parametrize(
    ("version", "score"),
    [
        pytest.param("0.0.1", 40, id="the start"),
        pytest.param("0.99.0", 40, id="minor versions do not count"),
        pytest.param("1.0.0", 45, id="five for each major"),
        pytest.param("7.3.1", 75, id="seven majors"),
        pytest.param("11.0.0", 95, id="the highest"),
        pytest.param("2026.1.1", 95, id="never above it"),
        pytest.param("1.0.0+build-7", 45, id="build metadata is no prerelease"),
        pytest.param("5.0.0-rc.1", 45, id="a prerelease has 20 less"),
        pytest.param("99.0.0-rc.1", 75, id="also at the top"),
        pytest.param("1.0.0-beta", 30, id="but never below the lowest"),
        pytest.param("0.1.0-alpha", 30, id="the lowest"),
    ],
)
def test_the_score_follows_major_and_prerelease(version: str, score: int) -> None:
    assert maturity_score(version) == score


@pytest.mark.parametrize(
    ("version", "experimental"),
    [
        pytest.param("0.9.0", True, id="0.x"),
        pytest.param("1.0.0-rc.1", True, id="prerelease"),
        pytest.param("1.0.0", False, id="release"),
        pytest.param("10.0.0+x-y", False, id="build metadata with a hyphen"),
    ],
)
def test_zero_versions_and_prereleases_are_experimental(version: str, *, experimental: bool) -> None:
    assert is_experimental(version) is experimental


def test_what_is_no_version_has_no_score() -> None:
    with pytest.raises(InvalidVersion):
        maturity_score("next")
