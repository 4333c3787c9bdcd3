"""`prism rebuild` goes from portion to portion, tells what is found on the way, and sums it up."""

import json
from typing import Any

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism, text
from tests.cli.fake_registry import FakeRegistry, Reply, problem

REBUILD = "POST /v1/rebuild"


def portion(**fields: Any) -> dict[str, Any]:
    """Answer a portion of two versions that are as they should be."""
    counts = {"tarball": {"equal": 2}, "pack": {"equal": 2}, "metadata": {"equal": 2}}
    return {"examined": 6, "packages": 1, "versions": 2, "jobs": 0, "counts": counts, "findings": []} | fields


def finding(outcome: str, kind: str = "pack", key: str = "files/a/1.0.0.pack", **more: str) -> dict[str, str]:
    """Answer what was found of an object."""
    return {"kind": kind, "key": key, "outcome": outcome, **more}


def found(*outcomes: str) -> dict[str, Any]:
    """Answer a portion in which packs were found so."""
    counts = {"pack": {outcome: outcomes.count(outcome) for outcome in outcomes}}
    return portion(counts=counts, findings=[finding(outcome) for outcome in outcomes])


def test_portions_follow_each_other_to_the_end(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(
        REBUILD, Reply(portion(next="packages a 1.0.0")), Reply(portion(counts={"job": {"equal": 3}}))
    )

    result = prism("rebuild", "--check")

    assert [json.loads(asked.body) for asked in registry.asked] == [
        {"check": True},
        {"check": True, "cursor": "packages a 1.0.0"},
    ]
    assert result.err == text(
        """
        1 package and 2 versions are done
        2 packages and 4 versions are done
        """
    )
    assert result.out == text(
        """
                  equal  kept  missing  corrupt  outdated  lost
        tarball       2     0        0        0         0     0
        pack          2     0        0        0         0     0
        metadata      2     0        0        0         0     0
        job           3     0        0        0         0     0

        everything is as it is made anew
        """
    )
    assert result.status is ExitStatus.OK


def test_what_is_found_is_told_at_once_and_in_one_line(prism: Prism, registry: FakeRegistry) -> None:
    told = finding("lost", "head", "heads/a.json", detail="cut\noff \x1b[31m")
    registry.answer(REBUILD, portion(counts={"head": {"lost": 3}}, findings=[told], more=2))

    result = prism("rebuild")

    assert result.err == text(
        """
        lost head heads/a.json: cut off �[31m
        and 2 more
        1 package and 2 versions are done
        """
    )
    assert result.out.endswith("\n3 lost\n")


@pytest.mark.parametrize(
    ("outcomes", "check", "rebuild"),
    [
        (("equal", "kept"), ExitStatus.OK, ExitStatus.OK),
        (("missing",), ExitStatus.FAILURE, ExitStatus.OK),
        (("corrupt",), ExitStatus.FAILURE, ExitStatus.OK),
        (("outdated",), ExitStatus.OK, ExitStatus.OK),
        (("lost",), ExitStatus.FAILURE, ExitStatus.FAILURE),
        (("missing", "lost"), ExitStatus.FAILURE, ExitStatus.FAILURE),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_it_fails_if_something_is_left_that_is_not_as_it_should_be(
    prism: Prism, registry: FakeRegistry, outcomes: tuple[str, ...], check: ExitStatus, rebuild: ExitStatus
) -> None:
    registry.answer(REBUILD, found(*outcomes))

    assert (prism("rebuild", "--check").status, prism("rebuild").status) == (check, rebuild)


def test_it_says_what_was_done_and_what_may_be(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(REBUILD, found("missing", "corrupt", "corrupt", "outdated"))

    check, rebuild = prism("rebuild", "--check"), prism("rebuild")

    assert check.out.endswith(
        "\n1 missing, 2 corrupt, 1 outdated; `prism rebuild` writes what is missing or corrupt\n"
    )
    assert rebuild.out.endswith(
        "\n1 missing, 2 corrupt, 1 outdated; what was missing or corrupt is written\n"
    )


def test_json_is_one_document(prism: Prism, registry: FakeRegistry) -> None:
    first = portion(counts={"pack": {"missing": 1}}, findings=[finding("missing")], more=4, next="packages a")
    registry.answer(REBUILD, Reply(first), Reply(portion(counts={"pack": {"equal": 5}}, jobs=7)))

    result = prism("rebuild", "--check", "--json")

    assert json.loads(result.out) == {
        "check": True,
        "examined": 12,
        "packages": 2,
        "versions": 4,
        "jobs": 7,
        "counts": {"pack": {"missing": 1, "equal": 5}},
        "findings": [finding("missing")],
        "more": 4,
    }
    assert result.status is ExitStatus.FAILURE


def test_a_portion_that_fails_for_a_moment_is_asked_for_again(prism: Prism, registry: FakeRegistry) -> None:
    busy = problem(503, "storage_unavailable", "wait")
    waiting = Reply(busy.value, 503, {**busy.headers, "Retry-After": "1"})
    registry.answer(REBUILD, Reply(portion(next="packages a")), waiting, Reply(portion()))

    result = prism("rebuild")

    assert [json.loads(asked.body).get("cursor") for asked in registry.asked] == [
        None,
        "packages a",
        "packages a",
    ]
    assert result.status is ExitStatus.OK


def test_who_may_not_rebuild_is_told_so(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(REBUILD, problem(403, "forbidden", "this needs the scope `admin`"))

    result = prism("rebuild")

    assert result.status is ExitStatus.DENIED
    assert result.out == ""
