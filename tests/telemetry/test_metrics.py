"""Metrics leave as CloudWatch's embedded metric format, once for each invocation."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib import telemetry
from tests.telemetry.emf import metrics_written


def test_an_invocation_that_reads_writes_one_line() -> None:
    with metrics_written() as written, telemetry.invocation("GET", requestId="r1"):
        telemetry.count("StorageCalls", Verb="get")
        telemetry.count("ResolveCacheHits")
        telemetry.measure("RequestDuration", 1.25, Status="2xx")

    [line] = written.lines
    assert line["requestId"] == "r1"
    assert written.series() == {
        ("StorageCalls", (("Verb", "get"),)): [1],
        ("ResolveCacheHits", ()): [1],
        ("RequestDuration", (("Status", "2xx"),)): [1.25],
    }


def test_counts_of_one_kind_are_added_up_and_durations_are_kept_apart() -> None:
    with metrics_written() as written, telemetry.invocation("event"):
        for milliseconds in (1.0, 2.0, 4.0):
            telemetry.count("StorageCalls", Verb="get")
            telemetry.measure("StageDuration", milliseconds, Stage="read")

    assert written.series() == {
        ("StorageCalls", (("Verb", "get"),)): [3],
        ("StageDuration", (("Stage", "read"),)): [1.0, 2.0, 4.0],
    }


def test_a_line_holds_one_value_of_a_dimension_so_a_second_one_takes_a_second_line() -> None:
    with metrics_written() as written, telemetry.invocation("event"):
        for verb in ("get", "put", "delete"):
            telemetry.count("StorageCalls", Verb=verb)
        for stage in ("read", "claim"):
            telemetry.measure("StageDuration", 1.0, Stage=stage)

    assert len(written.lines) == 3
    assert len(written.series()) == 5


@pytest.mark.parametrize("count", [101, 250])
def test_more_values_than_a_line_may_hold_go_on_in_the_next(count: int) -> None:
    with metrics_written() as written, telemetry.invocation("event"):
        for number in range(count):
            telemetry.measure("StageDuration", number, Stage="read")

    assert written.series() == {("StageDuration", (("Stage", "read"),)): [*range(count)]}


def test_more_metrics_than_a_line_may_hold_go_on_in_the_next() -> None:
    with metrics_written() as written, telemetry.invocation("event"):
        for number in range(150):
            telemetry.count(f"Metric{number}")

    assert len(written.series()) == 150
    assert len(written.lines) == 2


def test_every_metric_of_a_deployed_stage_names_it() -> None:
    with metrics_written("prod") as written, telemetry.invocation("GET"):
        telemetry.count("Publishes")
        telemetry.count("Refusals", Code="version_exists")

    assert written.series() == {
        ("Publishes", (("Deployment", "prod"),)): [1],
        ("Refusals", (("Deployment", "prod"), ("Code", "version_exists"))): [1],
    }


def test_what_is_noted_is_told_beside_the_metrics_and_is_no_dimension() -> None:
    with metrics_written() as written, telemetry.invocation("POST", requestId="r1"):
        telemetry.note(package="left-pad", version="1.0.0")
        telemetry.count("Publishes")

    [line] = written.lines
    assert (line["requestId"], line["package"], line["version"]) == ("r1", "left-pad", "1.0.0")
    assert list(written.series()) == [("Publishes", ())]


def test_an_invocation_that_measured_nothing_writes_nothing() -> None:
    with metrics_written() as written, telemetry.invocation("GET"):
        pass

    assert written.lines == []


def test_an_invocation_that_fails_still_writes_what_it_measured() -> None:
    with (
        metrics_written() as written,
        pytest.raises(ValueError, match="broken"),
        telemetry.invocation("event"),
    ):
        telemetry.count("Publishes")
        raise ValueError("broken")

    assert written.series() == {("Publishes", ()): [1]}


def test_nothing_is_written_unless_metrics_are_on(capsys: pytest.CaptureFixture[str]) -> None:
    with telemetry.invocation("GET"):
        telemetry.count("Publishes")

    assert capsys.readouterr().out == ""


def test_invocations_at_the_same_time_do_not_count_for_each_other() -> None:
    def work(number: int) -> None:
        with telemetry.invocation("GET", requestId=str(number)):
            for _ in range(number):
                telemetry.count("StorageCalls", Verb="get")

    with metrics_written() as written, ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(1, 41)))

    counted = {line["requestId"]: line["StorageCalls"] for line in written.lines}
    assert counted == {str(number): number for number in range(1, 41)}


def test_a_stage_is_measured_also_when_it_fails() -> None:
    with (
        metrics_written() as written,
        telemetry.invocation("event"),
        pytest.raises(ValueError, match="broken"),
        telemetry.stage("read"),
    ):
        raise ValueError("broken")

    assert [name for name, _ in written.series()] == ["StageDuration"]
