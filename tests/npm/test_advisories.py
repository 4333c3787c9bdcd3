"""Advisories in npm's shape: what affects, how severe it is, and where it is to be read."""

from typing import Any

import pytest

from chalicelib.domain.advisories.records import Advisory
from chalicelib.domain.names import PackageName
from chalicelib.npm.advisories import NpmAdvisory, bulk_answer, npm_advisory, npm_id
from tests.domain.advisories.records import COMMAND_INJECTION, osv

LODASH = PackageName("lodash")
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
V2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P"


def told(advisory_id: str = "GHSA-35jh-r3h4-6jhm", **fields: Any) -> NpmAdvisory:
    """Answer what npm is told of a record that affects `1.0.0`."""
    entry = npm_advisory(Advisory.model_validate(osv(advisory_id, **fields)), LODASH, ["1.0.0"])
    assert entry is not None
    return entry


def scored(vector: str, kind: str = "CVSS_V3") -> list[dict[str, str]]:
    """Answer how a record states one vector."""
    return [{"type": kind, "score": vector}]


def test_an_advisory_has_everything_that_npm_reads() -> None:
    entry = told(
        severity=scored(COMMAND_INJECTION),
        database_specific={"severity": "HIGH", "cwe_ids": ["CWE-77", "CWE-94"]},
    )

    assert entry == {
        "id": npm_id("GHSA-35jh-r3h4-6jhm", LODASH),
        "url": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
        "title": "Something can be injected",
        "severity": "high",
        "vulnerable_versions": "<1.2.0",
        "cwe": ["CWE-77", "CWE-94"],
        "cvss": {"score": 7.2, "vectorString": COMMAND_INJECTION},
    }


def test_only_what_affects_a_version_asked_for_is_told() -> None:
    records = [
        Advisory.model_validate(osv("GHSA-aaaa-aaaa-aaaa")),
        Advisory.model_validate(osv("GHSA-bbbb-bbbb-bbbb", events=[{"introduced": "5.0.0"}])),
    ]
    asked = {"lodash": ["1.0.0", "1.2.0", "latest"], "LoDash": ["1.2.0"], "express": ["1.0.0"]}

    answer = bulk_answer(asked, {"lodash": records, "LoDash": records})

    assert [(name, [entry["title"] for entry in entries]) for name, entries in answer.items()] == [
        ("lodash", ["Something can be injected"])
    ]
    assert answer["lodash"][0]["url"].endswith("GHSA-aaaa-aaaa-aaaa")


def test_an_id_is_a_number_that_javascript_holds_exactly_and_another_for_another_package() -> None:
    ids = {npm_id(f"GHSA-{number}", PackageName(name)) for number in range(100) for name in ("a", "b")}

    assert len(ids) == 200
    assert max(ids) < 2**53


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        pytest.param({"database_specific": {"severity": "LOW"}}, "low", id="stated"),
        pytest.param({"database_specific": {"severity": "MODERATE"}}, "moderate", id="moderate"),
        pytest.param({"database_specific": {"severity": "medium"}}, "moderate", id="others-word"),
        pytest.param(
            {"database_specific": {"severity": "CRITICAL"}, "severity": scored(COMMAND_INJECTION)},
            "critical",
            id="stated-before-scored",
        ),
        pytest.param({"severity": scored(COMMAND_INJECTION)}, "high", id="scored"),
        pytest.param(
            {"severity": scored("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N")}, "info", id="nothing-lost"
        ),
        pytest.param({"severity": scored(V4, "CVSS_V4")}, "high", id="a-vector-without-a-score"),
        pytest.param({}, "high", id="nothing"),
        pytest.param({"database_specific": {"severity": ["HIGH"]}}, "high", id="nonsense"),
    ],
)
def test_how_severe_it_is(fields: dict[str, Any], severity: str) -> None:
    assert told(**fields)["severity"] == severity


def test_a_malicious_package_is_critical() -> None:
    entry = told("MAL-2026-1", summary="Malicious code in lodash")

    assert (entry["severity"], entry["title"]) == ("critical", "Malicious code in lodash (MAL-2026-1)")


@pytest.mark.parametrize(
    ("severity", "cvss"),
    [
        ([], {"score": 0, "vectorString": None}),
        (scored(V4, "CVSS_V4"), {"score": 0, "vectorString": V4}),
        (scored(V2, "CVSS_V2"), {"score": 0, "vectorString": V2}),
        (
            scored(V4, "CVSS_V4") + scored(COMMAND_INJECTION),
            {"score": 7.2, "vectorString": COMMAND_INJECTION},
        ),
    ],
    ids=["none", "version-4", "version-2", "the-one-with-a-score"],
)
def test_which_vector_is_told(severity: list[dict[str, str]], cvss: dict[str, Any]) -> None:
    assert told(severity=severity)["cvss"] == cvss


@pytest.mark.parametrize(
    ("references", "url"),
    [
        ([], ""),
        ([{"type": "WEB", "url": "https://a.example"}], "https://a.example"),
        (
            [{"type": "WEB", "url": "https://a.example"}, {"type": "ADVISORY", "url": "https://b.example"}],
            "https://b.example",
        ),
        ([{"type": "ADVISORY", "url": "javascript:alert(1)"}], ""),
    ],
    ids=["nowhere", "anywhere", "the-advisory", "no-address"],
)
def test_where_an_advisory_without_a_page_of_its_own_is_read(
    references: list[dict[str, str]], url: str
) -> None:
    assert told("CVE-2026-1", references=references)["url"] == url
