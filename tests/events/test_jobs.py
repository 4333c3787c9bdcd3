"""A job that was queued is taken up when S3 announces its place among the queued ones."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.container import Container, installed
from chalicelib.domain.executions.errors import RunHeld
from chalicelib.domain.executions.names import JobPlace
from chalicelib.domain.executions.records import Failure, Job
from chalicelib.events.jobs import run_jobs
from chalicelib.services.publishing import Publishing
from chalicelib.services.publishing.wishes import job_id
from chalicelib.settings import S3Settings, Settings
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import StorageUnavailable
from tests.events.announcing import created
from tests.worlds import ALICE, World, memory_world, package, publish
from tests.worlds import world as new_world

SHA256 = hashlib.sha256(package()).hexdigest()
ID = job_id(SHA256, ALICE.name)


@pytest.fixture
def world() -> Iterator[World]:
    world = memory_world()
    with installed(world.container):
        yield world


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answer the jobs that are taken up from now on, without any work being done."""
    taken: list[str] = []

    def work(_: Publishing, wanted: str) -> Job:
        taken.append(wanted)
        return job().changed(id=wanted, status="completed")

    monkeypatch.setattr(Publishing, "work", work)
    return taken


def job(**fields: Any) -> Job:
    described = {
        "id": ID,
        "type": "publish",
        "started_at": 1_767_225_600_000,
        "digest": SHA256,
        "size": len(package()),
    }
    return Job.model_validate(described | {"source": "api", "publisher": ALICE, "attempts": 0} | fields)


def queue(container: Container, **fields: Any) -> str:
    """Store a job and answer the key of its place among those that are queued."""
    stored = job(**fields)
    container.artifacts.stage(SHA256, package())
    container.executions.store_job(stored)
    return place(container, stored)


def place(container: Container, of: Job, revision: int = 1) -> str:
    room = container.keys.job_places("state/queued")
    return f"{room}{JobPlace(of.started_at, of.id, revision)}.json"


def never(seconds: float) -> None:
    pytest.fail("it was waited for nothing")


def test_a_queued_job_is_brought_to_its_end(world: World) -> None:
    key = queue(world.container)

    answer = run_jobs(created(key), sleep=never)

    assert answer == {"jobs": {key: "completed"}}
    assert world.fresh().browsing.page("demo").versions == ["1.0.0"]  # type: ignore[arg-type]  # a valid name


def test_a_refused_job_has_come_to_its_end_as_well(world: World) -> None:
    publish(world.container, files={"index.js": "other"})
    key = queue(world.container)

    assert run_jobs(created(key), sleep=never) == {"jobs": {key: "failed"}}


def test_a_job_that_was_replayed_is_taken_up(world: World) -> None:
    publish(world.container)
    replayed = world.container.publishing.replay(ID, "analyze")
    (queued,) = world.medium.list(world.container.keys.job_places("state/queued"))

    answer = run_jobs(created(getattr(queued, "key", "")), sleep=never)

    assert list(answer["jobs"].values()) == ["completed"]
    assert replayed.state == "queued"


@pytest.mark.usefixtures("worked")
def test_the_announcement_may_be_faster_than_the_job(world: World) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            queue(world.container)

    key = place(world.container, job())

    assert run_jobs(created(key), sleep=sleep) == {"jobs": {key: "completed"}}
    assert len(waits) == 3


@pytest.mark.usefixtures("worked")
def test_a_replayed_job_that_is_not_queued_yet_is_waited_for(world: World) -> None:
    world.container.executions.store_job(job(status="completed"))
    replayed = {"started_at": job().started_at + 60_000, "replays": 1}
    key = place(world.container, job(**replayed), revision=2)

    def sleep(seconds: float) -> None:
        queue(world.container, **replayed)

    answer = run_jobs(created(key), sleep=sleep)

    assert answer == {"jobs": {key: "completed"}}


