"""Jobs of every kind are brought to their end by those who know their kind."""

import pytest

from chalicelib.domain.executions.errors import JobKindUnknown, JobNotFound
from chalicelib.domain.executions.records import Job
from chalicelib.services.working import Working
from tests.worlds import World, memory_world, publish


class Painting:
    """A kind of jobs that writes down what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def work(self, job_id: str) -> Job:
        self.asked.append(("work", job_id))
        return Job(id=job_id, started_at=0, status="completed")

    def replay(self, job_id: str, from_stage: str | None = None, *, by: str | None = None) -> Job:
        self.asked.append(("replay", job_id, str(from_stage), str(by)))
        return Job(id=job_id, started_at=0, attempts=0)


@pytest.fixture
def world() -> World:
    return memory_world()


def nobody() -> Painting:
    pytest.fail("this kind was not asked for")


def test_the_beginning_of_its_id_tells_who_knows_a_job(world: World) -> None:
    painting = Painting()
    working = Working({"publish": nobody, "paint": lambda: painting}, world.container.executions)

    assert working.work("paint-1-2").state == "completed"
    assert working.replay("paint-1-2", "mix", by="Ada").state == "queued"

    assert painting.asked == [("work", "paint-1-2"), ("replay", "paint-1-2", "mix", "Ada")]


@pytest.mark.parametrize("job_id", ["perstack-1", "publishing-1"])
def test_a_job_of_a_kind_that_nobody_here_knows_is_left_as_it_is(world: World, job_id: str) -> None:
    foreign = Job(id=job_id, started_at=0)
    world.container.executions.store_job(foreign)

    assert world.container.working.work(job_id) == foreign
    with pytest.raises(JobKindUnknown):
        Working({}, world.container.executions).replay(job_id)


def test_a_job_that_is_not_there_is_not_found(world: World) -> None:
    for job_id in ("perstack-1", "publish-1"):
        with pytest.raises(JobNotFound):
            world.container.working.work(job_id)
        with pytest.raises(JobNotFound):
            world.container.working.replay(job_id)


def test_publishing_is_a_kind(world: World) -> None:
    job = publish(world.container).job

    queued = world.fresh().working.replay(job.id)

    assert (queued.state, queued.replay_from) == ("queued", "read")
    assert world.fresh().working.work(job.id).state == "completed"
