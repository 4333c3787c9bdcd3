"""npm's requests survive every fault: what is repeated ends the same, and nothing half is ever shown."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.container import Container
from chalicelib.domain.errors import PackageNotFound, PrismError
from chalicelib.npm.gzipping import unpacked
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.services.npm.faults import (
    NAME,
    assert_followed,
    assert_never_half,
    assert_nothing_left,
    document,
    state,
)
from tests.services.test_recovery import DEATHS, FAULTS, Medium
from tests.worlds import World, beside, filesystem_world, memory_world, publish, r2_world, s3_world

CALLS_AT_MOST: Final = 90


@dataclass(frozen=True)
class Request:
    """What a client asks for, having read what it has to."""

    ask: Callable[[Container], object]
    is_done: Callable[[dict[str, Any]], bool]


def read(container: Container) -> dict[str, Any]:
    """Answer the packument as a client reads it before it changes something."""
    base = f"{container.settings.registry_url}/npm/"
    found = container.npm_reading.packument(NAME, "full", base=base, known=None)
    parsed: dict[str, Any] = json.loads(unpacked(found.data or b""))
    return parsed


def deprecate(container: Container) -> None:
    """Put a message on both versions."""
    sent = read(container)
    for fields in sent["versions"].values():
        fields["deprecated"] = "old"
    container.npm_writing.deprecate(NAME, sent, actor="Alice")


def unpublish(container: Container) -> None:
    """Unpublish the latest version, unless that is done."""
    sent = read(container)
    if sent["versions"].pop("1.1.0", None):
        container.npm_writing.keep(NAME, sent["_rev"], sent, actor="Alice")


def unpublish_all(container: Container) -> None:
    """Unpublish everything, unless that is done."""
    try:
        sent = read(container)
        container.npm_writing.unpublish(NAME, sent["_rev"], actor="Alice")
    except PackageNotFound:
        return


def own(container: Container) -> None:
    """Say whose the package is."""
    sent = {"maintainers": [{"name": "Alice"}, {"name": "Bob"}]}
    container.npm_writing.own(NAME, read(container)["_rev"], sent, actor="Alice")


REQUESTS: Final = {
    "publish": Request(
        lambda container: publish(container, "1.2.0", tag="next"),
        lambda shown: shown["full"]["tags"].get("next") == "1.2.0",
    ),
    "deprecate": Request(deprecate, lambda shown: set(shown["full"]["versions"].values()) == {"old"}),
    "unpublish": Request(unpublish, lambda shown: set(shown["full"]["versions"]) == {"1.0.0"}),
    "unpublish all": Request(unpublish_all, lambda shown: shown["full"] is None),
    "own": Request(own, lambda shown: len(shown["full"]["maintainers"]) == 2),
}


def prepared(world: World) -> World:
    """Answer a registry with a package of two versions."""
    for version in ("1.0.0", "1.1.0"):
        publish(world.container, version)
    return world


def attempt(world: World, request: Request, store: FaultyStore) -> bool:
    """Ask through a store that may fail; answers whether it came to its end."""
    try:
        request.ask(world.fresh(store))
    except (Death, StorageUnavailable, PrismError):
        return False
    return True


CASES: Final = [
    *((medium, name) for medium in ("memory", "filesystem") for name in REQUESTS),
    ("s3", "publish"),
    ("r2", "unpublish"),
]
BUCKET_STEPS: Final = 6
"""A bucket answers slowly, so of the calls that each fault is tried at in a folder, it has one of so many."""


@pytest.fixture
def medium(request: pytest.FixtureRequest, tmp_path: Path) -> Medium:
    """Give a medium; each call has all faults in memory, and in a folder one by turns; in a bucket some have one."""
    if request.param == "memory":
        return Medium(lambda _: memory_world())
    if request.param == "filesystem":
        return Medium(lambda number: filesystem_world(tmp_path / str(number)), len(FAULTS), 1)
    emulator = request.getfixturevalue("s3_emulator")
    make = s3_world if request.param == "s3" else r2_world
    first = make(emulator.endpoint, emulator.new_bucket())
    offset = 0 if request.param == "s3" else len(DEATHS)
    return Medium(lambda number: beside(first, f"{number}/"), BUCKET_STEPS * len(FAULTS), offset)


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, dict[str, Any]]:
    """What every request comes to where nothing goes wrong."""
    ends = {}
    for name, request in REQUESTS.items():
        world = prepared(memory_world())
        request.ask(world.fresh())
        ends[name] = state(world)
        assert request.is_done(ends[name])
        assert_followed(world)
    return ends


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize(("medium", "name"), CASES, indirect=["medium"])
def test_a_fault_at_any_storage_call_shows_nothing_half_and_a_repeat_ends_the_same(
    medium: Medium, name: str, fault: Fault, undisturbed: dict[str, dict[str, Any]]
) -> None:
    request = REQUESTS[name]
    for call in medium.calls(fault):
        world = prepared(medium.new_world(call))
        before = state(world)
        faulty = FaultyStore(world.medium, fault, at=call)
        finished = attempt(world, request, faulty)
        assert_never_half(world)
        if finished:
            assert request.is_done(state(world))
        if not faulty.struck:
            assert finished
            return

        # Whoever hears of the head finishes what is derived of it, whether or not the request is repeated.
        world.fresh().deriving.derive(NAME)
        assert_followed(world)
        assert_nothing_left(world)
        assert state(world) in (before, undisturbed[name])

        request.ask(world.later())
        assert state(world) == undisturbed[name]
        assert_followed(world)
        assert_nothing_left(world)
    pytest.fail("the request never came to its end")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower())
def test_what_somebody_left_behind_is_finished_by_whoever_changes_the_package_next(fault: Fault) -> None:
    for call in range(1, CALLS_AT_MOST):
        world = prepared(memory_world())
        faulty = FaultyStore(world.medium, fault, at=call)
        attempt(world, REQUESTS["unpublish"], faulty)

        publish(world.fresh(), "1.2.0")

        assert_followed(world)
        assert_nothing_left(world)
        if not faulty.struck:
            return
    pytest.fail("the request never came to its end")


@pytest.mark.parametrize("fault", [Fault.DEATH_BEFORE, Fault.UNAVAILABLE], ids=["death", "refusal"])
def test_a_reader_who_fails_while_it_renders_leaves_nothing_half(fault: Fault) -> None:
    for call in range(1, CALLS_AT_MOST):
        world = prepared(memory_world())
        expected = state(world)
        for info in list(world.medium.list(f"{world.container.keys.prefix}npm/")):
            world.medium.delete(info.key)  # type: ignore[union-attr]
        faulty = FaultyStore(world.medium, fault, at=call)
        try:
            document(world, store=faulty)
        except (Death, StorageUnavailable, PrismError):
            assert_never_half(world)

        assert state(world) == expected
        assert_followed(world)
        if not faulty.struck:
            return
    pytest.fail("the read never came to its end")