def test_a_job_that_never_comes_is_waited_for_two_seconds(world: World, worked: list[str]) -> None:
    waits: list[float] = []
    key = place(world.container, job())

    assert run_jobs(created(key), sleep=waits.append) == {"jobs": {key: None}}
    assert sum(waits) == pytest.approx(2)
    assert worked == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"attempts": 1}, id="running"),
        pytest.param(
            {"attempts": 1, "error": Failure(name="Busy", message="busy", is_retryable=True)},
            id="tried before",
        ),
    ],
)
def test_a_job_that_somebody_has_tried_is_left_to_the_sweep(
    world: World, worked: list[str], fields: dict[str, Any]
) -> None:
    key = queue(world.container, **fields)

    assert run_jobs(created(key), sleep=never) == {"jobs": {key: None}}
    assert worked == []


def test_a_job_that_another_worker_has_is_no_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(_: Publishing, wanted: str) -> Job:
        raise RunHeld(wanted, 0)

    monkeypatch.setattr(Publishing, "work", work)
    key = queue(world.container)

    assert run_jobs(created(key), sleep=never) == {"jobs": {key: None}}


def test_a_job_of_another_kind_is_left_to_its_own_workers(world: World) -> None:
    key = queue(world.container, type=None)

    assert run_jobs(created(key), sleep=never) == {"jobs": {key: None}}


def test_an_announcement_that_comes_twice_is_one_publish(world: World) -> None:
    key = queue(world.container)

    first, again = run_jobs(created(key), sleep=never), run_jobs(created(key), sleep=lambda _: None)

    assert (first, again) == ({"jobs": {key: "completed"}}, {"jobs": {key: None}})


def test_an_attempt_that_fails_raises_after_the_others_are_done_and_is_left_to_the_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def work(_: Publishing, wanted: str) -> Job:
        if wanted == ID:
            world.container.executions.store_job(
                job(attempts=1, error=Failure(name="X", message="x", is_retryable=True))
            )
            raise StorageUnavailable("staged/", "no answer", retryable=True)
        done.append(wanted)
        return job()

    monkeypatch.setattr(Publishing, "work", work)
    keys = [queue(world.container), queue(world.container, id="publish-other")]

    with pytest.raises(StorageUnavailable):
        run_jobs(created(*keys), sleep=never)
    again = run_jobs(created(keys[0]), sleep=never)

    assert done == ["publish-other"]
    assert again == {"jobs": {keys[0]: None}}


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("prism/index/jobs/state/running/999-a.00000001.json", id="another list"),
        pytest.param("prism/index/jobs/state/queued/nothing.json", id="no place"),
        pytest.param("prism/index/jobs/state/queued/998232774399999-a.00000001", id="no document"),
        pytest.param("prism/index/jobs/state/queued/998232774399999-A.00000001.json", id="no id of a job"),
        pytest.param("prism/heads/demo.json", id="a head"),
        pytest.param("index/jobs/state/queued/998232774399999-a.00000001.json", id="another registry's"),
    ],
)
def test_what_is_no_place_of_a_queued_job_is_ignored(world: World, worked: list[str], key: str) -> None:
    assert run_jobs(created(key), sleep=never) == {"jobs": {key: None}}
    assert (worked, world.store.calls) == ([], [])


def test_a_job_in_another_bucket_is_none_of_ours(worked: list[str]) -> None:
    settings = Settings(storage_driver="s3", s3=S3Settings(bucket="ours", region="us-east-1"))
    world = new_world(settings, MemoryStore())
    key = queue(world.container)

    with installed(world.container):
        assert run_jobs(created(key), sleep=never) == {"jobs": {}}

    assert worked == []


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"Event": "s3:TestEvent"}], ids=str)
def test_events_without_jobs_are_harmless(world: World, event: dict[str, Any]) -> None:
    handler: Callable[..., dict[str, Any]] = run_jobs

    assert handler(event) == {"jobs": {}}
