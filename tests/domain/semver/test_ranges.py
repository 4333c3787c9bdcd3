"""Ranges are npm's: its own `semver` decides."""

from time import process_time
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidRange
from chalicelib.domain.semver.ranges import Range, satisfies
from tests.domain.semver_cases import version, version_near, version_range
from tests.oracles.driver import ask, seeded

BATCH = 20_000
ODDITIES = [
    "* - 2.0.99999999999999999999999",
    "^9007199254740991.0.0 || 1",
    "1.0.0 - 1.2.9007199254740991",
    "1.0.0 - =1.2.3",
    "v 1.0.0 - 2",
    "blerg * blerg",
    "1.2.3-v = 1.2.3",
    "~> >1.2.3",
    ">= 0.0.0 || 1.0.0-a",
    ">=v0.0.0 || 1.0.0-a",
    "<*1.2.3",
    ">=1.0.0-10+*a",
    ">=0.0.0+*a || 1.0.0-a",
    "1 +build 2",
    "1.0.0-9007199254740992 - 1.0.0-9007199254740993",
    "\u3000^\ufeff1\u2028",
    "\x1c1.2.3",
    "1.2.3\x00",
]


def cases(salt: str) -> list[dict[str, Any]]:
    chance = seeded(f"ranges {salt}")
    drawn = []
    for _ in range(BATCH):
        text = version_range(chance)
        drawn.append(
            {
                "range": text,
                "version": version_near(text, chance) if chance.random() < 0.6 else version(chance),
                "includePrerelease": chance.random() < 1 / 3,
                "loose": chance.random() < 1 / 4,
            }
        )
    return drawn


def ours(case: dict[str, Any]) -> dict[str, Any]:
    contains = satisfies(
        case["version"], case["range"], loose=case["loose"], include_prerelease=case["includePrerelease"]
    )
    return {"normal": normal(case["range"], loose=case["loose"]), "contains": contains}


def normal(text: str, *, loose: bool = False) -> str | None:
    try:
        return str(Range.parse(text, loose=loose))
    except InvalidRange:
        return None


@pytest.mark.parametrize("salt", ["first", "second", "third"])
def test_ranges_are_read_and_answered_as_npm_does(salt: str) -> None:
    drawn = cases(salt)

    theirs = ask("ranges", drawn)

    assert [(case, said) for case, said in zip(drawn, theirs, strict=True) if ours(case) != said] == []


@pytest.mark.parametrize("loose", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_known_oddities_are_those_of_npm(*, wide: bool, loose: bool) -> None:
    drawn = [
        {"range": text, "version": tested, "includePrerelease": wide, "loose": loose}
        for text in ODDITIES
        for tested in ("0.0.0-0", "0.0.0", "1.0.0-a", "1.0.0", "1.1.0-0", "1.2.3", "2.0.1-d", "9.0.0")
    ]

    assert [ours(case) for case in drawn] == ask("ranges", drawn)


def test_the_cases_drawn_reach_both_answers() -> None:
    answers = [ours(case) for case in cases("first")]

    assert sum(answer["normal"] is not None for answer in answers) > BATCH / 2
    assert sum(answer["contains"] for answer in answers) > BATCH / 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("^1.2.3", ">=1.2.3 <2.0.0-0", id="caret keeps the major"),
        pytest.param("^0.2.3", ">=0.2.3 <0.3.0-0", id="caret on 0.x keeps the minor"),
        pytest.param("^0.0.3", ">=0.0.3 <0.0.4-0", id="caret on 0.0.x keeps the patch"),
        pytest.param("~1.2", ">=1.2.0 <1.3.0-0", id="tilde keeps the minor"),
        pytest.param("1.x", ">=1.0.0 <2.0.0-0", id="x is any number"),
        pytest.param("", "*", id="nothing is everything"),
        pytest.param("1.2 - 2", ">=1.2.0 <3.0.0-0", id="a partial upper end includes what begins with it"),
        pytest.param(">=1.2.3 <1.4 || 2", ">=1.2.3 <1.4.0-0||>=2.0.0 <3.0.0-0", id="alternatives"),
        pytest.param(">  1.2.3", ">1.2.3", id="space behind an operator"),
        pytest.param("1.2.3+build", "1.2.3", id="build metadata does not count"),
        pytest.param(">x", "<0.0.0-0", id="nothing is above everything"),
        pytest.param("* || 1.0.0-a", "*", id="a star swallows the other alternatives"),
    ],
)
def test_the_text_of_a_range_is_its_normal_form(text: str, expected: str) -> None:
    assert str(Range.parse(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("latest", id="a tag"),
        pytest.param("x.1.2", id="a number behind an x"),
        pytest.param("1.x.3", id="a number behind an x in the middle"),
        pytest.param(">=01.2.3", id="a leading zero"),
        pytest.param("9007199254740992", id="a number above the largest safe one"),
        pytest.param("^9007199254740991", id="a bound above the largest safe one"),
        pytest.param(f"1.2.3-{'a' * 251}", id="a version of 257 characters"),
        pytest.param("1,2", id="a comma"),
        pytest.param("1 | 2", id="one bar"),
    ],
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidRange):
        Range.parse(text)


def test_a_prerelease_is_inside_only_if_its_numbers_are_named_with_one() -> None:
    wanted = Range.parse(">=1.2.3-beta.1 <2")

    assert wanted.contains("1.2.3-beta.2")
    assert not wanted.contains("1.2.4-beta.2")
    assert wanted.contains("1.2.4-beta.2", include_prerelease=True)


def test_what_is_no_version_is_in_no_range() -> None:
    assert not Range.parse("*").contains("latest")
    assert not Range.parse("*").contains("")


def test_the_loose_reading_drops_the_junk_that_the_strict_one_refuses() -> None:
    assert Range.parse(">=01.2.3 blerg", loose=True).contains("1.2.3")


def test_a_text_that_is_no_range_is_satisfied_by_nothing() -> None:
    assert not satisfies("1.0.0", "latest")
    assert not satisfies("1.0.0", "latest", include_prerelease=True)


@pytest.mark.parametrize("size", [256, 20_000])
@pytest.mark.parametrize(
    "piece",
    [
        "v",
        "=",
        "1",
        "1.",
        "x.",
        " ",
        "-",
        "~ ",
        "^",
        "<",
        ">= ",
        "*",
        "+a",
        "+",
        "||",
        "1.2.3-",
        "a",
        "1.2.3 - ",
        "0",
        "v=",
    ],
)
def test_hostile_texts_are_answered_at_once(piece: str, size: int) -> None:
    text = (piece * size)[:size]
    started = process_time()

    for hostile in (text, f"1.2.3-{text}", f"{text}!", f">{text}", f"1 - {text}"):
        normal(hostile)
        normal(hostile, loose=True)

    assert process_time() - started < 2
