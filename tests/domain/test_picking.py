"""The version picked is npm's choice: `npm-pick-manifest` decides, and yanking follows PEP 592."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidRange
from chalicelib.domain.picking import pick_version
from chalicelib.domain.specs import read_wanted
from tests.oracles.driver import ask, seeded

COUNT = 4_000
TIMES = [f"2024-0{month}-01T00:00:00.{month}00Z" for month in range(1, 6)]
ENGINES = [
    *[None, None, {}, {"node": ">=18"}, {"node": ">=22", "npm": "*"}, {"node": "^20 || >=22.0.0-rc.1"}],
    *[{"npm": ">=10"}, {"node": "junk"}, {"node": ""}, {"node": 5}, ["node >= 0.8"], "node"],
]
WANTED = [
    *["*", "", "latest", "next", "gone", "^1", "^1.0.0", "~1.2", "1.x", "<2", ">=1.2.0-beta.1 <3", "2 || 0"],
    *[
        "1.2.0",
        "v1.2.0",
        "=1.2.0+7",
        "9.9.9",
        ">9",
        "1.2.0-beta.2",
        "^1.2.0-beta.1",
        "<=1.2.0 junk",
        "01.2.x",
    ],
]


@dataclass(frozen=True)
class Version:
    at: str = TIMES[0]
    deprecated: str | None = None
    yanked: str | None = None
    engines: Mapping[str, Any] | None = None


def packument(chance: Random) -> dict[str, Any]:
    drawn = {number(chance) for _ in range(chance.randint(0, 25))}
    versions = chance.sample(sorted(drawn), len(drawn))
    return {
        "name": "widget",
        "versions": {
            version: {"name": "widget", "version": version, **flaws(chance)} for version in versions
        },
        "time": {version: chance.choice(TIMES) for version in versions},
        "dist-tags": {
            tag: chance.choice(versions) if versions and chance.random() < 0.95 else "7.7.7"
            for tag in ("latest", "next")
            if chance.random() < 0.8
        },
    }


def number(chance: Random) -> str:
    text = f"{chance.randint(0, 3)}.{chance.choice([0, 2])}.{chance.choice([0, 0, 1, 10])}"
    return f"{text}-beta.{chance.randint(1, 2)}" if chance.random() < 0.25 else text


def flaws(chance: Random) -> dict[str, Any]:
    deprecated = chance.choice(["use another", ""]) if chance.random() < 0.3 else None
    engines = chance.choice(ENGINES)
    found = {"deprecated": deprecated, "engines": engines}
    return {name: value for name, value in found.items() if value is not None}


def options(chance: Random) -> dict[str, Any]:
    return {
        "before": chance.choice(TIMES) if chance.random() < 0.4 else None,
        "nodeVersion": chance.choice([None, "v20.11.0", "18.0.0", "22.0.0-rc.2", "not a version"]),
        "npmVersion": chance.choice([None, None, "10.2.0", "9.0.0"]),
        "avoid": chance.choice([None, None, None, "<1.2.0", ">=2"]),
        "defaultTag": chance.choice(["latest", "latest", "next"]),
    }


def ours(case: dict[str, Any]) -> str | None:
    held, chosen = case["packument"], case["options"]
    versions = {
        version: Version(held["time"][version], entry.get("deprecated"), engines=entry.get("engines"))
        for version, entry in held["versions"].items()
    }
    return pick_version(
        versions,
        held["dist-tags"],
        *read_wanted(case["wanted"]),
        before=chosen["before"],
        node_version=chosen["nodeVersion"],
        npm_version=chosen["npmVersion"],
        avoid=chosen["avoid"],
        default_tag=chosen["defaultTag"],
    )


def test_npm_would_pick_the_same() -> None:
    chance = seeded("picks")
    cases = [
        {"packument": packument(chance), "wanted": chance.choice(WANTED), "options": options(chance)}
        for _ in range(COUNT)
    ]

    answers = ask("picks", cases)

    assert [(case, said) for case, said in zip(cases, answers, strict=True) if ours(case) != said] == []
    assert sum(said is not None for said in answers) > COUNT / 2


def pick(versions: Mapping[str, Version], wanted: str, latest: str = "", **options: Any) -> str | None:
    return pick_version(versions, {"latest": latest} if latest else {}, *read_wanted(wanted), **options)


def test_latest_is_preferred_to_higher_versions() -> None:
    versions = {"1.0.0": Version(), "1.1.0": Version(), "2.0.0": Version()}

    assert pick(versions, "*", latest="1.0.0") == "1.0.0"
    assert pick(versions, ">=1", latest="1.0.0") == "1.0.0"
    assert pick(versions, ">=2", latest="1.0.0") == "2.0.0"


def test_a_deprecated_version_is_picked_only_if_there_is_no_other() -> None:
    versions = {"1.0.0": Version(), "1.1.0": Version(deprecated="broken")}

    assert pick(versions, "^1", latest="1.1.0") == "1.0.0"
    assert pick(versions, "^1.1", latest="1.1.0") == "1.1.0"


def test_an_engine_that_does_not_fit_weighs_more_than_a_deprecation() -> None:
    versions = {"1.0.0": Version(deprecated="old"), "1.1.0": Version(engines={"node": ">=22"})}

    assert pick(versions, "^1", node_version="20.0.0") == "1.0.0"
    assert pick(versions, "^1") == "1.1.0"


def test_a_version_published_later_does_not_exist_yet() -> None:
    versions = {"1.0.0": Version(TIMES[0]), "1.1.0": Version(TIMES[2])}

    assert pick(versions, "*", latest="1.1.0", before=TIMES[1]) == "1.0.0"
    assert pick(versions, "latest", latest="1.1.0", before=TIMES[1]) == "1.0.0"
    assert pick(versions, "1.1.0", latest="1.1.0", before=TIMES[1]) is None
    assert pick(versions, "1.1.0", latest="1.1.0", before=TIMES[2]) == "1.1.0"


def test_a_yanked_version_is_picked_only_by_its_exact_number() -> None:
    versions = {"1.0.0": Version(), "1.1.0": Version(yanked="leaks"), "1.2.0-rc.1": Version(yanked="leaks")}

    assert pick(versions, "^1", latest="1.1.0") == "1.0.0"
    assert pick(versions, "*", latest="1.1.0") == "1.0.0"
    assert pick(versions, "^1.1", latest="1.1.0") is None
    assert pick(versions, "1.1.0", latest="1.1.0") == "1.1.0"


def test_a_tag_on_a_yanked_version_picks_the_best_below_it() -> None:
    versions = {"1.0.0": Version(), "1.1.0": Version(yanked="leaks"), "2.0.0": Version()}

    assert pick(versions, "latest", latest="1.1.0") == "1.0.0"


def test_nothing_is_picked_from_nothing() -> None:
    for wanted in ("*", "latest", "1.0.0", "^1"):
        assert pick({}, wanted, latest="1.0.0") is None


def test_what_is_no_version_is_passed_over() -> None:
    assert pick({"1.0.0": Version(), "unknown": Version()}, "*") == "1.0.0"


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRange):
        pick_version({"1.0.0": Version()}, {}, "range", "foo bar")
