"""Whole reports on trees, for the clients that want those."""

from typing import Any

import pytest

from chalicelib.domain.advisories.records import Advisory
from chalicelib.domain.advisories.spans import affected_spans
from chalicelib.domain.errors import InvalidPayload
from chalicelib.npm.audit_reports import asked_of, full_report, nodes_of, patched
from tests.domain.advisories.records import osv

TREE = {
    "name": "app",
    "version": "1.0.0",
    "requires": {"lodash": "^1.0.0"},
    "dependencies": {
        "lodash": {"version": "1.0.0", "dependencies": {}},
        "tool": {
            "version": "3.0.0",
            "dev": True,
            "dependencies": {
                "lodash": {"version": "1.1.0", "dev": True},
                "deep": {"version": "1.0.0", "dev": True, "dependencies": {"lodash": {"version": "1.2.0"}}},
            },
        },
        "renamed": {"version": "npm:@acme/lodash@1.0.0", "optional": True},
    },
}


def report(tree: Any = TREE, **fields: Any) -> Any:
    """Answer the report on a tree for which there is one advisory."""
    record = Advisory.model_validate(osv(aliases=["CVE-2026-1", "X-1"], details="Long.", **fields))
    return full_report(list(nodes_of(tree)), {"lodash": [record]})


def test_a_tree_asks_about_every_package_once() -> None:
    asked = {name: sorted(versions) for name, versions in asked_of(nodes_of(TREE)).items()}

    assert asked == {
        "@acme/lodash": ["1.0.0"],
        "tool": ["3.0.0"],
        "deep": ["1.0.0"],
        "lodash": ["1.0.0", "1.1.0", "1.2.0"],
    }


def test_a_finding_is_a_version_with_the_ways_to_it() -> None:
    (advisory,) = report()["advisories"].values()

    assert sorted(advisory["findings"], key=lambda finding: finding["version"]) == [
        {"version": "1.0.0", "paths": ["lodash"], "dev": False, "optional": False, "bundled": False},
        {"version": "1.1.0", "paths": ["tool>lodash"], "dev": True, "optional": False, "bundled": False},
    ]
    assert advisory["module_name"] == "lodash"
    assert (advisory["vulnerable_versions"], advisory["patched_versions"]) == ("<1.2.0", ">=1.2.0")
    assert advisory["cves"] == ["CVE-2026-1"]
    assert advisory["overview"] == "Long."


def test_every_affected_place_is_counted_and_every_action_leads_to_an_advisory() -> None:
    told = report(database_specific={"severity": "LOW"})

    assert told["metadata"] == {
        "vulnerabilities": {"info": 0, "low": 2, "moderate": 0, "high": 0, "critical": 0},
        "dependencies": 2,
        "devDependencies": 3,
        "optionalDependencies": 1,
        "totalDependencies": 6,
    }
    assert {str(resolved["id"]) for action in told["actions"] for resolved in action["resolves"]} == set(
        told["advisories"]
    )


def test_an_advisory_that_affects_no_place_is_not_told() -> None:
    assert report(events=[{"introduced": "9.0.0"}])["advisories"] == {}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([{"introduced": "0"}, {"fixed": "1.2.0"}], ">=1.2.0"),
        ([{"introduced": "0"}, {"last_affected": "1.2.0"}], ">1.2.0"),
        ([{"introduced": "0"}], "<0.0.0"),
    ],
)
def test_what_is_patched_is_behind_all_that_is_affected(events: list[dict[str, str]], expected: str) -> None:
    assert patched(affected_spans([("SEMVER", events)])) == expected


@pytest.mark.parametrize("tree", [[], "x", {"dependencies": []}, {"dependencies": {"a": 1}}])
def test_what_is_no_tree_is_refused(tree: Any) -> None:
    with pytest.raises(InvalidPayload):
        list(nodes_of(tree))
