"""`sweep`: one sweep or as many as it takes, and what was done."""

import json
from typing import Any

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism, text
from tests.cli.fake_registry import FakeRegistry, Reply, problem


def task(name: str, examined: int = 10, **told: Any) -> dict[str, Any]:
    return {"name": name, "examined": examined, "done": 0, "failed": 0, "named": [], "failures": []} | told


def report(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {
        "startedAt": "2026-01-01T00:00:00.000Z",
        "finishedAt": "2026-01-01T00:00:20.000Z",
        "complete": not any(told.get("left") for told in tasks),
        "tasks": list(tasks),
    }


def test_what_was_done_is_shown_for_every_task(prism: Prism, registry: FakeRegistry) -> None:
    derived = task("derived", 1200, done=2, named=["@acme/widget", "demo"])
    registry.answer("POST /v1/sweep", report(task("jobs", 0), derived))

    result = prism("sweep")

    assert (result.status, result.err) == (ExitStatus.OK, "")
    assert result.out == text(
        """
        task     examined  done  failed
        jobs            0     0       0
        derived      1200     2       0
        derived: @acme/widget
        derived: demo
        """
    )


def test_the_seconds_are_handed_on(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("POST /v1/sweep?seconds=5", report(task("jobs")))

    assert prism("sweep", "--seconds", "5").status is ExitStatus.OK


def test_what_failed_is_told_with_the_reason_and_ends_with_a_failure(
    prism: Prism, registry: FakeRegistry
) -> None:
    failure = {"subject": "demo", "reason": "stored Head\x1b cannot be read"}
    registry.answer("POST /v1/sweep", report(task("derived", failed=1, failures=[failure])))

    result = prism("sweep")

    assert result.status is ExitStatus.FAILURE
    assert "derived: demo failed: stored Head� cannot be read\n" in result.out


def test_what_is_left_is_said(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("POST /v1/sweep", report(task("jobs"), task("derived", left=True)))

    result = prism("sweep")

    assert registry.requests == ["POST /v1/sweep"]
    assert result.err == "not everything was looked at (derived): add --until-done, or sweep again\n"


def test_until_done_sweeps_until_each_task_has_come_to_its_end_and_adds_up(
    prism: Prism, registry: FakeRegistry
) -> None:
    registry.answer(
        "POST /v1/sweep",
        Reply(report(task("jobs", 1, left=True), task("derived", 5, done=1, named=["a"], left=True))),
        Reply(report(task("jobs", 2), task("derived", 5, left=True))),
        # What begins anew while another task goes on is not waited for.
        Reply(report(task("jobs", 3, left=True), task("derived", 5, done=1, named=["b"]))),
        Reply(report(task("jobs", 100))),
    )

    result = prism("sweep", "--until-done")

    assert (result.status, result.err) == (ExitStatus.OK, "")
    assert len(registry.requests) == 3
    assert result.out == text(
        """
        task     examined  done  failed
        jobs            6     0       0
        derived        15     2       0
        derived: a
        derived: b
        """
    )


def test_until_done_ends_when_the_registry_gets_no_further(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("POST /v1/sweep", report(task("derived", 0, left=True)))

    result = prism("sweep", "--until-done")

    assert len(registry.requests) == 1
    assert result.err == "another sweep is at it, or the registry gets no further: derived\n"


def test_json_is_each_report_as_it_came(prism: Prism, registry: FakeRegistry) -> None:
    first, second = json.dumps(report(task("jobs", left=True))), json.dumps(report(task("jobs")), indent=3)
    registry.answer("POST /v1/sweep", Reply(first), Reply(second))

    result = prism("sweep", "--until-done", "--json")

    assert result.out == f"{first}\n{second}\n"


@pytest.mark.parametrize("seconds", ["soon", "1.5"])
def test_seconds_that_are_none_are_wrong_usage(prism: Prism, registry: FakeRegistry, seconds: str) -> None:
    assert prism("sweep", "--seconds", seconds).status is ExitStatus.USAGE
    assert registry.asked == []


def test_a_refusal_is_told(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("POST /v1/sweep", problem(403, "forbidden", "the token does not allow this"))

    result = prism("sweep")

    assert (result.status, result.out) == (ExitStatus.DENIED, "")
    assert "the token does not allow this" in result.err
