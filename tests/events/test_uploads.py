"""What S3 announces is published once, whatever it announces how often."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.container import installed
from chalicelib.domain.names import PackageName
from chalicelib.events.uploads import publish_uploads
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Fault, FaultyStore
from tests.worlds import World, memory_world, package


@pytest.fixture
def world() -> Iterator[World]:
    world = memory_world()
    with installed(world.container):
        yield world


def drop(world: World, upload_id: str, data: bytes) -> str:
    """Put an upload where clients put them, and answer its key."""
    key = f"prism/incoming/{upload_id}.tgz"
    world.medium.put(key, data)
    return key


def created(*encoded_keys: str) -> dict[str, Any]:
    """Answer the event that S3 sends, keys encoded as it does."""
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": "bucket"}, "object": {"key": key, "size": 1}},
            }
            for key in encoded_keys
        ]
    }


def versions(world: World, name: str = "demo") -> list[str]:
    """Answer a package's versions."""
    return world.container.browsing.view(PackageName(name))[1].ascending


def test_an_upload_is_published_and_its_verdict_recorded(world: World) -> None:
    key = drop(world, "u1", package("1.0.0"))

    publish_uploads(created(key))

    verdict = world.container.incoming.verdict("u1")
    assert verdict is not None
    assert (verdict.status, verdict.name, verdict.version) == ("published", "demo", "1.0.0")
    assert versions(world) == ["1.0.0"]
    assert not list(world.medium.list("prism/incoming/"))


def test_several_records_in_one_event_are_all_handled(world: World) -> None:
    keys = [drop(world, f"u{number}", package(f"1.0.{number}")) for number in range(3)]

    publish_uploads(created(*keys))

    assert versions(world) == ["1.0.0", "1.0.1", "1.0.2"]


@pytest.mark.parametrize(
    ("upload_id", "encoded"),
    [
        pytest.param("a b", "a+b", id="a space as a plus"),
        pytest.param("a b", "a%20b", id="a space as a percent"),
        pytest.param("a+b", "a%2Bb", id="a plus"),
        pytest.param("a%20b", "a%2520b", id="a percent sign"),
        pytest.param("grüße", "gr%C3%BC%C3%9Fe", id="letters beyond ASCII"),
        pytest.param("team/x", "team/x", id="a folder"),
    ],
)
def test_keys_are_decoded_once(world: World, upload_id: str, encoded: str) -> None:
    drop(world, upload_id, package())

    publish_uploads(created(f"prism/incoming/{encoded}.tgz"))

    assert world.container.incoming.verdict(upload_id) is not None
    assert versions(world) == ["1.0.0"]


def test_an_announcement_that_comes_again_finds_the_verdict(world: World) -> None:
    key = drop(world, "u1", package())

    answers = [publish_uploads(created(key)) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert versions(world) == ["1.0.0"]


def test_a_refused_upload_is_recorded_with_its_reason(world: World) -> None:
    key = drop(world, "bad", b"not a tarball")

    publish_uploads(created(key))

    verdict = world.container.incoming.verdict("bad")
    assert verdict is not None
    assert (verdict.status, verdict.code) == ("refused", "not_gzip")
    assert verdict.detail
    assert [info.key for info in world.medium.list("") if hasattr(info, "key")] == ["prism/verdicts/bad.json"]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}, id="test event"),
        pytest.param({"Records": []}, id="no records"),
        pytest.param(created("prism/incoming/gone.tgz"), id="an object that is gone"),
        pytest.param(created("prism/heads/demo.json"), id="another prefix"),
        pytest.param(created("prism/incoming/readme.txt"), id="not a tarball by name"),
    ],
)
def test_what_is_not_an_upload_is_ignored(world: World, event: dict[str, Any]) -> None:
    assert all(verdict is None for verdict in publish_uploads(event)["verdicts"].values())
    assert list(world.medium.list("")) == []


def test_what_could_not_be_handled_is_announced_again(world: World) -> None:
    key = drop(world, "u1", package())
    failing = world.fresh(FaultyStore(world.medium, Fault.UNAVAILABLE, at=5))

    with installed(failing), pytest.raises(StorageUnavailable):
        publish_uploads(created(key))
    publish_uploads(created(key))

    assert versions(world) == ["1.0.0"]
