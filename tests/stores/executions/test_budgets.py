"""What operations on executions cost in storage calls: constant, whatever the number of jobs and events."""

from collections import Counter
from collections.abc import Callable

import pytest

from chalicelib.domain.executions.names import numbered_name
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.testing import CountingStore
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import KEYS, NOON, checkpoint, event, executions, job, setting

MANY = 10_000

Act = Callable[[], object]


def verbs(store: CountingStore) -> dict[str, int]:
    """Answer how often each verb was called, and forget it."""
    counted = Counter(call.verb for call in store.calls)
    store.reset()
    return dict(counted)


@pytest.fixture
def store() -> CountingStore:
    return CountingStore(MemoryStore())


@pytest.fixture
def work(store: CountingStore) -> Executions:
    return executions(store)


@pytest.fixture(scope="module")
def many_jobs() -> MemoryStore:
    """Give ten thousand jobs, one in a hundred of them failed."""
    medium = MemoryStore()
    for number in range(MANY):
        status = "stoppedByError" if number % 100 == 0 else "completed"
        executions(medium).store_job(
            job(f"job-{number}", started_at=NOON + number, status=status, attempts=1)
        )
    return medium


@pytest.fixture(scope="module")
def many_events() -> MemoryStore:
    """Give a run whose log has ten thousand events."""
    medium = MemoryStore()
    given = event(seq=1, epoch=1)
    for seq in range(1, MANY + 1):
        key = KEYS.run_log("job-1", "run-1") + numbered_name(seq)
        medium.put(key, given.model_copy(update={"seq": seq, "step_number": seq}).to_bytes())
    return medium


def test_the_newest_page_of_ten_thousand_jobs_costs_one_listing_and_its_jobs(many_jobs: MemoryStore) -> None:
    store = CountingStore(many_jobs)

    page = executions(store).page_jobs(20)

    assert [found.id for found in page.jobs] == [f"job-{MANY - 1 - number}" for number in range(20)]
    assert verbs(store) == {"list": 1, "get": 20}


def test_a_page_deep_among_ten_thousand_jobs_costs_no_more(many_jobs: MemoryStore) -> None:
    store = CountingStore(many_jobs)
    cursor = executions(many_jobs).page_jobs(100, since=NOON).next
    for _ in range(20):
        cursor = executions(many_jobs).page_jobs(100, cursor).next

    page = executions(store).page_jobs(20, cursor)

    assert page.jobs[0].id == f"job-{MANY - 2101}"
    assert verbs(store) == {"list": 1, "get": 20}


def test_the_jobs_before_a_moment_cost_no_listing_of_those_after_it(many_jobs: MemoryStore) -> None:
    store = CountingStore(many_jobs)

    page = executions(store).page_jobs(20, until=NOON + 100)

    assert [found.id for found in page.jobs] == [f"job-{99 - number}" for number in range(20)]
    assert verbs(store) == {"list": 1, "get": 20}


def test_the_few_jobs_of_a_state_cost_one_listing_and_themselves(many_jobs: MemoryStore) -> None:
    store = CountingStore(many_jobs)

    page = executions(store).page_jobs(20, state="failed")

    assert [found.id for found in page.jobs] == [f"job-{MANY - 100 * number}" for number in range(1, 21)]
    assert verbs(store) == {"list": 1, "get": 20}
    assert executions(store).page_jobs(20, state="running").jobs == []
    assert verbs(store) == {"list": 1}


def test_a_page_of_ten_thousand_events_costs_one_listing_and_its_events(many_events: MemoryStore) -> None:
    store = CountingStore(many_events)

    page = executions(store).page_events("job-1", "run-1", after=9_000, limit=50)

    assert [found.seq for found in page] == list(range(9_001, 9_051))
    assert verbs(store) == {"list": 1, "get": 50}


def test_ten_thousand_events_are_paged_to_their_end(many_events: MemoryStore) -> None:
    work, after, count = executions(many_events), 0, 0
    while page := work.page_events("job-1", "run-1", after, limit=1000):
        after, count = page[-1].seq or 0, count + len(page)

    assert (after, count) == (MANY, MANY)


def test_listing_jobs_and_runs_neither_lists_nor_reads_events(many_events: MemoryStore) -> None:
    writer = executions(many_events)
    writer.store_job(job())
    writer.store_run_setting(setting())
    store = CountingStore(many_events)

    executions(store).get_all_jobs()
    assert verbs(store) == {"list": 1, "get": 1}
    executions(store).get_all_runs()
    assert verbs(store) == {"list": 2, "get": 1}
    executions(store).runs_of("job-1")
    assert verbs(store) == {"list": 1, "get": 1}
    executions(store).page_jobs()
    assert verbs(store) == {"list": 1, "get": 1}


def test_what_is_known_of_events_is_told_by_their_names_alone(store: CountingStore, work: Executions) -> None:
    for number in range(30):
        work.store_event(event(f"e{number}", step_number=number))
    store.reset()

    assert len(work.get_events_by_run("job-1", "run-1")) == 30

    assert verbs(store) == {"list": 1}


def test_only_the_events_up_to_a_step_are_read(store: CountingStore, work: Executions) -> None:
    for number in range(30):
        work.store_event(event(f"e{number}", step_number=number))
    store.reset()

    assert len(work.get_event_contents("job-1", "run-1", max_step=4)) == 5

    assert verbs(store) == {"list": 1, "get": 5}


def test_every_other_operation_costs_a_few_calls(store: CountingStore, work: Executions) -> None:
    costs = {}
    acts: dict[str, Act] = {
        "new job": lambda: work.store_job(job(name="widget", attempts=0)),
        "job in another state": lambda: work.store_job(job(name="widget", attempts=1)),
        "job in the same state": lambda: work.store_job(job(name="widget", attempts=1, stage="read")),
        "job as it is": lambda: work.store_job(job(name="widget", attempts=1, stage="read")),
        "checkpoint": lambda: work.store_checkpoint(checkpoint()),
        "event": lambda: work.store_event(event()),
        "numbered event": lambda: work.append_event("job-1", "run-1", 1, "stage", epoch=1),
        "first setting": lambda: work.store_run_setting(setting()),
        "claim": lambda: work.claim_run("job-2", "worker"),
        "renewal": lambda: work.renew_run(work.claim_run("job-2", "worker").lease),
    }
    for name, act in acts.items():
        act()
        costs[name] = verbs(store)

    assert costs == {
        "new job": {"get": 1, "put": 4},
        "job in another state": {"put": 2, "delete": 1},
        "job in the same state": {"put": 1},
        "job as it is": {"get": 1},
        "checkpoint": {"put": 1},
        "event": {"put": 1},
        "numbered event": {"put": 1},
        "first setting": {"put": 1},
        "claim": {"list": 1, "put": 2},
        "renewal": {"list": 2, "get": 2, "put": 1},
    }
