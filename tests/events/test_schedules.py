"""The schedule sweeps: what nobody came back for is finished."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from chalicelib.container import installed
from chalicelib.domain.sweeping import SweepReport
from chalicelib.events.schedules import SWEEP_SECONDS, sweep
from chalicelib.services.sweeping import Sweeping
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Fault, FaultyStore
from tests.events.conftest import Told
from tests.services.sweeping.swept import Registry
from tests.worlds import publish

EVENT = {"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-01-01T00:00:00Z"}


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def process(registry: Registry) -> Iterator[None]:
    with installed(registry.process()):
        yield


def test_a_publish_that_nobody_came_back_for_is_finished(registry: Registry) -> None:
    assert registry.die_publishing(at=15)
    registry.clock.forward(minutes=5)

    with installed(registry.process()):
        report = sweep(EVENT)

    assert (report["complete"], report["tasks"][0]["name"], report["tasks"][0]["done"]) == (True, "jobs", 1)
    assert registry.listed() == [("demo", "1.0.0")]


@pytest.mark.usefixtures("process")
def test_what_was_done_is_answered_and_kept(registry: Registry) -> None:
    publish(registry.process())

    report = sweep(EVENT)

    kept = registry.process().sweeping.progress().report
    assert kept is not None
    assert report == kept.to_json_value()
    assert [task["name"] for task in report["tasks"]] == [
        "jobs",
        "derived",
        "direct",
        "staged",
        "shards",
        "uploads",
        "buckets",
        "archives",
    ]


@pytest.mark.usefixtures("process")
def test_a_sweep_ends_before_its_function_does(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    swept = Sweeping.sweep

    def swept_for(sweeping: Sweeping, seconds: float) -> SweepReport:
        asked.append(seconds)
        return swept(sweeping, seconds)

    monkeypatch.setattr(Sweeping, "sweep", swept_for)

    sweep(EVENT)

    assert asked == [SWEEP_SECONDS]
    assert SWEEP_SECONDS <= 270


@pytest.mark.usefixtures("process")
def test_every_task_tells_one_line_under_the_invocations_id(told: Told) -> None:
    sweep(EVENT, SimpleNamespace(aws_request_id="invocation-1"))

    lines = told("swept")
    assert [line["task"] for line in lines] == [
        "jobs",
        "derived",
        "direct",
        "staged",
        "shards",
        "uploads",
        "buckets",
        "archives",
    ]
    assert {line["requestId"] for line in lines} == {"invocation-1"}


def test_a_storage_that_does_not_answer_fails_the_invocation(registry: Registry) -> None:
    silent = FaultyStore(registry.store, Fault.UNAVAILABLE, at=1, times=10_000)

    with installed(registry.process(silent)), pytest.raises(StorageUnavailable):
        sweep(EVENT)
