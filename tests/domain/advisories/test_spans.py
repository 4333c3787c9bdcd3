"""What an advisory affects is what OSV's evaluation says, and the range that is told says the same to npm."""

from random import Random
from time import process_time
from typing import Any

import pytest

from chalicelib.domain.advisories.spans import Spans, affected_spans
from chalicelib.domain.errors import InvalidVersion
from tests.oracles.driver import ask, seeded

BATCH = 4_000
ASKED = 5
KINDS = ["introduced"] * 4 + ["fixed"] * 3 + ["last_affected"] * 2 + ["limit"]


def drawn_version(chance: Random) -> str:
    """Draw one of few versions, so that many are equal or neighbours; every third is a prerelease."""
    numbers = ".".join(str(chance.choice([0, 0, 1, 2, 10])) for _ in range(3))
    return numbers + chance.choice(["", "", "", "", "-0", "-1", "-alpha", "-alpha.1", "-beta.10"])


def drawn_event(chance: Random) -> dict[str, str]:
    """Draw an event; every fifth introduction is from the beginning."""
    kind = chance.choice(KINDS)
    if kind == "introduced" and chance.random() < 0.2:
        return {kind: "0"}
    if kind == "limit" and chance.random() < 0.2:
        return {kind: "*"}
    return {kind: drawn_version(chance)}


def drawn_cases(salt: str) -> list[tuple[Spans, dict[str, Any]]]:
    """Draw advisories, each with some versions to ask about."""
    chance = seeded(f"advisories {salt}")
    drawn = []
    for _ in range(BATCH):
        ranges = [
            [drawn_event(chance) for _ in range(chance.randint(1, 6))] for _ in range(chance.randint(0, 2))
        ]
        versions = [drawn_version(chance) for _ in range(chance.choice([0, 0, 1, 3]))]
        spans = affected_spans([("SEMVER", events) for events in ranges], versions)
        for _ in range(ASKED):
            case = {"ranges": ranges, "versions": versions, "range": spans.npm_range()}
            drawn.append((spans, {**case, "version": drawn_version(chance)}))
    return drawn


@pytest.mark.parametrize("salt", ["first", "second"])
def test_osv_and_npm_say_the_same_of_every_version(salt: str) -> None:
    drawn = drawn_cases(salt)
    said = ask("advisories", [case for _, case in drawn])

    different = [
        (case, answer, spans.contain(case["version"]))
        for (spans, case), answer in zip(drawn, said, strict=True)
        if not answer["osv"] == answer["npm"] == spans.contain(case["version"])
    ]

    assert different == []
    assert {answer["osv"] for answer in said} == {True, False}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([{"introduced": "0"}], "*", id="every-version"),
        pytest.param([{"introduced": "0"}, {"fixed": "4.17.21"}], "<4.17.21", id="until-fixed"),
        pytest.param([{"introduced": "1.0.0"}, {"last_affected": "1.2.0"}], ">=1.0.0 <=1.2.0", id="last"),
        pytest.param([{"introduced": "1.0.0"}], ">=1.0.0", id="not-fixed"),
        pytest.param([{"introduced": "1.0.0"}, {"last_affected": "1.0.0"}], "1.0.0", id="one-version"),
        pytest.param(
            [{"introduced": "2.0.0"}, {"fixed": "2.1.0"}, {"introduced": "0"}, {"fixed": "1.1.0"}],
            "<1.1.0 || >=2.0.0 <2.1.0",
            id="two-lines-in-any-order",
        ),
        pytest.param([{"introduced": "1.0.0"}, {"limit": "2.0.0"}], ">=1.0.0 <2.0.0", id="limited"),
        pytest.param([{"fixed": "1.0.0"}], "", id="never-introduced"),
        pytest.param([{"introduced": "v1.0.0"}, {"fixed": "1.1.0+7"}], ">=1.0.0 <1.1.0", id="cleaned"),
    ],
)
def test_events_become_a_range_that_people_read(events: list[dict[str, str]], expected: str) -> None:
    assert affected_spans([("SEMVER", events)]).npm_range() == expected


def test_single_versions_stand_beside_the_ranges_that_do_not_hold_them() -> None:
    events = [{"introduced": "1.0.0"}, {"fixed": "2.0.0"}]

    spans = affected_spans([("SEMVER", events)], ["3.0.0", "1.5.0", "0.1.0", "not a version"])

    assert spans.npm_range() == "0.1.0 || >=1.0.0 <2.0.0 || 3.0.0"


def test_a_range_of_commits_says_nothing_of_versions() -> None:
    assert affected_spans([("GIT", [{"introduced": "0"}, {"fixed": "9f3c2e"}])]).npm_range() == ""


@pytest.mark.parametrize(
    "event", [{"introduced": "1.0"}, {"fixed": "0"}, {"last_affected": "x"}, {"limit": "1"}]
)
def test_an_event_without_a_version_that_can_be_ordered_is_refused(event: dict[str, str]) -> None:
    with pytest.raises(InvalidVersion):
        affected_spans([("SEMVER", [event])])


def test_many_events_take_little_time() -> None:
    events = [{kind: f"1.{number}.0"} for number in range(10_000) for kind in ("introduced", "fixed")]
    started = process_time()

    affected_spans([("SEMVER", events)])

    assert process_time() - started < 5
