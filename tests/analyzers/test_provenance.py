"""The provenance score: a sum of named facts, each of which can be missing."""

import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.analyzers import licence, provenance, signals
from chalicelib.analyzers.base import Subject
from chalicelib.analyzers.provenance import POINTS
from chalicelib.domain.manifest import Claim, Publisher
from chalicelib.domain.metadata import Provenance
from tests.analyzers.pictures import CLAIM, Picture, subject

DOCS = Path(__file__).parents[2] / "docs" / "concepts" / "provenance.md"
ADA = Publisher(name="Ada", email="ada@example.com")
COMPLETE: dict[str, Any] = {
    "name": "demo",
    "version": "1.0.0",
    "license": "MIT",
    "author": "Ada <ada@example.com>",
    "repository": "owner/project",
    "homepage": "https://github.com/owner/project#readme",
}


def prepared(picture: Picture, claim: Claim = CLAIM) -> Subject:
    bare = subject(picture, claim=claim)
    results = {analyzer.name: analyzer.analyze(bare).value for analyzer in (licence, signals)}
    return subject(picture, claim=claim, results=results)


def found(package_json: dict[str, Any], claim: Claim = CLAIM, files: Picture | None = None) -> Provenance:
    picture: Picture = {"package.json": package_json, "LICENSE": "…", **(files or {})}
    value = provenance.analyze(prepared(picture, claim)).value
    assert isinstance(value, Provenance)
    return value


def claimed(publisher: Publisher = ADA, source: str = "cli") -> Claim:
    return CLAIM.model_copy(update={"publisher": publisher, "source": source})


def test_the_points_add_up_to_a_hundred() -> None:
    assert sum(point.worth for point in POINTS) == 100


def test_a_package_that_tells_everything_has_a_hundred() -> None:
    value = found(COMPLETE)
    assert value.score == 100
    assert value.points == {point.name: point.worth for point in POINTS}


@pytest.mark.parametrize(
    ("package_json", "claim", "missing"),
    [
        pytest.param(COMPLETE, claimed(Publisher(name="Ada")), {"publisher_email"}, id="no address"),
        pytest.param(COMPLETE, claimed(source="s3"), {"source"}, id="dropped into the bucket"),
        pytest.param(
            {**COMPLETE, "repository": None}, CLAIM, {"repository", "repository_linked"}, id="no repository"
        ),
        pytest.param(
            {**COMPLETE, "homepage": "https://example.com"}, CLAIM, {"repository_linked"}, id="no link"
        ),
        pytest.param({**COMPLETE, "author": None}, CLAIM, {"author", "publisher_is_author"}, id="no author"),
        pytest.param({**COMPLETE, "author": "Bob"}, CLAIM, {"publisher_is_author"}, id="another author"),
        pytest.param({**COMPLETE, "license": "Own terms"}, CLAIM, {"licence"}, id="no SPDX expression"),
        pytest.param(
            {**COMPLETE, "scripts": {"postinstall": "node x.js"}},
            CLAIM,
            {"no_install_scripts"},
            id="install script",
        ),
    ],
)
def test_a_missing_fact_gives_no_points(
    package_json: dict[str, Any], claim: Claim, missing: set[str]
) -> None:
    value = found(package_json, claim)
    assert {name for name, worth in value.points.items() if worth == 0} == missing
    assert value.score == sum(value.points.values())


def test_a_package_without_its_licence_text_has_fewer_points() -> None:
    value = provenance.analyze(prepared({"package.json": COMPLETE})).value
    assert [name for name, worth in value.points.items() if worth == 0] == ["licence_file"]


def test_code_that_npm_compiles_unasked_counts_as_an_install_script() -> None:
    value = found(COMPLETE, files={"binding.gyp": "{}"})
    assert value.points["no_install_scripts"] == 0


def test_a_publisher_is_recognised_by_name_or_by_address() -> None:
    by_name = found({**COMPLETE, "author": "ADA"})
    by_address = found({**COMPLETE, "author": {"name": "A. Lovelace", "email": "ada@example.com"}})
    assert [value.points["publisher_is_author"] for value in (by_name, by_address)] == [10, 10]


def test_the_digests_are_the_tarball_s() -> None:
    looked_at = prepared({"package.json": COMPLETE})
    value = provenance.analyze(looked_at).value
    digests = looked_at.package.digests
    assert (value.tarball.sha256, value.tarball.sha512) == (digests.sha256, digests.sha512)
    assert value.manifest is None


def test_the_verdict_is_the_score() -> None:
    assert provenance.analyze(prepared({"package.json": COMPLETE, "LICENSE": "…"})).verdict == "100 of 100"


def test_the_page_lists_every_point_as_the_code_has_it() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.+) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    assert rows == [(point.name, str(point.worth), point.meaning) for point in POINTS]
