"""S3 announces an upload many times at the same moment, to functions that know nothing of each other."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, local
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.events import uploads
from chalicelib.storage.s3 import S3Store
from tests.events.announcing import announced
from tests.worlds import World, filesystem_world, memory_world, package, s3_world

TIMES = 20
OTHERS = 5
SEED = 7


@pytest.fixture(params=["memory", "filesystem", "localstack"])
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Give a registry that every thread sees through a container of its own."""
    world, own = _world(request, tmp_path), local()

    def container() -> Container:
        if not hasattr(own, "container"):
            own.container = world.fresh()
        return own.container  # type: ignore[no-any-return] # a thread's own values have no types

    monkeypatch.setattr(uploads, "container", container)
    yield world
    if isinstance(world.medium, S3Store):
        world.medium.client.close()


def _world(request: pytest.FixtureRequest, folder: Path) -> World:
    if request.param == "memory":
        return memory_world()
    if request.param == "filesystem":
        return filesystem_world(folder)
    localstack = request.getfixturevalue("localstack")
    return s3_world(localstack.endpoint, localstack.new_bucket())


def upload(world: World, name: str) -> tuple[str, dict[str, Any]]:
    """Put a package where clients put them; answers its key and what S3 says of it."""
    key = world.container.incoming.key(name)
    world.medium.put(key, package(name=name))
    event = announced(world, key)
    event["Records"][0]["s3"]["bucket"]["name"] = world.container.artifact_bucket
    return key, event


def deliver(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Deliver events at the same moment, each to a thread of its own; answers what they came to."""
    gate = Barrier(len(events))

    def handle(event: dict[str, Any]) -> dict[str, Any]:
        gate.wait()
        return uploads.publish_uploads(event)

    with ThreadPoolExecutor(len(events)) as pool:
        return list(pool.map(handle, events))


def assert_published_once(world: World, name: str) -> None:
    """Show that a package has one version, published once, by one job."""
    reader = world.fresh()
    head = reader.heads.get(name)
    assert head is not None
    assert [(event.type, event.version) for event in head.events] == [("publish", "1.0.0")]
    jobs = [job for job in reader.executions.get_all_jobs() if job.name == name]
    assert [(job.state, job.version) for job in jobs] == [("completed", "1.0.0")]


def test_of_twenty_announcements_at_once_one_publishes_and_all_get_its_verdict(world: World) -> None:
    key, event = upload(world, "demo")

    answers = deliver([event] * TIMES)

    assert answers == [answers[0]] * TIMES
    assert answers[0]["verdicts"][key]["status"] == "published"
    assert_published_once(world, "demo")
    assert len(world.fresh().executions.get_all_jobs()) == 1
    assert [key for key in world.stored() if "incoming/" in key or "staged/" in key] == []


def test_among_announcements_of_other_uploads_each_is_published_once(world: World) -> None:
    names = ["demo", *(f"other{number}" for number in range(OTHERS))]
    told = {name: upload(world, name) for name in names}
    order = ["demo"] * TIMES + names[1:] * 2
    random.Random(SEED).shuffle(order)

    answers = deliver([told[name][1] for name in order])

    for name in names:
        verdicts = [
            answer["verdicts"][told[name][0]] for at, answer in zip(order, answers, strict=True) if at == name
        ]
        assert verdicts == [verdicts[0]] * len(verdicts)
        assert verdicts[0]["status"] == "published"
        assert_published_once(world, name)
    assert len(world.fresh().executions.get_all_jobs()) == len(names)
    assert [key for key in world.stored() if "incoming/" in key or "staged/" in key] == []
