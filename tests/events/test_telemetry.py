"""An event's log lines say which invocation, upload and package they are about."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from chalicelib.container import installed
from chalicelib.events.heads import derive_packages
from chalicelib.events.uploads import publish_uploads
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Fault, FaultyStore
from tests.events.announcing import created, drop
from tests.events.conftest import Told
from tests.worlds import World, memory_world, package, publish

CONTEXT = SimpleNamespace(aws_request_id="request-1")


@pytest.fixture
def world() -> Iterator[World]:
    world = memory_world()
    with installed(world.container):
        yield world


def test_a_published_upload_is_told_of_in_one_line(world: World, told: Told) -> None:
    key = drop(world, "u1", package())

    publish_uploads(created(key), CONTEXT)

    [line] = told("upload published")
    wanted = {
        "requestId": "request-1",
        "key": key,
        "uploadId": "u1",
        "package": "demo",
        "version": "1.0.0",
        "outcome": "published",
    }
    assert {name: line.get(name) for name in wanted} == wanted


def test_what_is_said_of_one_upload_is_not_said_of_the_next(world: World, told: Told) -> None:
    keys = [drop(world, "good", package()), drop(world, "bad", b"no gzip")]

    publish_uploads(created(*keys), CONTEXT)

    [line] = told("upload refused")
    assert (line["uploadId"], line["code"], line["requestId"]) == ("bad", "not_gzip", "request-1")
    assert "package" not in line


def test_a_failure_is_told_with_its_traceback_and_its_upload(world: World, told: Told) -> None:
    key = drop(world, "u1", package())
    failing = world.fresh(FaultyStore(world.medium, Fault.UNAVAILABLE, at=5))

    with installed(failing), pytest.raises(StorageUnavailable):
        publish_uploads(created(key), CONTEXT)

    [line] = told("announcement not handled, to come again")
    assert (line["level"], line["requestId"], line["key"], line["uploadId"]) == (
        "ERROR",
        "request-1",
        key,
        "u1",
    )
    assert "StorageUnavailable" in line["traceback"]


def test_a_derived_package_is_told_of(world: World, told: Told) -> None:
    publish(world.container)

    derive_packages(created("prism/heads/demo.json"), CONTEXT)

    [line] = told("derived")
    assert (line["requestId"], line["package"], line["seq"]) == ("request-1", "demo", 1)


@pytest.mark.parametrize("context", [None, object(), SimpleNamespace(aws_request_id=None)])
def test_outside_of_lambda_there_is_no_request_id(world: World, told: Told, context: object) -> None:
    publish_uploads(created(drop(world, "u1", package())), context)

    assert "requestId" not in told("upload published")[0]
