"""Writers who are overtaken at the worst moment leave what the other one wrote."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.testing import Death, Fault, FaultyStore
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import KEYS, NOON, Clock, executions, job, setting

Act = Callable[[], object]


class Interrupted(MemoryStore):
    """Lets somebody else act right before a write or a removal below a prefix, once."""

    def __init__(self) -> None:
        super().__init__()
        self.others: dict[tuple[str, str], Act] = {}

    def put(self, key: str, data: bytes, **conditions: Any) -> str:
        self._interrupt("put", key)
        return super().put(key, data, **conditions)

    def delete(self, key: str, *, durable: bool = True) -> None:
        self._interrupt("delete", key)
        super().delete(key)

    def _interrupt(self, verb: str, key: str) -> None:
        for place in list(self.others):
            if place[0] == verb and key.startswith(place[1]):
                self.others.pop(place)()


@pytest.fixture
def medium() -> Interrupted:
    return Interrupted()


@pytest.fixture
def work(medium: Interrupted) -> Executions:
    return executions(medium)


def test_a_job_written_over_at_the_last_moment_is_written_over_again(
    medium: Interrupted, work: Executions
) -> None:
    work.store_job(job(attempts=1))
    medium.others["put", KEYS.job("job-1")] = lambda: work.store_job(job(attempts=0))

    work.store_job(job(attempts=1, status="completed"))

    assert work.retrieve_job("job-1") == job(attempts=1, status="completed")
    assert work.page_jobs(state="completed").jobs == [job(attempts=1, status="completed")]
    assert work.page_jobs(state="queued").jobs == work.page_jobs(state="running").jobs == []
    assert len(list(medium.list(f"{KEYS.prefix}index/jobs/state/"))) == 1


def test_of_two_writers_of_a_new_job_the_slower_one_replaces_the_faster(
    medium: Interrupted, work: Executions
) -> None:
    medium.others["put", KEYS.job("job-1")] = lambda: work.store_job(job(status="completed"))

    work.store_job(job(attempts=0))

    assert work.page_jobs().jobs == work.page_jobs(state="queued").jobs == [job(attempts=0)]
    assert work.page_jobs(state="completed").jobs == []


def test_a_place_that_is_removed_late_is_not_the_one_of_a_state_that_has_come_back(
    medium: Interrupted, work: Executions
) -> None:
    work.store_job(job(attempts=1))
    medium.others["delete", KEYS.job_places("state/running")] = lambda: work.store_job(job(attempts=2))

    work.store_job(job(attempts=1, status="stoppedByError"))

    assert work.page_jobs(state="running").jobs == [job(attempts=2)]
    assert work.page_jobs(state="failed").jobs == []


def test_a_place_that_was_left_behind_does_not_list_a_job_twice(
    medium: Interrupted, work: Executions
) -> None:
    work.store_job(job(attempts=1))
    dying = FaultyStore(medium, Fault.DEATH_BEFORE, at=4)
    with pytest.raises(Death):
        executions(dying).store_job(job(attempts=1, status="stoppedByError"))
    executions(medium).store_job(job(attempts=2))

    places = list(medium.list(KEYS.job_places("state/running")))

    assert len(places) == 2
    assert work.page_jobs(state="running").jobs == [job(attempts=2)]


def test_a_last_use_that_is_noted_late_does_not_hide_a_later_one(
    medium: Interrupted, work: Executions
) -> None:
    work.store_run_setting(setting())

    def interrupt() -> None:
        # The swap and not the attempt to create, which comes before it.
        later = executions(medium, Clock(NOON + 10))
        medium.others["put", key] = lambda: later.store_run_setting(setting())

    key = KEYS.run_setting("job-1", "run-1")
    medium.others["put", key] = interrupt

    executions(medium, Clock(NOON + 5)).store_run_setting(setting())

    assert [found.updated_at for found in work.get_all_runs()] == [NOON + 10]


def test_a_page_that_is_read_while_a_job_is_written_has_it_or_has_it_not(
    medium: Interrupted, work: Executions
) -> None:
    seen: list[object] = []
    medium.others["put", KEYS.job("job-1")] = lambda: seen.extend(work.page_jobs().jobs)

    work.store_job(job())

    assert seen == []
    assert work.page_jobs().jobs == [job()]
