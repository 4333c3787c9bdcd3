"""What S3 announces is published once, whatever it announces how often."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.container import installed
from chalicelib.domain.names import PackageName
from chalicelib.events.uploads import publish_uploads
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
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
    return world.container.browsing.head(PackageName(name)).view.ascending


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
    ("event", "keys"),
    [
        pytest.param({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}, [], id="test event"),
        pytest.param({"Records": []}, [], id="no records"),
        pytest.param(
            created("prism/incoming/gone.tgz"), ["prism/incoming/gone.tgz"], id="an object that is gone"
        ),
        pytest.param(created("prism/heads/demo.json"), ["prism/heads/demo.json"], id="another prefix"),
        pytest.param(created("prism/incoming/a.txt"), ["prism/incoming/a.txt"], id="not a tarball by name"),
    ],
)
def test_what_is_not_an_upload_is_ignored(world: World, event: dict[str, Any], keys: list[str]) -> None:
    assert publish_uploads(event) == {"verdicts": dict.fromkeys(keys)}
    assert list(world.medium.list("")) == []


def test_what_could_not_be_handled_is_announced_again(world: World) -> None:
    key = drop(world, "u1", package())
    failing = world.fresh(FaultyStore(world.medium, Fault.UNAVAILABLE, at=5))

    with installed(failing), pytest.raises(StorageUnavailable):
        publish_uploads(created(key))
    publish_uploads(created(key))

    assert versions(world) == ["1.0.0"]


def test_an_upload_that_cannot_be_handled_does_not_keep_the_next_one_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [drop(world, "bad", package("1.0.0")), drop(world, "good", package("1.0.1"))]
    ingest = world.container.ingesting.ingest

    def failing(key: str) -> Any:
        if "bad" in key:
            raise RuntimeError("a bug")
        return ingest(key)

    monkeypatch.setattr(world.container.ingesting, "ingest", failing)
    with pytest.raises(RuntimeError):
        publish_uploads(created(*keys))

    assert versions(world) == ["1.0.1"]


def test_another_object_under_the_same_id_is_another_upload(world: World) -> None:
    key = drop(world, "u1", package("1.0.0"))
    publish_uploads(created(key))
    drop(world, "u1", package("2.0.0"))

    publish_uploads(created(key))

    verdict = world.container.incoming.verdict("u1")
    assert verdict is not None
    assert verdict.version == "2.0.0"
    assert versions(world) == ["1.0.0", "2.0.0"]


def test_an_object_that_took_an_uploads_place_is_not_removed_with_it(world: World) -> None:
    key = drop(world, "u1", package("1.0.0"))
    etag = world.container.incoming.etag(key)
    assert etag is not None
    drop(world, "u1", package("2.0.0"))

    world.container.incoming.remove(key, etag)

    assert world.container.incoming.etag(key) is not None


def test_an_upload_whose_staged_bytes_another_publisher_removed_is_published(world: World) -> None:
    class Removing(MemoryStore):
        """Loses the staged bytes once, just before they are read."""

        removed = False

        def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
            if "staged/" in key and not self.removed:
                self.removed = True
                self.delete(key)
            return super().stream(key, start=start, end=end)

    medium = Removing()
    key = "prism/incoming/u1.tgz"
    medium.put(key, package("1.0.0"))

    with installed(world.fresh(medium)):
        answer = publish_uploads(created(key))

    assert medium.removed
    assert answer["verdicts"][key]["status"] == "published"


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
def test_a_fault_at_any_storage_call_of_an_upload_loses_nothing(fault: Fault) -> None:
    for call in range(1, 60):
        world = memory_world()
        key = drop(world, "u1", package("1.0.0"))
        faulty = FaultyStore(world.medium, fault, at=call)
        with installed(world.fresh(faulty)), suppress(Death, StorageUnavailable):
            publish_uploads(created(key))

        with installed(world.fresh()):
            publish_uploads(created(key))

        verdict = world.fresh().incoming.verdict("u1")
        assert verdict is not None
        assert verdict.status == "published"
        assert versions(world) == ["1.0.0"]
        if not faulty.struck:
            return
    pytest.fail("the upload never came to its end")
