"""What died between a publish's commit and its end is finished when S3 announces the package's head."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.container import Container, installed
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.names import PackageName
from chalicelib.events.heads import derive_packages
from chalicelib.settings import S3Settings, Settings
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.events.announcing import created
from tests.worlds import World, memory_world, publish
from tests.worlds import world as new_world

WRITES = {"put", "put_stream", "copy", "delete"}


@pytest.fixture
def world() -> Iterator[World]:
    world = memory_world()
    with installed(world.container):
        yield world


def head_of(name: str) -> str:
    return ObjectKeys().head(name)


def listed(world: World) -> list[tuple[str, str | None]]:
    """Answer the packages that a new process lists, with their latest versions."""
    page = world.fresh().searching.packages(after="", limit=100)
    return [(line.name, line.latest) for line in page.packages]


def forget(world: World) -> None:
    """Remove everything that is derived."""
    for info in list(world.medium.list("prism/index/")):
        world.medium.delete(getattr(info, "key", ""))


@pytest.mark.parametrize("name", ["demo", "@acme/widget", "x.json"])
def test_a_package_that_nobody_could_find_is_found_after_the_event(world: World, name: str) -> None:
    publish(world.container, name=name)
    forget(world)
    assert listed(world) == []

    answer = derive_packages(created(head_of(name)))

    assert answer == {"derived": {head_of(name): 1}}
    assert listed(world) == [(name, "1.0.0")]


def test_a_head_in_another_bucket_is_none_of_ours() -> None:
    settings = Settings(storage_driver="s3", s3=S3Settings(bucket="ours", region="us-east-1"))
    world = new_world(settings, MemoryStore())
    publish(world.container)
    forget(world)

    with installed(world.container):
        assert derive_packages(created(head_of("demo"))) == {"derived": {}}

    assert listed(world) == []


def test_every_head_of_an_event_is_handled(world: World) -> None:
    for number in range(3):
        publish(world.container, name=f"demo-{number}")
    forget(world)

    derive_packages(created(*(head_of(f"demo-{number}") for number in range(3))))

    assert [name for name, _ in listed(world)] == ["demo-0", "demo-1", "demo-2"]


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("prism/heads/gone.json", id="a head that is gone"),
        pytest.param("prism/heads/UPPER.json", id="a name that no package has"),
        pytest.param("prism/heads/.json", id="no name"),
        pytest.param("prism/heads/@acme.json", id="half a name"),
        pytest.param("prism/heads/../heads/demo.json", id="a name that climbs"),
        pytest.param("prism/heads/demo", id="no document"),
        pytest.param("prism/incoming/demo.json", id="another prefix"),
        pytest.param("heads/demo.json", id="another registry's"),
        pytest.param("prism/heads/de\nmo.json", id="a control character"),
    ],
)
def test_what_is_no_head_is_ignored(world: World, key: str) -> None:
    publish(world.container)
    world.store.reset()

    assert derive_packages(created(key)) == {"derived": {key: None}}
    assert [call for call in world.store.calls if call.verb in WRITES] == []


def test_an_event_that_comes_again_late_or_in_any_order_changes_nothing(world: World) -> None:
    publish(world.container, "1.0.0")
    old = created(head_of("demo"), eventTime="2020-01-01T00:00:00.000Z")
    publish(world.container, "2.0.0")
    world.container.index.fold()
    before = listed(world)

    for _ in range(3):
        derive_packages(old)

    assert listed(world) == before == [("demo", "2.0.0")]


def test_a_worker_that_was_overtaken_does_not_undo_what_is_newer(world: World) -> None:
    publish(world.container, "1.0.0")
    slow = world.fresh()
    overtaken = slow.heads.get(PackageName("demo"))
    assert overtaken is not None
    publish(world.container, "2.0.0")
    world.container.index.fold()

    # A worker that had read the head before all that writes what it made of it only now.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slow.heads, "get", lambda _: overtaken)
        assert slow.deriving.derive(PackageName("demo")) == 1

    assert listed(world) == [("demo", "2.0.0")]
    world.container.index.fold()
    assert listed(world) == [("demo", "2.0.0")]


def test_twenty_announcements_at_once_agree(world: World) -> None:
    publish(world.container)
    forget(world)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: derive_packages(created(head_of("demo"))), range(20)))

    assert answers == [{"derived": {head_of("demo"): 1}}] * 20
    assert listed(world) == [("demo", "1.0.0")]


def test_what_is_derived_announces_nothing(world: World) -> None:
    publish(world.container)
    forget(world)
    world.store.reset()

    derive_packages(created(head_of("demo")))

    written = [call.key for call in world.store.calls if call.verb in WRITES]
    announced = [prefix for prefix, _ in world.container.keys.announced]
    assert len(announced) == 3
    assert written
    assert [key for key in written for prefix in announced if key.startswith(prefix)] == []


@pytest.mark.parametrize(
    "fault", [Fault.DEATH_BEFORE, Fault.DEATH_AFTER], ids=lambda fault: fault.name.lower()
)
def test_a_publish_that_died_after_its_commit_is_finished_by_the_event(fault: Fault) -> None:
    finished = 0
    for call in range(1, 60):
        world = memory_world()
        faulty = FaultyStore(world.medium, fault, at=call)
        with suppress(Death):
            publish(world.fresh(faulty))
        with installed(world.fresh()):
            answer = derive_packages(created(head_of("demo")))

        committed = answer["derived"][head_of("demo")] == 1
        assert listed(world) == ([("demo", "1.0.0")] if committed else [])
        if not faulty.struck:
            # Dying before and after each of: index entry, tail, staged bytes.
            assert finished >= 3
            return
        finished += committed
    pytest.fail("the publish never came to its end")


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
def test_a_fault_at_any_storage_call_of_an_event_is_mended_when_it_comes_again(fault: Fault) -> None:
    for call in range(1, 20):
        world = memory_world()
        publish(world.container)
        forget(world)
        faulty = FaultyStore(world.medium, fault, at=call)
        with installed(world.fresh(faulty)), suppress(Death, StorageUnavailable):
            derive_packages(created(head_of("demo")))

        with installed(world.fresh()):
            derive_packages(created(head_of("demo")))

        assert listed(world) == [("demo", "1.0.0")]
        if not faulty.struck:
            return
    pytest.fail("the event never came to its end")


def test_a_head_that_cannot_be_read_fails_the_event_so_that_it_comes_again(world: World) -> None:
    publish(world.container)
    failing = world.fresh(FaultyStore(world.medium, Fault.UNAVAILABLE, at=1))

    with installed(failing), pytest.raises(StorageUnavailable):
        derive_packages(created(head_of("demo")))


def test_another_prefix_is_another_registry() -> None:
    keys = ObjectKeys("team/prism/")

    assert keys.package_of("team/prism/heads/@acme/widget.json") == "@acme/widget"
    assert keys.package_of("prism/heads/demo.json") is None


def test_wrong_settings_fail_the_event_so_that_it_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import container as containers
    from chalicelib.events.uploads import publish_uploads
    from chalicelib.settings import InvalidSettings

    monkeypatch.setattr(containers, "_CURRENT", list[Container]())
    monkeypatch.setenv("PRISM_STORAGE_DRIVER", "floppy")
    handlers: list[Any] = [derive_packages, publish_uploads]

    for handler in handlers:
        with pytest.raises(InvalidSettings, match="PRISM_STORAGE_DRIVER"):
            handler(created(head_of("demo")))


def test_the_functions_that_s3_calls_are_named_as_the_variables_that_hold_them() -> None:
    import app

    functions = {function.name: function.handler_string for function in app.app.pure_lambda_functions}

    assert {"publish_uploads", "derive_packages"} <= functions.keys()
    for name, handler in functions.items():
        assert handler == f"app.{name}"
        assert callable(getattr(app, name))
